//! Checks of the credential, and of the registry that has to accept it.

use super::checks::State;
use super::report::Finding::{self, Failed, Ok as Passed, Skipped};
use crate::config::Places;
use crate::credential::cache::{Age, Cache};
use crate::credential::mint;
use crate::credential::stored_login::StoredLogins;
use crate::credential::{self, Lookup};
use crate::docker::registry_login;
use crate::env::{self, Deadline};
use crate::error::one_line;
use crate::ionos::account::{Account, Notes};

pub(super) fn token(state: &mut State<'_>) -> Option<Finding> {
    let Some(host) = state.host else {
        return Some(Skipped("no HOST given".into()));
    };
    let existing = existing(state);
    let needs_api = existing.is_none();
    if needs_api && !state.may_mint {
        return Some(Skipped("none is cached; --mint creates one".into()));
    }
    if needs_api && let Some(skipped) = state.skipped_without("registry") {
        return Some(skipped);
    }
    let config = state.config.ok()?;
    Some(
        match credential::get(host, config, state.profile.as_deref()) {
            Ok(Lookup {
                credential,
                cleanup,
            }) => {
                let minted = || format!("minted {}", one_line(&credential.username));
                let found = existing.map_or_else(minted, ToOwned::to_owned);
                state.credential = Some(credential);
                state.cleanup = cleanup;
                Passed(found)
            }
            Err(failure) => Failed(failure),
        },
    )
}

/// What a `get` would return without minting.
fn existing(state: &State<'_>) -> Option<&'static str> {
    let (host, settings) = (state.host?, state.settings.as_ref()?);
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

pub(super) fn login(state: &mut State<'_>) -> Option<Finding> {
    let (Some(host), Some(credential), Some(settings)) =
        (state.host, &state.credential, &state.settings)
    else {
        return Some(Skipped("no credential to log in with".into()));
    };
    let deadline = Deadline::after(settings.timeout);
    Some(match registry_login::log_in(host, credential, deadline) {
        Ok(None) => Passed(format!("{host} needs no login")),
        Ok(Some(scheme)) => Passed(format!("{host} accepts the credential ({scheme})")),
        Err(failure) => Failed(failure),
    })
}
