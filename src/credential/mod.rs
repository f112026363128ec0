//! The decision: stored, fresh, lock, look again, mint, fall back.

mod keep;

use std::time::Duration;

use log::debug;
use ring::digest::{Context, SHA256};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::{self, Account};
use crate::api::Api;
use crate::cache::{Age, Cache, Entry, Slot};
use crate::config::{ConfigFile, Places, Settings};
use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::files::{self, Waited};
use crate::login::Logins;
use crate::memory::{self, Known};
use crate::mint::{self, Lost, Order};
use crate::registry::Registry;
use crate::revocation::{Revocation, Revocations};

pub use keep::{erase, list, store};

/// Tidying up is done while somebody waits for a `docker pull` that has its answer already.
const TO_TIDY_UP: Duration = Duration::from_secs(1);

/// What a client logs in with.
#[derive(Debug)]
pub struct Credential {
    /// The user name.
    pub username: String,
    /// The password.
    pub secret: SecretString,
    /// When it ends, in seconds since 1970 by this machine's clock; `None` for a stored login.
    pub expires_at: Option<i64>,
}

/// A credential, and what is left to do once the client has it.
#[derive(Debug)]
#[must_use]
pub struct Answer {
    /// What was asked for.
    pub credential: Credential,
    /// Only after minting.
    pub chores: Option<Chores>,
}

impl From<Entry> for Answer {
    fn from(entry: Entry) -> Self {
        Self {
            credential: Credential {
                username: entry.username,
                secret: entry.secret,
                expires_at: Some(entry.expires_at),
            },
            chores: None,
        }
    }
}

/// What is done after the answer, on the connection that is still open.
#[derive(Debug)]
pub struct Chores {
    api: Api,
    revocations: Revocations,
    pending: Vec<Revocation>,
    cache: Cache,
}

impl Chores {
    /// Sweeps the cache and deletes the tokens that could not be deleted before.
    pub fn run(mut self) {
        self.cache.sweep();
        if !self.pending.is_empty() {
            self.api.until(self.api.deadline().at_most(TO_TIDY_UP));
            self.revocations.carry_out(&self.api, &self.pending);
        }
    }
}

/// Hands out the credential for one of our hosts.
pub fn get(host: &Registry, config: &ConfigFile, profile: Option<&str>) -> Result<Answer, Failure> {
    match Places::find() {
        Ok(places) => get_in(&places, Duration::MAX, host, config, profile),
        // A login needs no cache, so a wrong IONOS_CR_CACHE_DIR is nothing to it.
        Err(failure) => stored(&Places::find_what_there_is(), host).ok_or(failure),
    }
}

/// As [`get`], with other places and in `at_most` this time, whatever the settings allow.
pub fn get_in(
    places: &Places,
    at_most: Duration,
    host: &Registry,
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Answer, Failure> {
    if let Some(answer) = stored(places, host) {
        return Ok(answer);
    }
    let settings = config.settings(host, profile)?;
    let deadline = Deadline::after(settings.timeout.min(at_most));
    let cache = Cache::new(places.cache_in_use()?);
    let Some(account) = Account::choose(&settings)? else {
        return cache
            .read_any(host, &settings)
            .filter(|entry| entry.age(env::now()) != Age::Expired)
            .map(Answer::from)
            .ok_or_else(|| Failure::new("there is no IONOS account to ask with", account::HOW_TO));
    };
    let slot = cache.slot(host, account.key(), &settings);
    let getter = Getter {
        host,
        account: &account,
        settings: &settings,
        cache: &cache,
        revocations: Revocations::new(places.revocations()),
        deadline,
    };
    let Some(slot) = slot else {
        return getter.mint(None, deadline).map_err(|err| getter.named(err));
    };
    match getter.cached(&slot) {
        Some((entry, Age::Fresh)) => {
            debug!("{host}: cached");
            Ok(entry.into())
        }
        Some((entry, _)) => Ok(getter.refresh(&slot, entry)),
        None => getter.wait_or_mint(&slot),
    }
}

fn stored(places: &Places, host: &Registry) -> Option<Answer> {
    let login = Logins::new(places.data.clone()).read(host)?;
    debug!("{host}: stored login");
    Some(Answer {
        credential: Credential {
            username: login.username,
            secret: login.secret,
            expires_at: None,
        },
        chores: None,
    })
}

struct Getter<'a> {
    host: &'a Registry,
    account: &'a Account,
    settings: &'a Settings,
    cache: &'a Cache,
    revocations: Revocations,
    deadline: Deadline,
}

