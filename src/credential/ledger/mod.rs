//! The ledger: every token that this installation may have made, from before its request until its
//! deletion is confirmed or it has expired.
//!
//! `DATA/ledger/NAME.json`, or `CACHE/.ledger/NAME.json` where that cannot be written: one file a
//! token and no secret in any. The order of writes makes signals and power cuts harmless; no signal
//! handler is needed:
//!
//! 1. The record is written as `minting` and synced. Only then is the request sent. A process that
//!    dies between the two leaves a record of a token that does not exist, which a look-up settles.
//! 2. The answer arrives. The cache entry is written.
//! 3. The record becomes `current`. If the process dies before that, a later one finds the `minting`
//!    record and the cache entry of the same name, and completes the record.
//! 4. The credential is printed.
//!
//! A record and an entry are synced before they replace an older one, because XFS leaves an empty
//! file after a power cut otherwise. Only step 1 waits for the rename too.
//!
//! A process that dies before step 2 leaves a token without a cache entry. No client has
//! its password, and the next contact with the API deletes it. `NAME.lock` is locked while a process
//! works on a `minting` record; the kernel frees it when the process dies.
//!
//! A `minting` record whose token is not found is looked up again until 15 minutes have passed since
//! the request, because servers finish late. A record is dropped once its token has expired by the
//! API's clock and by this machine's.

mod minting;
mod record;
mod settle;
mod state;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use log::debug;
use serde::{Serialize, Serializer};

use crate::config::Places;
use crate::env;
use crate::error::shown;
use crate::files::{self, Lock, PrivateDir};

pub use minting::Minting;
pub use record::Record;
pub use state::State;

/// In the data directory.
const DIR: &str = "ledger";
/// No host's name begins with a dot.
const DIR_IN_CACHE: &str = ".ledger";
/// Where 0.1.0 kept the tokens to delete, beside the ledger in the data directory.
const DIR_0_1_0: &str = "revocations";
const INSTALLATION: &str = "installation.json";
/// On file systems without locks a `minting` record counts as in use for so long.
const IN_USE: i64 = 15 * 60;

/// The records of one user.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// By root and name. A record is written to the first directory that can be written.
    dirs: Vec<(PathBuf, &'static str)>,
}

/// A record and its file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it says.
    pub record: Record,
    /// Where its file is; `None` if it has none yet.
    dir: Option<PrivateDir>,
}

impl Entry {
    /// Whether the token is on record.
    pub fn is_on_disk(&self) -> bool {
        self.dir.is_some()
    }
}

/// A file in the ledger that cannot be used. It is never deleted: its token may live.
#[derive(Debug, Serialize)]
pub struct UnusableFile {
    /// The file.
    #[serde(rename = "file", serialize_with = "serialize_shown")]
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: &'static str,
}

fn serialize_shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(path))
}

impl Ledger {
    /// The ledger in these places. Without a directory nothing is on record.
    pub fn new(places: &Places) -> Self {
        let data = places.data.iter().map(|root| (root.clone(), DIR));
        // For a runner whose home is read-only or missing.
        let cache = places.cache_in_use();
        let cache = cache.unwrap_or_else(|_| places.cache.clone());
        let cache = cache.map(|root| (root, DIR_IN_CACHE));
        Self {
            dirs: data.chain(cache).collect(),
        }
    }

