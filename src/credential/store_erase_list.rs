//! `store`, `erase` and `list`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use log::debug;
use secrecy::ExposeSecret as _;

use crate::config::{ConfigFile, Places};
use crate::credential::cache::{Age, Cache};
use crate::credential::ledger::{Entry, Ledger};
use crate::credential::mint;
use crate::credential::stored_login::StoredLogins;
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line};
use crate::ionos::account::{Account, Notes};
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

/// A person waits for `docker logout`, so it takes 3 s at most, the start of the program included.
const TO_REVOKE: Duration = Duration::from_millis(2700);
/// The same, where the API did not answer a moment ago.
const AFTER_WAITING: Duration = Duration::from_millis(300);

/// Stores a login that a person entered with `docker login`, and a token from another home if there
/// is no account to mint with.
pub fn store(
    host: &RegistryHost,
    username: &str,
    secret: &Secret,
    config: &ConfigFile,
) -> Result<(), Failure> {
    let places = Places::find()?;
    let is_cached = || {
        Cache::new(places.cache.clone())
            .of_host(host)
            .iter()
            .any(|entry| entry.secret.expose_secret() == secret.expose_secret())
    };
    // docker stores what `get` returned, even after the registry refused it. An identity token
    // (`<token>`) would hide what minting returns.
    let is_minted = || {
        let is_it = |entry: &Entry| entry.record.name == username;
        mint::is_minted_name(username)
            && (Ledger::new(&places).entries().iter().any(is_it) || may_mint(host, config))
    };
    if username == "<token>" || is_minted() || is_cached() {
        debug!("{host}: not entered by a person, so it is not stored");
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

/// Whether an account is configured, even if its configuration is broken.
fn may_mint(host: &RegistryHost, config: &ConfigFile) -> bool {
    let settings = config.settings(host, None);
    !matches!(
        settings.and_then(|settings| Account::choose(&settings)),
        Ok(None)
    )
}

/// Removes everything kept for a host and, if `revoke`, deletes its tokens at the API. Never fails:
/// clients crash on a failing `erase`.
pub fn erase(host: &RegistryHost, config: &ConfigFile, profile: Option<&str>, revoke: bool) {
    let mut deadline = Deadline::after(TO_REVOKE);
    let places = Places::find_lossy();
    let ledger = Ledger::new(&places);
    let notes = Notes::new(places.cache.clone());
    let cache = Cache::new(places.cache);
    StoredLogins::new(places.data).remove(host);
    let mut cached = cache.of_host(host);
    if !revoke {
        ledger.detach_host(host.as_str(), &cached);
        cache.remove_host(host);
        return;
    }
    // Marked before the entries are removed, so that a crash in between loses no token; and again for
    // tokens minted meanwhile, and because a full disk has space after the removal.
    ledger.revoke_host(host.as_str(), &cached);
    cached.extend(cache.remove_host(host));
    let mut entries = ledger.revoke_host(host.as_str(), &cached);
    if !config.is_ours(host) {
        return;
    }
    let settings = config.settings(host, profile);
    let Ok(Some(account)) = settings.and_then(|settings| Account::choose(&settings)) else {
        return;
    };
    let Ok(key) = account.key(&notes) else {
        return;
    };
    let is_confirmed = account.is_confirmed(&notes);
    let is_mine = |entry: &&Entry| {
        entry.record.is_pending() && (!is_confirmed || entry.record.is_of_account(&key))
    };
    let mut pending = entries.iter().filter(is_mine).peekable();
    if pending.peek().is_none() {
        return;
    }
    // docker logout runs erase for up to four forms of one host: a silent API is waited for once.
    if pending.any(|it| it.record.was_waited_for_lately()) {
        deadline = deadline.at_most(AFTER_WAITING);
    }
    match account.connect(Some(host), deadline) {
        Ok(api) => {
            let key = account.confirm(api.access(), &notes);
            ledger.settle(&api, &key, &cache, &mut entries, Some(host));
        }
        Err(err) => debug!("{host}: not revoked yet: {err}"),
    }
    if deadline.passed() {
        ledger.note_timeout(&key, &mut entries);
    }
}

/// Hosts and user names of what is stored, or cached and valid: one for each host, first the
/// stored ones, then those that expire last.
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
