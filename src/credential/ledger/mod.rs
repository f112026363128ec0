//! The ledger: every token that this installation may have made, from before its request until its
//! deletion is confirmed or it has expired.
//!
//! `DATA/ledger/NAME.json`, one file a token and no secret in any. The order of writes makes signals
//! and power cuts harmless; no signal handler is needed:
//!
//! 1. The record is written as `minting` and synced. Only then is the request sent. A process that
//!    dies between the two leaves a record of a token that does not exist, which a look-up settles.
//! 2. The answer arrives. The cache entry is written and synced.
//! 3. The record becomes `current`, without a sync. If that is lost, a later process finds the
//!    `minting` record and the cache entry of the same name, and completes the record itself.
//! 4. The credential is printed.
//!
//! So at most one synced write comes on top of the one for the cache, and none where the credential
//! is cached. A process that dies before step 2 leaves a token without a cache entry. No client has
//! its password, and the next contact with the API deletes it. `NAME.lock` is locked while a process
//! works on a `minting` record; the kernel frees it when the process dies.
//!
//! A `minting` record whose token is not found is looked up again until 15 minutes have passed since
//! the request, because servers finish late. Records are dropped by the API's clock and never by this
//! machine's.

mod record;
mod settle;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use log::debug;

use crate::credential::cache::CachedToken;
use crate::env;
use crate::files::{self, Lock, PrivateDir};

pub use record::{Draft, Record, State};

const DIR: &str = "ledger";
/// Where 0.1.0 kept the tokens to delete.
const DIR_0_1_0: &str = "revocations";
const INSTALLATION: &str = "installation.json";
/// On file systems without locks a `minting` record counts as in use for so long.
const IN_USE: i64 = 15 * 60;

/// The records of one user.
#[derive(Debug, Clone)]
pub struct Ledger {
    root: Option<PathBuf>,
}

/// A record and its file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it says.
    pub record: Record,
    /// Where its file is; `None` if it has none yet.
    dir: Option<PrivateDir>,
}

