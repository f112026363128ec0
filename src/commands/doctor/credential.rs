//! Checks of the credential, and of the registry that has to accept it.

use super::report::{Checked, Finding};
use crate::config::{ConfigFile, Places, Settings};
use crate::credential::cache::{Age, Cache};
use crate::credential::mint;
use crate::credential::stored_login::StoredLogins;
use crate::credential::{self, Lookup};
use crate::docker::registry_login;
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line};
use crate::ionos::account::{Account, Notes};
use crate::registry_host::RegistryHost;

/// The registry and its credential.
type Login<'a> = (&'a RegistryHost, &'a Settings, Lookup);

/// `obstacle` is the failed check without which no token can be minted.
pub(super) fn token<'a>(
    host: Option<&'a RegistryHost>,
    config: Result<&ConfigFile, &Failure>,
    settings: &'a Settings,
    profile: Option<&str>,
    may_mint: bool,
    obstacle: Option<&str>,
) -> Checked<Option<Login<'a>>> {
    let Some(host) = host else {
        return Ok((None, Finding::skipped("no HOST given")));
    };
    let existing = existing(host, settings);
    if existing.is_none() && !may_mint {
        let why = "none is cached; --mint creates one";
        return Ok((None, Finding::skipped(why)));
    }
    if let (None, Some(check)) = (existing, obstacle) {
        return Ok((None, Finding::without(check)));
    }
    let lookup = credential::get(host, config.map_err(Clone::clone)?, profile)?;
    let found = match existing {
        Some(existing) => existing.to_owned(),
        None => format!("minted {}", one_line(&lookup.credential.username)),
    };
    Ok((Some((host, settings, lookup)), Finding::passed(found)))
}

/// What a `get` would return without minting.
fn existing(host: &RegistryHost, settings: &Settings) -> Option<&'static str> {
    let places = Places::find_lossy();
    let account = Account::choose(settings).ok().flatten();
    // With an account, a stored token from another home is not used.
    let is_used = |username: &str| account.is_none() || !mint::is_minted_name(username);
    let stored = StoredLogins::new(places.data.clone()).read(host);
    if stored.is_some_and(|login| is_used(&login.username)) {
        return Some("a login stored with docker login");
    }
    let cache = Cache::new(places.cache_in_use().ok().flatten());
    let entry = match account {
        Some(account) => {
            let key = account.key(&Notes::new(places.cache)).ok()?;
            let slot = cache.slot(host, &key, settings)?;
            cache.read(&slot, host, settings)
        }
        None => cache.read_any(host, settings),
    };
    let is_fresh = entry.is_some_and(|entry| entry.age(env::now()) == Age::Fresh);
    is_fresh.then_some("cached, and younger than half its life")
}

pub(super) fn login(login: Option<&Login<'_>>) -> Result<Finding, Failure> {
    let Some((host, settings, lookup)) = login else {
        return Ok(Finding::skipped("no credential to log in with"));
    };
    let deadline = Deadline::after(settings.timeout);
    let scheme = registry_login::log_in(host, &lookup.credential, deadline)?;
    let found = match scheme {
        None => format!("{host} needs no login"),
        Some(scheme) => format!("{host} accepts the credential ({scheme})"),
    };
    Ok(Finding::passed(found))
}
