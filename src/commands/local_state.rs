//! The credentials of this user on this machine, and the registries that it knows.

use std::collections::BTreeSet;

use super::client_files::ClientFiles;
use crate::config::{ConfigFile, Places};
use crate::credential::cache::{Cache, CachedToken};
use crate::credential::stored_login::{StoredLogin, StoredLogins};
use crate::env;
use crate::registry_host::RegistryHost;

/// Every readable credential on disk.
pub(super) struct Held {
    pub(super) places: Places,
    pub(super) entries: Vec<CachedToken>,
    /// The cache of root's services without a home directory, such as the kubelet.
    pub(super) kubelet_entries: Vec<CachedToken>,
    pub(super) logins: Vec<StoredLogin>,
}

impl Held {
    pub(super) fn find() -> Self {
        let places = Places::find_lossy();
        let entries = Cache::new(places.cache.clone()).all();
        let services = env::runtime_dir().filter(|dir| Some(dir) != places.cache.as_ref());
        let kubelet_entries = Cache::new(services).all();
        let logins = StoredLogins::new(places.data.clone()).all();
        Self {
            places,
            entries,
            kubelet_entries,
            logins,
        }
    }

    /// Whether a credential with this user name is here.
    pub(super) fn has(&self, username: &str) -> bool {
        let mut entries = self.entries.iter().chain(&self.kubelet_entries);
        entries.any(|entry| entry.username == username)
            || self.logins.iter().any(|login| login.username == username)
    }
}

/// The registries with a credential here, in a client's file or in config.json.
pub(super) fn known_hosts(held: &Held, config: &ConfigFile) -> Vec<RegistryHost> {
    let stored = held.logins.iter().map(|login| login.host.as_str());
    let entries = held.entries.iter().chain(&held.kubelet_entries);
    let hosts = entries.map(|entry| entry.host.as_str());
    let mut known: BTreeSet<RegistryHost> = hosts
        .chain(stored)
        .filter_map(|host| RegistryHost::parse(host).ok())
        .collect();
    known.extend(ClientFiles::find().hosts());
    known.extend(config.registries.keys().cloned());
    known.into_iter().collect()
}
