//! Stored logins, which a person entered (`docker login -u -p`).
//!
//! They cannot be minted again, so they are not in the cache. They win over minting until `erase`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use log::debug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::files::PrivateDir;
use crate::json;
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

const VERSION: u32 = 1;
const DIR: &str = "logins";

/// A login for one registry, as written in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredLogin {
    version: u32,
    /// The registry it is for.
    pub host: String,
    /// As typed.
    pub username: String,
    /// As typed.
    #[serde(serialize_with = "crate::secret::expose")]
    pub secret: SecretString,
}

/// The logins of one user.
#[derive(Debug, Clone)]
pub struct StoredLogins {
    root: Option<PathBuf>,
}

impl StoredLogins {
    /// The logins below the data directory.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// The login for `host`.
    pub fn read(&self, host: &RegistryHost) -> Option<StoredLogin> {
        let dir = self.dir()?;
        load(&dir.read(&file_name(host))?).filter(|login| login.host == host.as_str())
    }

    /// Every readable login, each in its own place.
    pub fn all(&self) -> Vec<StoredLogin> {
        let Some(dir) = self.dir() else {
            return Vec::new();
        };
        dir.names()
            .iter()
            .filter_map(|name| {
                let login = load(&dir.read(name)?)?;
                let host = RegistryHost::parse(&login.host).ok()?;
                (file_name(&host) == *name).then_some(login)
            })
            .collect()
    }

    /// Stores a login and replaces the one before.
    pub fn write(&self, host: &RegistryHost, username: &str, secret: &Secret) -> Result<()> {
        let root = self
            .root
            .as_ref()
            .context("there is no home directory to keep it in")?;
        let dir = PrivateDir::create(root, DIR)?;
        let login = StoredLogin {
            version: VERSION,
            host: host.as_str().to_owned(),
            username: username.to_owned(),
            secret: secret.expose_secret().into(),
        };
        dir.write(&file_name(host), &serde_json::to_vec(&login)?)?;
        dir.sync();
        dir.sweep();
        Ok(())
    }

    /// Removes the login for `host`.
    pub fn remove(&self, host: &RegistryHost) {
        if let Some(dir) = self.dir() {
            dir.remove(&file_name(host));
        }
    }

    fn dir(&self) -> Option<PrivateDir> {
        PrivateDir::open(self.root.as_ref()?, DIR)
    }
}

fn file_name(host: &RegistryHost) -> String {
    format!("{}.json", host.file_name())
}

fn load(content: &[u8]) -> Option<StoredLogin> {
    // serde_json's error would quote the value that it refuses.
    match json::from_slice::<StoredLogin>(content) {
        Ok(login)
            if login.version == VERSION
                && !login.username.is_empty()
                && !login.secret.expose_secret().is_empty() =>
        {
            Some(login)
        }
        _ => {
            debug!("ignored a damaged login");
            None
        }
    }
}
