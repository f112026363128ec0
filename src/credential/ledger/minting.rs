//! A token that is being requested, and its record.

use anyhow::Result;
use log::debug;

use super::{Entry, Ledger, Record, State};
use crate::credential::signals::Signals;
use crate::files::{Lock, PrivateDir};

/// A token that is being requested. One of the methods notes the result; dropping it leaves a
/// `minting` record.
#[derive(Debug)]
#[must_use]
pub struct Minting {
    ledger: Ledger,
    /// The record. Where it has no file, this process has to delete the token.
    pub entry: Entry,
    /// Whether the name was used in an earlier request.
    pub is_reused: bool,
    /// While only this process knows of the token.
    signals: Option<Signals>,
    _lock: Option<Lock>,
}

impl Ledger {
    /// Puts a token on record before it is requested. `record` has no name yet. With `may_reuse`
    /// the name may be that of an equal request that the API refused, so that refusals do not pile
    /// up; else it is `new_name`. Never fails: what cannot be put on record has to be deleted by
    /// this process.
    ///
    /// This reads every record. What other processes do during the request is not in it, so
    /// [`Ledger::supersede`] reads them again after the answer.
    pub fn begin(
        &self,
        mut record: Record,
        may_reuse: bool,
        new_name: impl FnOnce() -> String,
    ) -> Minting {
        let known = if may_reuse {
            self.entries()
        } else {
            Vec::new()
        };
        let reused = known.into_iter().find_map(|entry| {
            let is_reusable = entry.record.is_reusable_for(&record);
            let lock = is_reusable.then(|| Self::claim(&entry))??;
            Some((entry, lock))
        });
        let is_reused = reused.is_some();
        let (mut entry, mut lock) = if let Some((mut entry, lock)) = reused {
            entry.record.reuse(record.posted_at, record.expires_at);
            (entry, Some(lock))
        } else {
            record.name = new_name();
            (Entry { record, dir: None }, None)
        };
        let written = self.in_first_dir(|dir| {
            dir.sweep();
            let new_lock = lock
                .is_none()
                .then(|| dir.try_lock(&entry.record.lock_name()));
            write_synced(dir, &entry.record).inspect_err(|_| {
                if new_lock.is_some() {
                    // On a full disk, each get would leave an empty file for ever.
                    dir.remove(&entry.record.lock_name());
                }
            })?;
            Ok((dir.clone(), new_lock.flatten()))
        });
        match written {
            Ok((dir, new_lock)) => {
                lock = lock.or(new_lock);
                entry.dir = Some(dir);
            }
            Err(err) => debug!("{} is not on record: {err:#}", entry.record.name),
        }
        Minting {
            ledger: self.clone(),
            is_reused,
            signals: entry.dir.is_none().then(Signals::defer),
            entry,
            _lock: lock,
        }
    }
}

impl Minting {
    /// Another expiry is about to be requested under the same name.
    pub fn reschedule(&mut self, posted_at: Option<i64>, expires_at: i64) {
        self.entry.record.reuse(posted_at, Some(expires_at));
        self.write_before_request();
    }

    /// The same is about to be requested again, after no usable answer.
    pub fn repeat(&mut self, posted_at: Option<i64>) {
        self.entry.record.repeat(posted_at);
        self.write_before_request();
    }

    fn write_before_request(&self) {
        let record = &self.entry.record;
        if let Err(err) = self.ledger.in_first_dir(|dir| write_synced(dir, record)) {
            debug!("the record of {} is not updated: {err:#}", record.name);
        }
    }

    /// Whether a signal was deferred because only this process knows of the token.
    pub fn was_interrupted(&self) -> bool {
        self.signals.as_ref().is_some_and(Signals::received)
    }

    /// The API refused the request.
    pub fn refused(mut self, posted_at: Option<i64>) -> Self {
        self.entry.record.refused = true;
        self.entry.record.posted_at = posted_at.or(self.entry.record.posted_at);
        self.write();
        self
    }

    /// The token was not made, or is deleted.
    pub fn forget(self) {
        Ledger::forget(&self.entry);
    }

    /// The token has to be deleted.
    pub fn revoke(mut self) -> Self {
        self.entry.record.state = State::Revoke;
        self.write();
        self
    }

    /// A client gets the token.
    pub fn complete(mut self, posted_at: Option<i64>) -> Self {
        self.entry.record.state = State::Current;
        self.entry.record.posted_at = posted_at.or(self.entry.record.posted_at);
        self.write();
        self
    }

    fn write(&mut self) {
        if self.entry.is_on_disk()
            && self.ledger.save(&mut self.entry)
            && self.entry.record.state != State::Minting
            && let Some(dir) = &self.entry.dir
        {
            dir.remove(&self.entry.record.lock_name());
        }
    }
}

/// Returns once the disk has the record, because a request follows.
fn write_synced(dir: &PrivateDir, record: &Record) -> Result<()> {
    dir.write(&record.file_name(), &serde_json::to_vec(record)?)?;
    dir.sync();
    Ok(())
}
