//! Lookup order: stored login, fresh cache, lock, recheck, mint, stale cache.

use std::time::Duration;

use log::debug;
use ring::digest::{Context, SHA256};
use secrecy::ExposeSecret as _;

use crate::config::{self, ConfigFile, Places, Settings};
use crate::credential::cache::{Age, Cache, CachedToken, Slot};
use crate::credential::cleanup::Cleanup;
use crate::credential::ledger::Ledger;
use crate::credential::mint::{self, MintRequest};
use crate::credential::new_token;
use crate::credential::recent_failure;
use crate::credential::registry_hint::RegistryHint;
use crate::credential::stored_login::StoredLogins;
use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::files::Waited;
use crate::ionos::account::{self, Account, AccountKey, Notes};
use crate::ionos::api::Access;
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

/// What a client logs in with.
#[derive(Debug)]
pub struct Credential {
    /// The user name.
    pub username: String,
    /// The password.
    pub secret: Secret,
    /// When it expires, in seconds since 1970 by this machine's clock; `None` for a stored login.
    pub expires_at: Option<i64>,
}

/// A credential, and what remains to be done once the client has it.
#[derive(Debug)]
#[must_use]
pub struct Lookup {
    /// For the client.
    pub credential: Credential,
    /// Only after minting.
    pub cleanup: Option<Cleanup>,
}

impl From<CachedToken> for Lookup {
    fn from(entry: CachedToken) -> Self {
        Self {
            credential: Credential {
                username: entry.username,
                secret: entry.secret.into(),
                expires_at: Some(entry.expires_at),
            },
            cleanup: None,
        }
    }
}

