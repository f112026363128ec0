//! Minted tokens on disk.
//!
//! `CACHE/HOST/PROFILE-ACCOUNT-SCOPES.json`. Each host has its own directory: a warm `get` opens one
//! file however many hosts there are, and `erase` finds every profile and account of a host. Each
//! entry names its host, profile and account; a copied or renamed entry is not used. The name
//! contains the scopes, because two jobs in one home with different scopes would otherwise replace
//! each other's entry and mint at every `get`.

mod cached_token;

use std::cell::OnceCell;
use std::hash::Hasher as _;
use std::path::PathBuf;

use anyhow::Result;
use log::debug;
use serde::Serialize;
use siphasher::sip::SipHasher13;

use cached_token::load;
pub(crate) use cached_token::parse;
pub use cached_token::{Age, CachedToken, VERSION};

use crate::config::{Settings, Target};
use crate::env;
use crate::error::shown;
use crate::files::{self, PrivateDir};
use crate::ionos::account::AccountKey;
use crate::registry_host::RegistryHost;

/// The cache of one user. Without a directory it is empty and stores nothing.
#[derive(Debug, Clone)]
pub struct Cache {
    root: Option<PathBuf>,
}

/// The directory of one entry, and the name that its files share.
#[derive(Debug)]
pub struct Slot {
    root: PathBuf,
    host: String,
    stem: String,
    account: AccountKey,
    dir: OnceCell<PrivateDir>,
}

impl Slot {
    /// The account of the entry.
    pub fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The name of the entry: profile, account and scopes.
    pub fn entry(&self) -> &str {
        &self.stem
    }

    /// The name of a file of this entry.
    pub fn name(&self, extension: &str) -> String {
        format!("{}.{extension}", self.stem)
    }

    /// Whether there is an entry of the same profile and account with other scopes.
    pub fn has_sibling(&self) -> bool {
        let own = self.name("json");
        let is_sibling = |name: &String| {
            *name != own
                && has_extension(name, "json")
                && without_scopes(name) == without_scopes(&own)
        };
        let names = self.dir().map(PrivateDir::names).unwrap_or_default();
        names.iter().any(is_sibling)
    }

    /// The host's directory; `None` if it does not exist or is not safe.
    pub fn dir(&self) -> Option<&PrivateDir> {
        if let Some(dir) = self.dir.get() {
            return Some(dir);
        }
        let dir = PrivateDir::open(&self.root, &self.host)?;
        Some(self.dir.get_or_init(|| dir))
    }

    /// The host's directory, created if necessary.
    pub fn prepare(&self) -> Result<&PrivateDir> {
        if let Some(dir) = self.dir.get() {
            return Ok(dir);
        }
        let dir = PrivateDir::create(&self.root, &self.host)?;
        Ok(self.dir.get_or_init(|| dir))
    }

    /// Writes the entry. `false` if it could not be written.
    pub fn write(&self, entry: &CachedToken) -> bool {
        self.save(&self.name("json"), entry, PrivateDir::write)
    }

    /// Writes a file that a `get` can do without, so it does not wait for the disk.
    pub fn write_unsynced(&self, name: &str, value: &impl Serialize) {
        self.save(name, value, PrivateDir::write_unsynced);
    }

    fn save(
        &self,
        name: &str,
        value: &impl Serialize,
        write: impl Fn(&PrivateDir, &str, &[u8]) -> Result<()>,
    ) -> bool {
        let written = serde_json::to_vec(value)
            .map_err(Into::into)
            .and_then(|json| write(self.prepare()?, name, &json));
        if let Err(err) = &written {
            debug!("{name} is not cached: {err:#}");
        }
        written.is_ok()
    }
}

impl Cache {
    /// The cache in `root`.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// Where the entry of this host, account and settings is stored.
    pub fn slot(
        &self,
        host: &RegistryHost,
        account: &AccountKey,
        settings: &Settings,
    ) -> Option<Slot> {
        let (profile, key) = (&settings.profile, account.as_str());
        Some(Slot {
            root: self.root.clone()?,
            host: host.file_name(),
            stem: format!("{profile}-{key}-{:016x}", fingerprint(settings)),
            account: account.clone(),
            dir: OnceCell::new(),
        })
    }

    fn host_dir(&self, host: &RegistryHost) -> Option<PrivateDir> {
        PrivateDir::open(self.root.as_ref()?, &host.file_name())
    }

    /// The entry in `slot`, if it is for this host, account and settings.
    pub fn read(
        &self,
        slot: &Slot,
        host: &RegistryHost,
        settings: &Settings,
    ) -> Option<CachedToken> {
        let entry = load(slot.dir()?, &slot.name("json"))?;
        (entry.account == slot.account.as_str() && entry.is_for(host, settings)).then_some(entry)
    }

    /// The longest-lived entry of this host and profile, of any account.
    pub fn read_any(&self, host: &RegistryHost, settings: &Settings) -> Option<CachedToken> {
        self.of_host(host)
            .into_iter()
            .filter(|entry| entry.is_for(host, settings))
            .max_by_key(|entry| entry.expires_at)
    }

