//! What this user has on this machine, and the registries that it names.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::client_files::ClientFiles;
use crate::config::{ConfigFile, Places};
use crate::credential::cache::{Cache, CachedToken};
use crate::credential::ledger::{Entry, Ledger, State, UnusableFile};
use crate::credential::stored_login::{StoredLogin, StoredLogins};
use crate::env;
use crate::error::Failure;
use crate::registry_host::RegistryHost;

/// Every readable file on disk, and the unusable files of the ledger.
pub(super) struct LocalState {
    pub(super) tokens: Vec<CachedToken>,
    /// The cache of root's services without a home directory, such as the kubelet.
    pub(super) kubelet_tokens: Vec<CachedToken>,
    pub(super) logins: Vec<StoredLogin>,
    pub(super) records: Vec<Entry>,
    pub(super) unusable: Vec<UnusableFile>,
    pub(super) ledger: Ledger,
    pub(super) cache: Cache,
}

impl LocalState {
    pub(super) fn find() -> Self {
        let places = Places::find_lossy();
        let ledger = Ledger::new(&places);
        let cache = Cache::new(places.cache.clone());
        let (mut records, mut unusable) = ledger.read();
        let services = env::runtime_dir().filter(|dir| Some(dir) != places.cache.as_ref());
        let of_services = Places {
            cache: services.clone(),
            data: None,
        };
        let of_services = Ledger::new(&of_services).read();
        records.extend(of_services.0);
        unusable.extend(of_services.1);
        Self {
            tokens: cache.all(),
            kubelet_tokens: Cache::new(services).all(),
            logins: StoredLogins::new(places.data).all(),
            records,
            unusable,
            ledger,
            cache,
        }
    }

    /// Whether the credential with this user name is cached, stored or with a client, or is being
    /// minted. One whose record cannot be read may be with a client.
    pub(super) fn is_in_use(&self, username: &str) -> bool {
        let is_current = |entry: &Entry| match entry.record.state {
            State::Current => true,
            State::Minting => Ledger::is_in_use(entry),
            State::Superseded | State::Revoke => false,
        };
        let has_unusable_record =
            |it: &UnusableFile| it.path.file_stem() == Some(OsStr::new(username));
        self.is_kept(username)
            || self.record(username).is_some_and(is_current)
            || self.unusable.iter().any(has_unusable_record)
    }

    /// Whether the credential with this user name is cached or stored.
    pub(super) fn is_kept(&self, username: &str) -> bool {
        let mut tokens = self.tokens.iter().chain(&self.kubelet_tokens);
        tokens.any(|token| token.username == username)
            || self.logins.iter().any(|login| login.username == username)
    }

    /// The record of the token with this name.
    pub(super) fn record(&self, name: &str) -> Option<&Entry> {
        self.records.iter().find(|entry| entry.record.name == name)
    }
}

/// The registries with a credential or a record here, in a client's file or in config.json.
pub(super) fn known_hosts(state: &LocalState, config: &ConfigFile) -> Vec<RegistryHost> {
    let stored = state.logins.iter().map(|login| login.host.as_str());
    let tokens = state.tokens.iter().chain(&state.kubelet_tokens);
    let cached = tokens.map(|token| token.host.as_str());
    let on_record = state.records.iter().map(|entry| entry.record.host.as_str());
    let mut known: BTreeSet<RegistryHost> = cached
        .chain(stored)
        .chain(on_record)
        .filter_map(|host| RegistryHost::parse(host).ok())
        .collect();
    known.extend(ClientFiles::find().hosts());
    known.extend(config.registries.keys().cloned());
    known.into_iter().collect()
}

/// The directory of the cache; the inner failure is why nothing is cached.
pub(super) fn cache_in_use() -> Result<Result<PathBuf, Failure>, Failure> {
    let places = Places::find()?;
    if let Some(dir) = places.cache_in_use()? {
        return Ok(Ok(dir));
    }
    let set_home = format!("set {} or IONOS_CR_CACHE_DIR", env::HOME);
    Ok(Err(match places.cache {
        Some(_) => nothing_is_cached("IONOS_CR_DISABLE_CACHE is set", "unset it"),
        None => nothing_is_cached("no home directory", &set_home),
    }))
}

pub(super) fn nothing_is_cached(why: &str, hint: &str) -> Failure {
    let what = format!("{why}: nothing is cached, so each get mints a token");
    Failure::new(what, hint)
}