    /// Every record, the oldest first, and every file that is not a record.
    pub fn read(&self) -> (Vec<Entry>, Vec<UnusableFile>) {
        let (mut entries, mut unusable) = (Vec::new(), Vec::new());
        let data = self.dirs.iter().filter(|(_, name)| *name == DIR);
        let of_0_1_0 = data.map(|(root, _)| (root, DIR_0_1_0));
        let dirs = self.dirs.iter().map(|(root, name)| (root, *name));
        let dirs = dirs.chain(of_0_1_0);
        for dir in dirs.filter_map(|(root, name)| PrivateDir::open(root, name)) {
            for name in dir.names() {
                let is_lock = name.rsplit_once('.').is_some_and(|(_, it)| it == "lock");
                if files::is_in_progress(&name) || name == INSTALLATION || is_lock {
                    continue;
                }
                match load(&dir, &name) {
                    Ok(record) => entries.push(Entry {
                        record,
                        dir: Some(dir.clone()),
                    }),
                    // Another process has removed it since.
                    Err(_) if !dir.has(&name) => {}
                    Err(problem) => {
                        let path = dir.path().join(&name);
                        debug!("ignored {}: {problem}", path.display());
                        unusable.push(UnusableFile { path, problem });
                    }
                }
            }
        }
        entries.sort_by_key(|entry| entry.record.made_at());
        (entries, unusable)
    }

    /// Every record, the oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.read().0
    }

    /// Writes a changed record. After a power cut the older record may be back, and leads to the same
    /// end.
    pub fn save(&self, entry: &mut Entry) -> bool {
        let name = entry.record.file_name();
        let Ok(content) = serde_json::to_vec(&entry.record) else {
            return false;
        };
        let written = self.in_first_dir(|dir| {
            dir.write(&name, &content)?;
            Ok(dir.clone())
        });
        // On a full disk the file can still be overwritten. A record that stays `minting` would
        // have the token deleted that a client just got.
        let written = written.or_else(|err| match &entry.dir {
            Some(dir) => dir.overwrite(&name, &content).map(|()| dir.clone()),
            None => Err(err),
        });
        match written {
            Ok(dir) => {
                // A record of 0.1.0, or one from a time when this directory could not be written.
                if let Some(old) = entry.dir.replace(dir.clone())
                    && old.path() != dir.path()
                {
                    old.remove(&name);
                }
                true
            }
            Err(err) => {
                debug!(
                    "the record of {} is not updated: {err:#}",
                    entry.record.name
                );
                false
            }
        }
    }

    /// Removes a record: the token is deleted, or was not made.
    pub fn forget(entry: &Entry) {
        if let Some(dir) = &entry.dir {
            dir.remove(&entry.record.file_name());
            dir.remove(&entry.record.lock_name());
        }
    }

    /// Locks a `minting` record for this process. `None` if another process works on it or has
    /// changed it since it was read.
    fn claim(entry: &Entry) -> Option<Lock> {
        let dir = entry.dir.as_ref()?;
        let lock = dir.try_lock(&entry.record.lock_name())?;
        let age = env::now().saturating_sub(entry.record.created_at);
        if !lock.excludes() && (0..IN_USE).contains(&age) {
            return None;
        }
        let name = entry.record.file_name();
        let now = load(dir, &name);
        if now.is_err() && !dir.has(&name) {
            dir.remove(&entry.record.lock_name());
        }
        (now.as_ref() == Ok(&entry.record)).then_some(lock)
    }

    /// Whether a process works on a `minting` record.
    pub fn is_in_use(entry: &Entry) -> bool {
        entry.record.state == State::Minting && Self::claim(entry).is_none()
    }

    /// The content of the installation's file, after writing `content` if there is none.
    pub(super) fn read_or_write_installation(&self, content: &[u8]) -> Result<Vec<u8>> {
        self.in_first_dir(|dir| dir.read_or_write(INSTALLATION, content))
    }

    /// Does something in the first directory in which that succeeds.
    fn in_first_dir<T>(&self, act: impl Fn(&PrivateDir) -> Result<T>) -> Result<T> {
        let mut result = Err(anyhow!("there is no directory for it"));
        for (root, name) in &self.dirs {
            result = PrivateDir::create(root, name).and_then(|dir| act(&dir));
            if result.is_ok() {
                break;
            }
        }
        result
    }
}

fn load(dir: &PrivateDir, name: &str) -> Result<Record, &'static str> {
    let content = dir
        .read(name)
        .ok_or("it is not a private file of this user")?;
    let record = Record::parse(&content)?;
    if record.file_name() != name {
        return Err("it is another token's record");
    }
    Ok(record)
}
