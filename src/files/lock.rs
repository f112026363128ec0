//! Locks with a deadline.

use std::fs::{File, OpenOptions, TryLockError};
use std::thread;
use std::time::Duration;

use log::debug;

use super::{PrivateDir, platform};
use crate::env::Deadline;

/// A lock. Released when dropped, and by the kernel when the process ends.
#[must_use]
#[derive(Debug)]
pub struct Lock {
    /// `None` on a file system without locks: then all processes continue without one, and the
    /// rename keeps files whole.
    file: Option<File>,
}

impl Lock {
    /// Whether it keeps others out. `false` on a file system without locks.
    pub fn excludes(&self) -> bool {
        self.file.is_some()
    }
}

/// The result of waiting for a lock.
#[derive(Debug)]
pub enum Waited<T> {
    /// The lock was taken, and there was still no answer.
    Locked(Lock),
    /// The lock is not needed: another process has made what we need.
    Answered(T),
    /// Another process still had the lock at the deadline.
    TimedOut,
}

impl PrivateDir {
    /// Takes the lock in the file `name` if it is free; `None` if another process holds it.
    pub fn try_lock(&self, name: &str) -> Option<Lock> {
        let mut options = OpenOptions::new();
        let options = platform::private_file(options.write(true).create(true));
        let opened = self.file(name).and_then(|path| options.open(path));
        let opened = opened.map_err(TryLockError::Error);
        match opened.and_then(|file| file.try_lock().map(|()| file)) {
            Ok(file) => Some(Lock { file: Some(file) }),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(err)) => {
                debug!("continued without the lock {name}: {err}");
                Some(Lock { file: None })
            }
        }
    }

    /// Waits for a lock until the deadline. Calls `answer` repeatedly while it waits, so that many
    /// waiting processes end as soon as one of them has the result, and do not take the lock one
    /// after the other. Calls it again with the lock, because the process that had the lock may have
    /// made the result.
    pub fn wait_for_lock<T>(
        &self,
        name: &str,
        deadline: Deadline,
        mut answer: impl FnMut() -> Option<T>,
    ) -> Waited<T> {
        let mut pause = Duration::from_millis(5);
        loop {
            if let Some(answer) = answer() {
                return Waited::Answered(answer);
            }
            if let Some(lock) = self.try_lock(name) {
                return answer().map_or(Waited::Locked(lock), Waited::Answered);
            }
            let left = deadline.left();
            if left.is_zero() {
                return Waited::TimedOut;
            }
            // Random, so that two hundred processes do not try at the same moment.
            let jitter = Duration::from_millis(fastrand::u64(0..10));
            thread::sleep((pause + jitter).min(left));
            pause = (pause * 2).min(Duration::from_millis(80));
        }
    }
}