/// A file in the ledger that cannot be used. It is never deleted: its token may live.
#[derive(Debug)]
pub struct Unusable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Ledger {
    /// The ledger below `root`. Without a directory nothing is on record.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// Every record, and every file that is not one.
    pub fn read(&self) -> (Vec<Entry>, Vec<Unusable>) {
        let (mut entries, mut unusable) = (Vec::new(), Vec::new());
        for dir in [DIR, DIR_0_1_0] {
            let root = self.root.as_ref();
            let Some(dir) = root.and_then(|root| PrivateDir::open(root, dir)) else {
                continue;
            };
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
                    Err(_) if !dir.names().contains(&name) => {}
                    Err(problem) => {
                        let path = dir.path().join(&name);
                        debug!("ignored {}: {problem}", path.display());
                        unusable.push(Unusable { path, problem });
                    }
                }
            }
        }
        entries.sort_by_key(|entry| entry.record.age_key());
        (entries, unusable)
    }

    /// Whether there is a directory for records.
    pub fn is_available(&self) -> bool {
        self.dir().is_ok()
    }

    /// Every record, the oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.read().0
    }

    /// Puts a token on record before it is requested. The name is `new_name`, or that of a request
    /// for the same entry that the API refused. Never fails: where no record can be written the
    /// process itself has to clean up, see [`Minting::is_recorded`].
    pub fn begin(
        &self,
        draft: Draft<'_>,
        new_name: impl FnOnce() -> String,
        registry_id: &str,
        posted_at: Option<i64>,
        expires_at: i64,
    ) -> Minting {
        let reused = self.entries().into_iter().find_map(|entry| {
            if !entry.record.is_reusable_for(draft, registry_id) {
                return None;
            }
            let lock = Self::claim(&entry)?;
            let mut record = entry.record;
            record.reuse(posted_at, expires_at);
            Some((record, Some(lock)))
        });
        let is_reused = reused.is_some();
        let (record, lock) = reused.unwrap_or_else(|| {
            let name = new_name();
            let record = Record::new(draft, &name, registry_id, posted_at, expires_at);
            (record, None)
        });
        let written = self.dir().and_then(|dir| {
            dir.sweep();
            let lock = lock.or_else(|| dir.try_lock(&record.lock_name()));
            dir.write(&record.file_name(), &serde_json::to_vec(&record)?)?;
            Ok(lock)
        });
        let (lock, is_recorded) = match written {
            Ok(lock) => (lock, true),
            Err(err) => {
                debug!("{} is not on record: {err:#}", record.name);
                (None, is_reused)
            }
        };
        Minting {
            ledger: self.clone(),
            record,
            is_recorded,
            is_reused,
            _lock: lock,
        }
    }

    /// Marks the tokens that the new token `newest` replaces. The last one is left to expire,
    /// because a running push may use it; older ones are to be deleted. `replaced` is the cached
    /// token in whose place `newest` is cached.
    pub fn supersede(&self, newest: &Record, replaced: Option<&CachedToken>) {
        let mut others: Vec<Entry> = self.entries();
        if let Some(token) = replaced
            && let Some(entry) = self.adopt(&others, token, newest.entry.as_deref(), State::Current)
        {
            others.push(entry);
            others.sort_by_key(|entry| entry.record.age_key());
        }
        let mut others: Vec<Entry> = others
            .into_iter()
            .filter(|entry| {
                matches!(entry.record.state, State::Current | State::Superseded)
                    && entry.record.name != newest.name
                    && entry.record.is_for_entry_of(newest)
            })
            .collect();
        // Times have seconds; what was cached last was minted last.
        others.sort_by_key(|entry| replaced.is_some_and(|it| it.username == entry.record.name));
        if let Some(last) = others.pop()
            && last.record.state == State::Current
        {
            self.set_state(last, State::Superseded);
        }
        for entry in others {
            self.set_state(entry, State::Revoke);
        }
    }

    /// Marks every token of a host for deletion, cached ones without a record included. Returns
    /// them, those that could not be marked too.
    pub fn revoke_host(&self, host: &str, cached: &[CachedToken]) -> Vec<Entry> {
        let mut entries = self.entries();
        for token in cached {
            entries.extend(self.adopt(&entries, token, None, State::Revoke));
        }
        entries.retain(|entry| {
            // What 0.1.0 wrote names no host.
            entry.record.host == host || cached.iter().any(|it| it.username == entry.record.name)
        });
        entries
            .into_iter()
            .map(|entry| self.mark_for_deletion(entry))
            .collect()
    }

    /// Separates the tokens of a host from their cache entries, so that no newer token replaces
    /// them: they are in use although they are no longer cached.
    pub fn detach_host(&self, host: &str) {
        for mut entry in self.entries() {
            if entry.record.host == host && entry.record.entry.is_some() {
                entry.record.entry = None;
                self.save(&mut entry);
            }
        }
    }

    /// Puts a cached token on record that is not. `None` if it is.
    fn adopt(
        &self,
        known: &[Entry],
        token: &CachedToken,
        entry: Option<&str>,
        state: State,
    ) -> Option<Entry> {
        let is_it = |known: &Entry| {
            known.record.name == token.username
                || (token.token_id.is_some() && known.record.token_id == token.token_id)
        };
        if known.iter().any(is_it) {
            return None;
        }
        let mut entry = Entry {
            record: Record::of_cached(token, entry, state),
            dir: None,
        };
        self.save(&mut entry);
        Some(entry)
    }

    /// Puts tokens on record whose cache entries are removed although they have not expired: the
    /// clock was set back.
    pub fn adopt_swept(&self, swept: &[CachedToken]) {
        if swept.is_empty() {
            return;
        }
        let known = self.entries();
        for token in swept {
            let _ = self.adopt(&known, token, None, State::Superseded);
        }
    }

    /// Marks one token for deletion.
    pub fn mark_for_deletion(&self, entry: Entry) -> Entry {
        match entry.record.state {
            State::Current | State::Superseded => self.set_state(entry, State::Revoke),
            State::Minting | State::Revoke => entry,
        }
    }

    fn set_state(&self, mut entry: Entry, state: State) -> Entry {
        entry.record.state = state;
        self.save(&mut entry);
        entry
    }

    /// Writes a changed record. Not synced: after a power cut the older record is still there, and
    /// leads to the same end.
    pub fn save(&self, entry: &mut Entry) -> bool {
        let name = entry.record.file_name();
        let written = self.dir().and_then(|dir| {
            dir.write_unsynced(&name, &serde_json::to_vec(&entry.record)?)?;
            Ok(dir)
        });
        match written {
            Ok(dir) => {
                // A record of 0.1.0 moves here.
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
        if now.is_err() && !dir.names().contains(&name) {
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
        self.dir()?.read_or_write(INSTALLATION, content)
    }

    fn dir(&self) -> Result<PrivateDir> {
        let root = self.root.as_ref().context("there is no directory for it")?;
        PrivateDir::create(root, DIR)
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

/// A token that is being requested. What becomes of it is told by one of the methods; dropping it
/// leaves a `minting` record.
#[derive(Debug)]
#[must_use]
pub struct Minting {
    ledger: Ledger,
    record: Record,
    is_recorded: bool,
    is_reused: bool,
    _lock: Option<Lock>,
}

impl Minting {
    /// What is on record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The token's name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Whether a record of it is on disk.
    pub fn is_recorded(&self) -> bool {
        self.is_recorded
    }

    /// Whether its name was used in an earlier request.
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Whether a request may be carried out after its answer was given up.
    pub fn is_doubtful(&self) -> bool {
        self.record.is_doubtful()
    }

    /// The API answered for the only request that had no answer.
    pub fn resolve(&mut self) {
        self.record.resolve();
    }

    /// Another expiry is about to be requested under the same name. Synced like the first record.
    pub fn reschedule(&mut self, posted_at: Option<i64>, expires_at: i64) {
        self.record.reuse(posted_at, expires_at);
        self.write_synced();
    }

    /// The same is about to be requested again, after no usable answer. Synced like the first
    /// record.
    pub fn repeat(&mut self, posted_at: Option<i64>) {
        self.record.repeat(posted_at);
        self.write_synced();
    }

    fn write_synced(&self) {
        let written = self.ledger.dir().and_then(|dir| {
            dir.write(&self.record.file_name(), &serde_json::to_vec(&self.record)?)
        });
        if let Err(err) = written {
            debug!("the record of {} is not updated: {err:#}", self.name());
        }
    }

    /// The API refused the request.
    pub fn refused(mut self, posted_at: Option<i64>) -> Self {
        self.record.set_refused(posted_at);
        self.write();
        self
    }

    /// The token was not made, or is deleted.
    pub fn forget(self) {
        Ledger::forget(&self.entry());
    }

    /// The API made it, and it has to be deleted.
    pub fn revoke(mut self, token_id: Option<String>, expires_at: Option<i64>) -> Self {
        self.record
            .answered(State::Revoke, token_id, expires_at, None);
        self.write();
        self
    }

    /// The API made it, and a client gets it.
    pub fn complete(
        mut self,
        token_id: Option<String>,
        expires_at: Option<i64>,
        posted_at: Option<i64>,
    ) -> Record {
        self.record
            .answered(State::Current, token_id, expires_at, posted_at);
        self.write();
        self.record
    }

    fn entry(&self) -> Entry {
        Entry {
            dir: self.ledger.dir().ok(),
            record: self.record.clone(),
        }
    }

    fn write(&self) {
        let mut entry = self.entry();
        if self.is_recorded
            && self.ledger.save(&mut entry)
            && self.record.state != State::Minting
            && let Some(dir) = &entry.dir
        {
            dir.remove(&self.record.lock_name());
        }
    }
}
