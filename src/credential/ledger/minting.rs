//! A token that is being requested, and its record.

use log::debug;

use super::{Draft, Entry, Ledger, Record, State};
use crate::files::Lock;

/// A token that is being requested. One of the methods notes the result; dropping it leaves a
/// `minting` record.
#[derive(Debug)]
#[must_use]
pub struct Minting {
    ledger: Ledger,
    /// What is on record.
    pub record: Record,
    /// Whether the record is on disk. Where it is not, this process has to delete the token.
    pub is_recorded: bool,
    /// Whether the name was used in an earlier request.
    pub is_reused: bool,
    _lock: Option<Lock>,
}

impl Ledger {
    /// Puts a token on record before it is requested. With `may_reuse` the name may be that of an
    /// equal request that the API refused, so that refusals do not pile up; else it is `new_name`.
    /// Never fails, see [`Minting::is_recorded`].
    ///
    /// This reads every record. What other processes do during the request is not in it, so
    /// [`Ledger::supersede`] reads them again after the answer.
    pub fn begin(
        &self,
        draft: Draft<'_>,
        may_reuse: bool,
        new_name: impl FnOnce() -> String,
    ) -> Minting {
        let known = if may_reuse {
            self.entries()
        } else {
            Vec::new()
        };
        let reused = known.into_iter().find_map(|entry| {
            let is_reusable = entry.record.is_reusable_for(draft);
            let lock = is_reusable.then(|| Self::claim(&entry))??;
            Some((entry.record, lock))
        });
        let is_reused = reused.is_some();
        let (record, lock) = match reused {
            Some((mut record, lock)) => {
                record.reuse(draft.posted_at, draft.expires_at);
                (record, Some(lock))
            }
            None => (Record::new(&new_name(), draft, State::Minting), None),
        };
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
}

impl Minting {
    /// Another expiry is about to be requested under the same name.
    pub fn reschedule(&mut self, posted_at: Option<i64>, expires_at: i64) {
        self.record.reuse(posted_at, expires_at);
        self.write_synced();
    }

    /// The same is about to be requested again, after no usable answer.
    pub fn repeat(&mut self, posted_at: Option<i64>) {
        self.record.repeat(posted_at);
        self.write_synced();
    }

    /// Synced like the first record: the next request follows.
    fn write_synced(&self) {
        let written = self.ledger.dir().and_then(|dir| {
            dir.write(&self.record.file_name(), &serde_json::to_vec(&self.record)?)
        });
        if let Err(err) = written {
            debug!("the record of {} is not updated: {err:#}", self.record.name);
        }
    }

    /// The API refused the request.
    pub fn refused(mut self, posted_at: Option<i64>) -> Self {
        self.record.refused = true;
        self.record.posted_at = posted_at.or(self.record.posted_at);
        self.write();
        self
    }

    /// The token was not made, or is deleted.
    pub fn forget(self) {
        Ledger::forget(&self.entry());
    }

    /// The token has to be deleted.
    pub fn revoke(mut self) -> Self {
        self.record.state = State::Revoke;
        self.write();
        self
    }

    /// A client gets the token.
    pub fn complete(mut self, posted_at: Option<i64>) -> Self {
        self.record.state = State::Current;
        self.record.posted_at = posted_at.or(self.record.posted_at);
        self.write();
        self
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
