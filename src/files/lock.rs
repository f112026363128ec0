//! Locks with a deadline.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use log::debug;

use super::platform;
use crate::env::Deadline;

/// A lock, freed when dropped and by the kernel when its holder dies.
#[must_use]
#[derive(Debug)]
pub struct Lock {
    /// `None` where the file system cannot lock: everyone goes on, the rename keeps files whole.
    _file: Option<File>,
}

/// What waiting for a lock came to.
#[derive(Debug)]
pub enum Waited<T> {
    /// It is ours.
    Locked(Lock),
    /// What we were waiting for is there already, without the lock.
    Answered(T),
    /// Somebody still holds it at the deadline.
    TimedOut,
}

/// Takes a lock if it is free at once; `None` if another process holds it.
pub fn try_lock(path: &Path) -> Option<Lock> {
    let file = match platform::private_file(OpenOptions::new().write(true).create(true)).open(path)
    {
        Ok(file) => file,
        Err(err) => {
            debug!("went on without the lock {}: {err}", path.display());
            return Some(Lock { _file: None });
        }
    };
    match file.try_lock() {
        Ok(()) => Some(Lock { _file: Some(file) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(err)) => {
            debug!("went on without the lock {}: {err}", path.display());
            Some(Lock { _file: None })
        }
    }
}

/// Waits for a lock until the deadline, asking `answer` again and again meanwhile, so that a crowd
/// does not queue for the lock one by one once the first has what all want.
pub fn wait<T>(
    path: &Path,
    deadline: Deadline,
    mut answer: impl FnMut() -> Option<T>,
) -> Waited<T> {
    let mut pause = Duration::from_millis(5);
    loop {
        if let Some(lock) = try_lock(path) {
            return Waited::Locked(lock);
        }
        if let Some(answer) = answer() {
            return Waited::Answered(answer);
        }
        let left = deadline.left();
        if left.is_zero() {
            return Waited::TimedOut;
        }
        // Spread out: two hundred waiters that wake together only wake each other.
        let jitter = Duration::from_millis(fastrand::u64(0..10));
        thread::sleep((pause + jitter).min(left));
        pause = (pause * 2).min(Duration::from_millis(80));
    }
}
