//! What this user of this machine holds, and the registries it knows of.

use std::collections::BTreeSet;

use crate::client_config::{Client, ClientConfig};
use crate::config::{ConfigFile, Places};
use crate::credential::cache::{Cache, CachedToken};
use crate::credential::stored_login::{StoredLogin, StoredLogins};
use crate::env;
use crate::registry_host::RegistryHost;

/// Everything on disk, unreadable things left out.
pub(super) struct Held {
    pub(super) places: Places,
    pub(super) entries: Vec<CachedToken>,
    pub(super) logins: Vec<StoredLogin>,
}

impl Held {
    pub(super) fn find() -> Self {
        let places = Places::find_lossy();
        let mut entries = Cache::new(places.cache.clone()).all();
        // What root's services hold, which run without a home (the kubelet).
        let services = env::runtime_dir().filter(|dir| Some(dir) != places.cache.as_ref());
        entries.extend(Cache::new(services).all());
        let logins = StoredLogins::new(places.data.clone()).all();
        Self {
            places,
            entries,
            logins,
        }
    }

    /// Whether a credential with this user name is here.
    pub(super) fn has(&self, username: &str) -> bool {
        self.entries.iter().any(|entry| entry.username == username)
            || self.logins.iter().any(|login| login.username == username)
    }
}

/// Docker's and podman's files, each once. What cannot be read says nothing here; `doctor` tells.
pub(super) fn client_files() -> Vec<(Client, ClientConfig)> {
    let mut files: Vec<(Client, ClientConfig)> = Vec::new();
    for client in [Client::Docker, Client::Podman] {
        for path in client.files() {
            let is_new = files.iter().all(|(_, known)| known.path != path);
            files.extend(
                ClientConfig::load(&path)
                    .ok()
                    .filter(|file| is_new && file.exists)
                    .map(|file| (client, file)),
            );
        }
    }
    files
}

/// The registries that something here names: held, asked for by a client, or configured.
pub(super) fn known_hosts(held: &Held, config: &ConfigFile) -> Vec<RegistryHost> {
    let stored = held.logins.iter().map(|login| login.host.as_str());
    let hosts = held.entries.iter().map(|entry| entry.host.as_str());
    let mut known: BTreeSet<RegistryHost> = hosts
        .chain(stored)
        .filter_map(|host| RegistryHost::parse(host).ok())
        .collect();
    for (_, file) in client_files() {
        known.extend(file.hosts());
    }
    known.extend(config.registries.keys().cloned());
    known.into_iter().collect()
}
