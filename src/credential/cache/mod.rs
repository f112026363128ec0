//! Minted credentials on disk, and when one is still good.
//!
//! `CACHE/HOST/PROFILE-ACCOUNT-SCOPES.json`: a directory a host, so that a warm `get` opens one file
//! however many hosts there are, and `erase` finds every profile and account of one. Each entry
//! says whom it is for; one that was copied or renamed is not served. The scopes are in the name
//! because two jobs of one home that ask for different ones would replace each other's entry, and
//! each `get` would mint.

mod cached_token;

use std::hash::Hasher as _;
use std::path::{Path, PathBuf};

use log::debug;
use siphasher::sip::SipHasher13;

use cached_token::load;
pub(crate) use cached_token::parse;
pub use cached_token::{Age, CachedToken};

use crate::config::{Settings, Target};
use crate::env;
use crate::files;
use crate::ionos::account::AccountKey;
use crate::registry_host::RegistryHost;

/// The cache of one user; without a directory it holds nothing and keeps nothing.
#[derive(Debug, Clone)]
pub struct Cache {
    root: Option<PathBuf>,
}

/// Where one entry is kept, and what is kept beside it.
#[derive(Debug)]
pub struct Slot {
    dir: PathBuf,
    stem: String,
}

impl Slot {
    /// The lock of this entry.
    pub fn lock(&self) -> PathBuf {
        self.file("lock")
    }

    /// A file of this entry.
    pub fn file(&self, extension: &str) -> PathBuf {
        self.dir.join(self.name(extension))
    }

    /// The name of a file of this entry.
    pub fn name(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }

    /// The directory of the host.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the host's directory. `false` if there is nothing to be kept.
    pub fn prepare(&self) -> bool {
        let made = match (self.dir.parent(), self.dir.file_name()) {
            (Some(root), Some(name)) => files::private_dir(root, &name.to_string_lossy()),
            _ => return false,
        };
        if let Err(err) = &made {
            debug!("nothing is cached: {err:#}");
        }
        made.is_ok()
    }
}

impl Cache {
    /// The cache in `root`.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// Where the entry of this host, account and what the settings ask for is kept.
    pub fn slot(
        &self,
        host: &RegistryHost,
        account: &AccountKey,
        settings: &Settings,
    ) -> Option<Slot> {
        let (profile, account) = (&settings.profile, account.as_str());
        Some(Slot {
            dir: self.host_dir(host)?,
            stem: format!("{profile}-{account}-{:016x}", fingerprint(settings)),
        })
    }

    fn host_dir(&self, host: &RegistryHost) -> Option<PathBuf> {
        Some(self.root.as_ref()?.join(host.file_name()))
    }

    /// The entry in `slot`, if it is what it should be.
    pub fn read(
        &self,
        slot: &Slot,
        host: &RegistryHost,
        account: &AccountKey,
        settings: &Settings,
    ) -> Option<CachedToken> {
        load(&slot.file("json"))
            .filter(|entry| entry.account == account.as_str() && entry.is_for(host, settings))
    }

    /// The longest-lived entry of this host and profile, whoever's it is.
    pub fn read_any(&self, host: &RegistryHost, settings: &Settings) -> Option<CachedToken> {
        self.of_host(host)
            .into_iter()
            .filter(|entry| entry.is_for(host, settings))
            .max_by_key(|entry| entry.expires_at)
    }

    /// Every readable entry of a host: all profiles and accounts, expired ones too.
    pub fn of_host(&self, host: &RegistryHost) -> Vec<CachedToken> {
        let Some(dir) = self.host_dir(host) else {
            return Vec::new();
        };
        entries_in(&dir)
            .filter(|(_, entry)| entry.host == host.as_str())
            .map(|(_, entry)| entry)
            .collect()
    }

    /// Every readable entry, by host.
    pub fn all(&self) -> Vec<CachedToken> {
        self.host_dirs()
            .iter()
            .flat_map(|dir| entries_in(dir))
            .filter(|(path, entry)| stands_where_it_belongs(path, entry))
            .map(|(_, entry)| entry)
            .collect()
    }

    /// Keeps an entry.
    pub fn write(&self, slot: &Slot, entry: &CachedToken) {
        let written = serde_json::to_vec(entry)
            .map_err(Into::into)
            .and_then(|json| files::write(slot.dir(), &slot.name("json"), &json));
        if let Err(err) = written {
            debug!("nothing is cached: {err:#}");
        }
    }

    /// Drops all that is kept for a host, and tells which entries went. The locks stay: a lock
    /// that is deleted while somebody waits for it is two locks.
    pub fn remove_host(&self, host: &RegistryHost) -> Vec<CachedToken> {
        let mut removed = Vec::new();
        let Some(dir) = self.host_dir(host) else {
            return removed;
        };
        files::sweep(&dir);
        for name in files::names(&dir) {
            let path = dir.join(&name);
            if files::is_in_progress(&name) {
                continue;
            }
            if has_extension(&path, "json") {
                // Another process may be replacing it: what we take is what we tell.
                let taken = files::take(&path).and_then(|content| parse(&path, &content));
                removed.extend(taken.filter(|entry| entry.host == host.as_str()));
            } else if !has_extension(&path, "lock") {
                files::remove(&path);
            }
        }
        removed
    }

    /// Removes expired entries and what killed writers left behind.
    pub fn sweep(&self) {
        let now = env::now();
        for dir in self.host_dirs() {
            files::sweep(&dir);
            for (path, entry) in entries_in(&dir) {
                if entry.age(now) == Age::Expired {
                    debug!("swept {}", path.display());
                    files::remove(&path);
                }
            }
        }
    }

    fn host_dirs(&self) -> Vec<PathBuf> {
        let Some(root) = &self.root else {
            return Vec::new();
        };
        files::names(root)
            .iter()
            .map(|name| root.join(name))
            .collect()
    }
}

/// Of the scopes, and of how the registry is found.
fn fingerprint(settings: &Settings) -> u64 {
    let mut hasher = SipHasher13::new();
    let mut add = |part: &str| {
        hasher.write(part.as_bytes());
        hasher.write(&[0]);
    };
    for scope in &settings.scopes {
        add(&scope.kind);
        add(&scope.name);
        scope.actions.iter().for_each(|action| add(action));
        // Actions of one scope are not those of the next.
        add("");
    }
    match &settings.target {
        Target::Hostname => {}
        Target::Id(id) => add(id),
        Target::Name(name) => add(name),
    }
    hasher.finish()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|it| it == extension)
}

/// An entry under another host's name was put there by somebody else.
fn stands_where_it_belongs(path: &Path, entry: &CachedToken) -> bool {
    let host = RegistryHost::parse(&entry.host).map(|host| host.file_name());
    let dir = path.parent().and_then(Path::file_name);
    host.is_ok_and(|host| dir.is_some_and(|dir| *dir == *host))
}

fn entries_in(dir: &Path) -> impl Iterator<Item = (PathBuf, CachedToken)> {
    files::names(dir)
        .into_iter()
        .map({
            let dir = dir.to_owned();
            move |name| dir.join(name)
        })
        .filter(|path| has_extension(path, "json"))
        .filter_map(|path| {
            let entry = load(&path)?;
            Some((path, entry))
        })
}