impl Getter<'_> {
    /// The cached entry if it may be handed out.
    fn cached(&self, slot: &Slot) -> Option<(Entry, Age)> {
        let entry = self
            .cache
            .read(slot, self.host, self.account.key(), self.settings)?;
        let age = entry.age(env::now());
        (age != Age::Expired).then_some((entry, age))
    }

    /// A better entry if it can be had at once, else the one there is: it is still good, so
    /// nobody hears of the attempt, and it gets half the time of one that is needed.
    fn refresh(&self, slot: &Slot, entry: Entry) -> Answer {
        let fingerprint = self.fingerprint();
        if memory::recent_failure(slot, &fingerprint).is_some() {
            return entry.into();
        }
        let Some(_held) = files::try_lock(&slot.lock()) else {
            debug!("{}: another process is refreshing", self.host);
            return entry.into();
        };
        if let Some((newer, Age::Fresh)) = self.cached(slot) {
            return newer.into();
        }
        let deadline = self.deadline.at_most(self.settings.timeout / 2);
        match self.mint(Some(slot), deadline) {
            Ok(answer) => answer,
            Err(failure) => {
                debug!("{}: not refreshed: {failure}", self.host);
                memory::remember_failure(slot, &fingerprint, &self.named(failure));
                entry.into()
            }
        }
    }

    /// One process mints, the others wait for what comes of it.
    fn wait_or_mint(&self, slot: &Slot) -> Result<Answer, Failure> {
        let fingerprint = self.fingerprint();
        let by_now = || {
            let entry = self.cached(slot).map(|(entry, _)| Ok(Answer::from(entry)));
            entry.or_else(|| memory::recent_failure(slot, &fingerprint).map(Err))
        };
        if let Some(found) = by_now() {
            return found;
        }
        if !slot.prepare() {
            return self
                .mint(None, self.deadline)
                .map_err(|err| self.named(err));
        }
        let _held = match files::wait(&slot.lock(), self.deadline, by_now) {
            Waited::Locked(lock) => lock,
            Waited::Answered(found) => return found,
            Waited::TimedOut => {
                return Err(self.named(Failure::new(
                    "another process is still minting",
                    "try again in a moment, or allow more time with IONOS_CR_TIMEOUT (8s unless set)",
                )));
            }
        };
        if let Some(found) = by_now() {
            return found;
        }
        let minted = self
            .mint(Some(slot), self.deadline)
            .map_err(|err| self.named(err));
        match &minted {
            Ok(_) => memory::forget_failure(slot),
            Err(failure) => memory::remember_failure(slot, &fingerprint, failure),
        }
        minted
    }

    /// Mints, and keeps what there is to keep. What cannot be kept is handed out all the same.
    fn mint(&self, slot: Option<&Slot>, deadline: Deadline) -> Result<Answer, Failure> {
        let api = Api::new(self.account.resolve(deadline)?, deadline)?;
        let target = &self.settings.target;
        let known = slot.and_then(|slot| Known::read(slot, self.account.key(), self.host, target));
        let order = Order {
            host: self.host,
            target,
            scopes: &self.settings.scopes,
            ttl: self.settings.token_ttl,
            known: known.clone(),
        };
        // Taken before minting: what gets lost now is for the next time.
        let pending = self.revocations.of_account(self.account.key());
        let minted = mint::mint(&api, &order, |lost| self.remember(&lost))
            .map_err(|err| err.failure(api.access()))?;
        debug!("{}: minted {}", self.host, minted.username);
        let entry = Entry::new(self.host, self.account.key(), self.settings, minted);
        if let Some(slot) = slot {
            self.cache.write(slot, &entry);
            let learnt = Known::new(
                self.host,
                target,
                &entry.registry_id,
                api.skew().unwrap_or_default(),
            );
            if known.as_ref() != Some(&learnt) {
                learnt.write(slot, self.account.key());
            }
        }
        let mut answer = Answer::from(entry);
        answer.chores = Some(Chores {
            api,
            revocations: self.revocations.clone(),
            pending,
            cache: self.cache.clone(),
        });
        Ok(answer)
    }

    fn remember(&self, lost: &Lost) {
        self.revocations.add(&Revocation::of_lost(
            self.account.key(),
            &lost.registry_id,
            &lost.name,
            lost.expires_at,
        ));
    }

    fn named(&self, failure: Failure) -> Failure {
        failure.asked_as(self.account.origin())
    }

    /// Whether a failure still stands: the account, what was asked for, and the way. Sixteen bits
    /// are enough to notice that a person mended something and too few to guess a password from.
    fn fingerprint(&self) -> String {
        let mut context = Context::new(&SHA256);
        context.update(self.account.evidence().expose_secret().as_bytes());
        context.update(format!("{:?}", self.settings).as_bytes());
        context.update(env::network().as_bytes());
        match context.finish().as_ref() {
            [high, low, ..] => format!("{high:02x}{low:02x}"),
            _ => String::new(),
        }
    }
}