    /// Every readable entry of a host: all profiles and accounts, expired ones too.
    pub fn of_host(&self, host: &RegistryHost) -> Vec<CachedToken> {
        let dir = self.host_dir(host);
        let entries = dir.iter().flat_map(entries_in).map(|(_, entry)| entry);
        entries
            .filter(|entry| entry.host == host.as_str())
            .collect()
    }

    /// Every readable entry, by host. An entry in another host's directory is not used.
    pub fn all(&self) -> Vec<CachedToken> {
        self.host_dirs()
            .flat_map(|(host, dir)| {
                let mut entries: Vec<_> = entries_in(&dir).map(|(_, entry)| entry).collect();
                entries.retain(|entry| {
                    RegistryHost::parse(&entry.host).is_ok_and(|it| it.file_name() == *host)
                });
                entries
            })
            .collect()
    }

    /// Whether the token with this user name is cached for a host.
    pub fn contains(&self, host: &str, username: &str) -> bool {
        self.find(host, username).is_some()
    }

    /// Removes the entry of the token with this user name.
    pub fn remove(&self, host: &str, username: &str) {
        if let Some((dir, name)) = self.find(host, username) {
            dir.remove(&name);
        }
    }

    fn find(&self, host: &str, username: &str) -> Option<(PrivateDir, String)> {
        let dir = self.host_dir(&RegistryHost::parse(host).ok()?)?;
        let is_it = |entry: &CachedToken| (&*entry.host, &*entry.username) == (host, username);
        let (name, _) = entries_in(&dir).find(|(_, entry)| is_it(entry))?;
        Some((dir, name))
    }

    /// Removes what is kept for a host, and returns the removed entries. The locks stay: if a lock
    /// were deleted while a process waits for it, two processes could hold it.
    pub fn remove_host(&self, host: &RegistryHost) -> Vec<CachedToken> {
        let mut removed = Vec::new();
        let Some(dir) = self.host_dir(host) else {
            return removed;
        };
        dir.sweep();
        for name in dir.names().iter().filter(|name| is_ours(name)) {
            if has_extension(name, "json") {
                // Another process may replace it: what is returned is what was removed.
                let taken = dir.take(name).and_then(|content| parse(name, &content));
                removed.extend(taken.filter(|entry| entry.host == host.as_str()));
            } else if !has_extension(name, "lock") {
                dir.remove(name);
            }
        }
        removed
    }

    /// Removes expired entries and what killed writers left behind. Calls `before` with each entry
    /// before it is removed.
    pub fn sweep(&self, mut before: impl FnMut(&CachedToken)) {
        let now = env::now();
        for (_, dir) in self.host_dirs() {
            dir.sweep();
            for (name, entry) in entries_in(&dir) {
                if entry.age(now) == Age::Expired {
                    debug!("swept {}/{name}", shown(dir.path()));
                    before(&entry);
                    dir.remove(&name);
                }
            }
        }
    }

    fn host_dirs(&self) -> impl Iterator<Item = (String, PrivateDir)> {
        self.root.iter().flat_map(|root| {
            let names = files::names(root).into_iter();
            names.filter_map(|name| Some((name.clone(), PrivateDir::open_if_closed(root, &name)?)))
        })
    }
}

/// A hash of the scopes and of how the registry is found.
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
        // Separates the actions of a scope from the next scope.
        add("");
    }
    match &settings.target {
        Target::Hostname => {}
        Target::Id(id) => add(id),
        Target::Name(name) => add(name),
    }
    hasher.finish()
}

/// `PROFILE-ACCOUNT` of `PROFILE-ACCOUNT-SCOPES`.
pub(super) fn without_scopes(entry: &str) -> Option<&str> {
    entry.rsplit_once('-').map(|(rest, _)| rest)
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, it)| it == extension)
}

/// Whether a file has a name that this program gives: `PROFILE-ACCOUNT-SCOPES.EXTENSION` or
/// `ACCOUNT.registry`. Any other file in the directory is not this program's and is kept.
fn is_ours(name: &str) -> bool {
    let is_hex = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    match extension {
        "registry" => is_hex(stem, 32),
        "json" | "lock" | "failure" => {
            let mut parts = stem.rsplitn(3, '-');
            parts.next().is_some_and(|scopes| is_hex(scopes, 16))
                && parts.next().is_some_and(|account| is_hex(account, 32))
                && parts.next().is_some_and(|profile| !profile.is_empty())
        }
        _ => false,
    }
}

fn entries_in(dir: &PrivateDir) -> impl Iterator<Item = (String, CachedToken)> {
    let names = dir.names().into_iter().filter(|name| is_ours(name));
    names
        .filter(|name| has_extension(name, "json"))
        .filter_map(|name| load(dir, &name).map(|entry| (name, entry)))
}
