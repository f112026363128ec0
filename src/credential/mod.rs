//! The decision: stored, fresh, lock, look again, mint, fall back.

pub mod cache;
pub mod mint;
mod registry_hint;
pub mod revocation;
mod store_erase_list;
pub mod stored_login;

use std::time::Duration;

use log::debug;
use ring::digest::{Context, SHA256};
use secrecy::{ExposeSecret as _, SecretString};

use self::mint::{MintRequest, OrphanedToken};
use self::registry_hint::RegistryHint;
use crate::config::{self, ConfigFile, Places, Settings};
use crate::credential::cache::{Age, Cache, CachedToken, Slot};
use crate::credential::revocation::{Revocation, Revocations};
use crate::credential::stored_login::StoredLogins;
use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::files::Waited;
use crate::ionos::account::{self, Account};
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;

pub use store_erase_list::{erase, list, store};

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
pub struct Lookup {
    /// What was asked for.
    pub credential: Credential,
    /// Only after minting.
    pub cleanup: Option<Cleanup>,
}

impl From<CachedToken> for Lookup {
    fn from(entry: CachedToken) -> Self {
        Self {
            credential: Credential {
                username: entry.username,
                secret: entry.secret,
                expires_at: Some(entry.expires_at),
            },
            cleanup: None,
        }
    }
}

/// What is done after the answer, on the connection that is still open.
#[derive(Debug)]
pub struct Cleanup {
    api: Api,
    revocations: Revocations,
    pending: Vec<Revocation>,
    cache: Cache,
}

impl Cleanup {
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
pub fn get(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Lookup, Failure> {
    match Places::find() {
        Ok(places) => get_in(&places, Duration::MAX, host, config, profile),
        // A login needs no cache, so a wrong IONOS_CR_CACHE_DIR is nothing to it.
        Err(failure) => stored(&Places::find_lossy(), host).ok_or(failure),
    }
}

/// As [`get`], with other places and in `at_most` this time, whatever the settings allow.
pub fn get_in(
    places: &Places,
    at_most: Duration,
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Lookup, Failure> {
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
            .map(Lookup::from)
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

fn stored(places: &Places, host: &RegistryHost) -> Option<Lookup> {
    let login = StoredLogins::new(places.data.clone()).read(host)?;
    debug!("{host}: stored login");
    Some(Lookup {
        credential: Credential {
            username: login.username,
            secret: login.secret,
            expires_at: None,
        },
        cleanup: None,
    })
}

struct Getter<'a> {
    host: &'a RegistryHost,
    account: &'a Account,
    settings: &'a Settings,
    cache: &'a Cache,
    revocations: Revocations,
    deadline: Deadline,
}

impl Getter<'_> {
    /// The cached entry if it may be handed out.
    fn cached(&self, slot: &Slot) -> Option<(CachedToken, Age)> {
        let entry = self
            .cache
            .read(slot, self.host, self.account.key(), self.settings)?;
        let age = entry.age(env::now());
        (age != Age::Expired).then_some((entry, age))
    }

    /// A better entry if it can be had at once, else the one there is: it is still good, so
    /// nobody hears of the attempt, and it gets half the time of one that is needed.
    fn refresh(&self, slot: &Slot, entry: CachedToken) -> Lookup {
        let fingerprint = self.fingerprint();
        if registry_hint::recent_failure(slot, &fingerprint).is_some() {
            return entry.into();
        }
        let Some(dir) = slot.dir() else {
            return entry.into();
        };
        let Some(_lock) = dir.try_lock(&slot.name("lock")) else {
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
                registry_hint::remember_failure(slot, &fingerprint, &self.named(failure));
                entry.into()
            }
        }
    }

    /// One process mints, the others wait for what comes of it.
    fn wait_or_mint(&self, slot: &Slot) -> Result<Lookup, Failure> {
        let fingerprint = self.fingerprint();
        let by_now = || {
            let entry = self.cached(slot).map(|(entry, _)| Ok(Lookup::from(entry)));
            entry.or_else(|| registry_hint::recent_failure(slot, &fingerprint).map(Err))
        };
        if let Some(found) = by_now() {
            return found;
        }
        let dir = match slot.prepare() {
            Ok(dir) => dir,
            Err(err) => {
                debug!("{}: not cached: {err:#}", self.host);
                return self
                    .mint(None, self.deadline)
                    .map_err(|err| self.named(err));
            }
        };
        let _lock = match dir.wait_for_lock(&slot.name("lock"), self.deadline, by_now) {
            Waited::Locked(lock) => lock,
            Waited::Answered(found) => return found,
            Waited::TimedOut => {
                return Err(self.named(Failure::new(
                    "another process is still minting",
                    format!("try again in a moment, or {}", config::allow_more_time()),
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
            Ok(_) => registry_hint::forget_failure(slot),
            Err(failure) => registry_hint::remember_failure(slot, &fingerprint, failure),
        }
        minted
    }

    /// Mints, and keeps what there is to keep. What cannot be kept is handed out all the same.
    fn mint(&self, slot: Option<&Slot>, deadline: Deadline) -> Result<Lookup, Failure> {
        let api = Api::new(self.account.resolve(Some(self.host), deadline)?, deadline)?;
        let target = &self.settings.target;
        let known =
            slot.and_then(|slot| RegistryHint::read(slot, self.account.key(), self.host, target));
        let order = MintRequest {
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
        let entry = CachedToken::new(self.host, self.account.key(), self.settings, minted);
        if let Some(slot) = slot {
            self.cache.write(slot, &entry);
            let learnt = RegistryHint::new(
                self.host,
                target,
                &entry.registry_id,
                api.skew().unwrap_or_default(),
            );
            if known.as_ref() != Some(&learnt) {
                learnt.write(slot, self.account.key());
            }
        }
        let mut answer = Lookup::from(entry);
        answer.cleanup = Some(Cleanup {
            api,
            revocations: self.revocations.clone(),
            pending,
            cache: self.cache.clone(),
        });
        Ok(answer)
    }

    fn remember(&self, lost: &OrphanedToken) {
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
        context.update(
            self.account
                .failure_cache_input()
                .expose_secret()
                .as_bytes(),
        );
        context.update(format!("{:?}", self.settings).as_bytes());
        context.update(env::network().as_bytes());
        match context.finish().as_ref() {
            [high, low, ..] => format!("{high:02x}{low:02x}"),
            _ => String::new(),
        }
    }
}
