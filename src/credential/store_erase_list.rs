//! What is kept by hand, and being rid of it: `store`, `erase`, `list`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use log::debug;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{ConfigFile, Places};
use crate::credential::cache::{Age, Cache, CachedToken};
use crate::credential::mint;
use crate::credential::revocation::{Revocation, Revocations};
use crate::credential::stored_login::StoredLogins;
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line};
use crate::ionos::account::Account;
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;

/// Revoking is done while somebody waits for `docker logout`.
const TO_REVOKE: Duration = Duration::from_secs(3);

/// Keeps a login that a person typed, and only that.
pub fn store(host: &RegistryHost, username: &str, secret: &SecretString) -> Result<(), Failure> {
    let places = Places::find()?;
    let minted = || {
        Cache::new(places.cache.clone())
            .of_host(host)
            .iter()
            .any(|entry| entry.secret.expose_secret() == secret.expose_secret())
    };
    // docker hands back what `get` gave it, also after the registry refused it; and an identity
    // token (`<token>`) would be a second answer to a question that minting answers.
    if username == "<token>" || mint::is_minted_name(username) || minted() {
        debug!("{host}: not a login a person typed, so it is not kept");
        return Ok(());
    }
    StoredLogins::new(places.data)
        .write(host, username, secret)
        .map_err(|err| {
            Failure::new(
                format!("the login is not kept: {}", one_line(&format!("{err:#}"))),
                "give this user a writable home directory",
            )
        })
}

/// Drops all that is kept for a host and, if `revoke` says so, deletes its tokens at the API.
/// Never fails: who logs out wants to be rid of it, and clients crash on a failing `erase`.
pub fn erase(host: &RegistryHost, config: &ConfigFile, profile: Option<&str>, revoke: bool) {
    let places = Places::find_lossy();
    let revocations = Revocations::new(places.revocations());
    let cache = Cache::new(places.cache);
    StoredLogins::new(places.data).remove(host);
    // Remembered before the entries go, so that a crash in between forgets no token, and again
    // for what came in between.
    let mut tokens: Vec<Revocation> = Vec::new();
    let mut without_room: Vec<Revocation> = Vec::new();
    let mut to_revoke = |entries: Vec<CachedToken>| {
        for entry in entries.iter().filter(|_| revoke) {
            let token = Revocation::of(entry);
            if entry.expires_at > env::now() && !tokens.contains(&token) {
                if !revocations.add(&token) {
                    without_room.push(token.clone());
                }
                tokens.push(token);
            }
        }
    };
    to_revoke(cache.of_host(host));
    to_revoke(cache.remove_host(host));
    // On a full disk there is room now that the entries are gone.
    for token in without_room {
        revocations.add(&token);
    }
    if !revoke || !config.is_ours(host) {
        return;
    }
    let settings = config.settings(host, profile);
    let Ok(Some(account)) = settings.and_then(|settings| Account::choose(&settings)) else {
        return;
    };
    tokens.retain(|token| token.is_of(account.key()));
    let pending = revocations.of_account(account.key());
    // docker logout asks for up to four forms of one host: it waits for a silent API once.
    if tokens.is_empty() && pending.iter().any(Revocation::was_waited_for_lately) {
        return;
    }
    for pending in pending {
        if !tokens.contains(&pending) {
            tokens.push(pending);
        }
    }
    if tokens.is_empty() {
        return;
    }
    let deadline = Deadline::after(TO_REVOKE);
    let access = account.resolve(Some(host), deadline);
    match access.and_then(|access| Api::new(access, deadline)) {
        Ok(api) => revocations.carry_out(&api, &tokens),
        Err(err) => debug!("{host}: not revoked yet: {err}"),
    }
    if deadline.passed() {
        revocations.waited_in_vain(account.key());
    }
}

/// Hosts and user names of what is stored, or cached and still good: one for each host, first the
/// stored ones, then the longest-lived.
pub fn list() -> Vec<(String, String)> {
    let places = Places::find_lossy();
    let now = env::now();
    let mut entries = Cache::new(places.cache).all();
    entries.retain(|entry| entry.age(now) != Age::Expired);
    entries.sort_by_key(|entry| Reverse(entry.expires_at));
    let cached = entries.into_iter().map(|e| (e.host, e.username));
    let stored = StoredLogins::new(places.data).all();
    let stored = stored.into_iter().map(|l| (l.host, l.username));
    let mut seen = BTreeSet::new();
    stored
        .chain(cached)
        .filter(|(host, _)| seen.insert(host.clone()))
        .collect()
}