/// The credential for one of our hosts.
pub fn get(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Lookup, Failure> {
    match Places::find() {
        Ok(places) => get_in(&places, Duration::MAX, host, config, profile),
        // A stored login needs no cache, so an invalid IONOS_CR_CACHE_DIR does not matter.
        Err(failure) => stored(&Places::find_lossy(), host).ok_or(failure),
    }
}

/// Like [`get`], with other places and within `at_most`, even if the settings allow more.
pub fn get_in(
    places: &Places,
    at_most: Duration,
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Lookup, Failure> {
    // A stored token that was minted in another home expires, so it is used only without an account.
    let mut stored = stored(places, host);
    let is_lasting = |it: &mut Lookup| !mint::is_minted_name(&it.credential.username);
    if let Some(answer) = stored.take_if(is_lasting) {
        return Ok(answer);
    }
    let settings = config.settings(host, profile)?;
    let deadline = Deadline::after(settings.timeout.min(at_most));
    let in_use = places.cache_in_use()?;
    let cache = Cache::new(in_use.clone());
    let Some(account) = Account::choose(&settings)? else {
        if let Some(answer) = stored {
            return Ok(answer);
        }
        return cache
            .read_any(host, &settings)
            .filter(|entry| entry.age(env::now()) != Age::Expired)
            .map(Lookup::from)
            .ok_or_else(account::missing);
    };
    let getter = Getter {
        host,
        account: &account,
        notes: Notes::new(in_use),
        settings: &settings,
        cache: &cache,
        places,
        deadline,
    };
    getter.get().map_err(|err| err.asked_as(account.origin()))
}

fn stored(places: &Places, host: &RegistryHost) -> Option<Lookup> {
    let login = StoredLogins::new(places.data.clone()).read(host)?;
    debug!("{host}: stored login");
    Some(Lookup {
        credential: Credential {
            username: login.username,
            secret: login.secret.into(),
            expires_at: None,
        },
        cleanup: None,
    })
}

struct Getter<'a> {
    host: &'a RegistryHost,
    account: &'a Account,
    notes: Notes,
    settings: &'a Settings,
    cache: &'a Cache,
    places: &'a Places,
    deadline: Deadline,
}

impl Getter<'_> {
    fn get(&self) -> Result<Lookup, Failure> {
        let Some(slot) = self.slot(&self.account.key(&self.notes)?) else {
            debug!(
                "{}: no cache directory is in use, so every get mints",
                self.host
            );
            return self.mint(None, self.deadline);
        };
        match self.cached(&slot) {
            Some((entry, Age::Fresh)) => {
                debug!("{}: cached", self.host);
                Ok(entry.into())
            }
            Some((entry, _)) => self.refresh(&slot, entry),
            None => self.wait_or_mint(&slot),
        }
    }

    fn slot(&self, account: &AccountKey) -> Option<Slot> {
        self.cache.slot(self.host, account, self.settings)
    }

    /// The cached entry if it may be returned.
    fn cached(&self, slot: &Slot) -> Option<(CachedToken, Age)> {
        let entry = self.cache.read(slot, self.host, self.settings)?;
        match entry.age(env::now()) {
            Age::Expired => None,
            Age::Fresh if self.lives_too_long(&entry) => Some((entry, Age::Ageing)),
            age => Some((entry, age)),
        }
    }

    /// The cached entry if it is fresh.
    fn fresh(&self, slot: &Slot) -> Option<Lookup> {
        let (entry, age) = self.cached(slot)?;
        (age == Age::Fresh).then(|| entry.into())
    }

    /// Whether it was minted under a setting that allowed a longer lifetime.
    fn lives_too_long(&self, entry: &CachedToken) -> bool {
        const MARGIN: i64 = 60;
        let longest = i64::try_from(self.settings.token_ttl.as_secs()).unwrap_or(i64::MAX / 2);
        entry.expires_at.saturating_sub(env::now()) > longest + mint::SPARE + MARGIN
    }

    /// A newer token if one can be minted now, else `entry`, which is still valid: a failure is not
    /// reported, and the attempt gets half the time of a necessary one.
    fn refresh(&self, slot: &Slot, entry: CachedToken) -> Result<Lookup, Failure> {
        let fingerprint = self.fingerprint();
        if recent_failure::read(slot, &fingerprint).is_some() {
            return Ok(entry.into());
        }
        let Some(dir) = slot.dir() else {
            return Ok(entry.into());
        };
        let deadline = self.deadline.at_most(self.settings.timeout / 2);
        // The process that has the lock then revokes the token of `entry` at once, see
        // `Ledger::supersede`.
        let must_wait = slot.has_sibling() || self.lives_too_long(&entry);
        let patience = if must_wait {
            deadline
        } else {
            deadline.at_most(Duration::ZERO)
        };
        let newer = || self.fresh(slot);
        let _lock = match dir.wait_for_lock(&slot.name("lock"), patience, newer) {
            Waited::Locked(lock) => lock,
            Waited::Answered(lookup) => return Ok(lookup),
            Waited::TimedOut => {
                debug!("{}: another process is refreshing", self.host);
                return Ok(entry.into());
            }
        };
        match self.mint(Some(slot), deadline) {
            Ok(lookup) => Ok(lookup),
            // The command printed another user's token: the entry is not this account's.
            Err(failure)
                if self
                    .account
                    .key(&self.notes)
                    .is_ok_and(|key| key != *slot.account()) =>
            {
                Err(failure)
            }
            Err(failure) => {
                debug!("{}: not refreshed: {failure}", self.host);
                recent_failure::write(slot, &fingerprint, &failure);
                Ok(entry.into())
            }
        }
    }

    /// One process mints, the others wait for its result.
    fn wait_or_mint(&self, slot: &Slot) -> Result<Lookup, Failure> {
        let fingerprint = self.fingerprint();
        let by_now = || {
            let entry = self.cached(slot).or_else(|| {
                // The user of a command is known after its first run, which another process may have
                // done meanwhile.
                let key = self.account.key(&self.notes).ok()?;
                (key != *slot.account()).then(|| self.cached(&self.slot(&key)?))?
            });
            let entry = entry.map(|(entry, _)| Ok(Lookup::from(entry)));
            entry.or_else(|| recent_failure::read(slot, &fingerprint).map(Err))
        };
        let dir = match slot.prepare() {
            Ok(dir) => dir,
            Err(err) => {
                debug!("{}: not cached: {err:#}", self.host);
                return self.mint(None, self.deadline);
            }
        };
        let _lock = match dir.wait_for_lock(&slot.name("lock"), self.deadline, by_now) {
            Waited::Locked(lock) => lock,
            Waited::Answered(found) => return found,
            Waited::TimedOut => return Err(still_minting()),
        };
        let minted = self.mint(Some(slot), self.deadline);
        match &minted {
            Ok(_) => recent_failure::forget(slot),
            Err(failure) => recent_failure::write(slot, &fingerprint, failure),
        }
        minted
    }

    /// Mints a token. If the account turns out to be another one than that of `slot`, a cached
    /// token of that account is returned.
    fn mint(&self, slot: Option<&Slot>, deadline: Deadline) -> Result<Lookup, Failure> {
        let access = self.account.resolve(Some(self.host), deadline)?;
        let account = self.account.confirm(&access, &self.notes);
        if slot.is_none_or(|slot| *slot.account() == account) {
            return self.mint_as(&account, access, slot, deadline);
        }
        debug!("{}: another account than before", self.host);
        let slot = self.slot(&account);
        let Some((slot, dir)) = slot.as_ref().and_then(|it| Some((it, it.prepare().ok()?))) else {
            return self.mint_as(&account, access, None, deadline);
        };
        let _lock = match dir.wait_for_lock(&slot.name("lock"), deadline, || self.fresh(slot)) {
            Waited::Locked(lock) => lock,
            Waited::Answered(lookup) => return Ok(lookup),
            Waited::TimedOut => return Err(still_minting()),
        };
        self.mint_as(&account, access, Some(slot), deadline)
    }

    fn mint_as(
        &self,
        account: &AccountKey,
        access: Access,
        slot: Option<&Slot>,
        deadline: Deadline,
    ) -> Result<Lookup, Failure> {
        let target = &self.settings.target;
        let request = MintRequest {
            host: self.host,
            account,
            settings: self.settings,
            slot,
            hint: slot.and_then(|slot| RegistryHint::read(slot, self.host, target)),
            ledger: &Ledger::new(self.places),
        };
        let (token, cleanup) = new_token::mint(&request, self.cache, access, deadline)?;
        Ok(Lookup {
            cleanup: Some(cleanup),
            ..token.into()
        })
    }

    /// A hash of what a failure depends on: the account, the settings, and the connection to the API.
    /// Sixteen bits are enough to notice a correction, and too few to guess a password from.
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
        let hash = context.finish();
        let hash = hash.as_ref();
        format!("{:02x}{:02x}", hash[0], hash[1])
    }
}

fn still_minting() -> Failure {
    Failure::new(
        "another process is still minting",
        format!("try again in a moment, or {}", config::ALLOW_MORE_TIME),
    )
}
