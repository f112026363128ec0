//! Changes of files that other programs and users own.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::private_dir::{sweep, sync_dir, temporary};
use super::{UserFile, platform, trust};
use crate::env::Deadline;
use crate::error::shown;

/// Other processes hold the lock only while they compare and rename.
const TO_LOCK: Duration = Duration::from_secs(5);

/// Replaces the content of a file, or creates a private one, so that readers see the old content or
/// the new one. Links stay links. The file keeps its owner, mode, access control list and extended
/// attributes. Returns `false` if the content is no longer `before` because another program wrote
/// it: then nothing is changed.
pub fn replace_user_file(path: &Path, before: Option<&[u8]>, content: &[u8]) -> Result<bool> {
    let path = &trust::check_target(path)?;
    let dir = path.parent().unwrap_or(path);
    if before.is_none() {
        platform::create_dir(dir, true).with_context(|| format!("cannot create {}", shown(dir)))?;
    }
    let replaced = replace(path, dir, before, content)
        .with_context(|| format!("cannot write {}", shown(path)))?;
    sweep(dir);
    Ok(replaced)
}

fn replace(path: &Path, dir: &Path, before: Option<&[u8]>, content: &[u8]) -> io::Result<bool> {
    let file = temporary(dir, content)?;
    match File::open(path) {
        Ok(old) => platform::make_alike(file.as_file(), &old)?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(err),
    }
    file.as_file().sync_all()?;
    let lock = lock(dir);
    let now = match UserFile::read(path) {
        Ok(now) => Some(now.unchecked()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => None,
        Err(err) => return Err(err),
    };
    if now.as_deref() != before {
        return Ok(false);
    }
    match platform::persist(file, path) {
        Ok(()) => {}
        // A sweep removed it before it was locked.
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(err) => return Err(err),
    }
    drop(lock);
    sync_dir(dir);
    Ok(true)
}

/// Keeps other processes of this program from writing in a directory. If the lock is not free in
/// time, only the comparison before the rename protects what they write.
fn lock(dir: &Path) -> Option<File> {
    let deadline = Deadline::after(TO_LOCK);
    loop {
        match platform::lock_dir(dir) {
            Ok(None) if !deadline.passed() => {
                thread::sleep(Duration::from_millis(fastrand::u64(2..10)));
            }
            lock => return lock.ok().flatten(),
        }
    }
}
