//! Directories of this program and the files in them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail};
use log::debug;
use tempfile::NamedTempFile;

use super::{TEMPORARY, failed, platform, trust};
use crate::env;
use crate::error::shown;

/// In bytes. A cache entry has about 1 kB.
const LARGEST: u64 = 256 * 1024;

/// Files that are about to be deleted start with this and the time.
const TAKEN: &str = ".taken-docker-credential-ionos-";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Put {
    Synced,
    Unsynced,
    IfAbsent,
}

/// A directory of this user that no other user can write, reach over a directory that others can
/// write, or replace by a link. Only its methods open, write and delete the files of this program.
#[derive(Debug, Clone)]
pub struct PrivateDir(PathBuf);

impl PrivateDir {
    /// The directory `name` in `root`; `None` if it does not exist or is not safe.
    ///
    /// `root` may be readable by others, because a user may have created it. The directory itself is
    /// closed to others here if it was open.
    pub fn open(root: &Path, name: &str) -> Option<Self> {
        let dir = child(root, name)?;
        let metadata = dir.symlink_metadata().ok()?;
        let checked = trust::check_place(root)
            .map_err(Into::into)
            .and_then(|()| platform::close_to_others(&dir, &metadata));
        match checked {
            Ok(()) => Some(Self(dir)),
            Err(why) => ignored(&dir, &format!("{why:#}")),
        }
    }

    /// Like [`Self::open`], but a directory that is open to others is left as it is: it may not be this
    /// program's.
    pub fn open_if_closed(root: &Path, name: &str) -> Option<Self> {
        let metadata = child(root, name)?.symlink_metadata().ok()?;
        platform::is_private(&metadata).then(|| Self::open(root, name))?
    }

    /// The directory `name` in `root`. Creates both if necessary.
    pub fn create(root: &Path, name: &str) -> Result<Self> {
        let Some(dir) = child(root, name) else {
            bail!("'{}' is not the name of a directory", name.escape_debug());
        };
        trust::check_place(root)?;
        platform::create_dir(root, true).map_err(|err| failed("create", root, &err))?;
        match platform::create_dir(&dir, false) {
            Err(err) if err.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("create", &dir, &err));
            }
            _ => {}
        }
        let metadata = fs::symlink_metadata(&dir).map_err(|err| failed("look at", &dir, &err))?;
        platform::close_to_others(&dir, &metadata)?;
        Ok(Self(dir))
    }

    /// Where it is, for messages.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a file of it is.
    pub(super) fn file(&self, name: &str) -> io::Result<PathBuf> {
        child(&self.0, name).ok_or_else(|| io::ErrorKind::InvalidFilename.into())
    }

    /// The content of a file that only this user can have written; else `None`.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        read(&self.file(name).ok()?)
    }

    /// Writes a file so that readers see the old content or the new one, after a power cut too.
    /// [`Self::sync`] makes sure that it is the new one.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        self.put(name, content, Put::Synced)
    }

    /// Like [`Self::write`], but does not wait for the disk.
    pub fn write_unsynced(&self, name: &str, content: &[u8]) -> Result<()> {
        self.put(name, content, Put::Unsynced)
    }

    /// Overwrites a file in place, for a disk that is too full for a second file. The rest of a longer
    /// file becomes spaces, so that one write does it all: a killed process leaves a whole file.
    pub fn overwrite(&self, name: &str, content: &[u8]) -> Result<()> {
        let attempt = || -> io::Result<()> {
            let mut file =
                platform::private_file(OpenOptions::new().write(true)).open(self.file(name)?)?;
            let size = checked_size(&file)?;
            let mut content = content.to_vec();
            content.resize(
                content.len().max(usize::try_from(size).unwrap_or_default()),
                b' ',
            );
            platform::has_room_for(content.len())?;
            file.write_all(&content)
        };
        attempt().map_err(|err| failed("write", &self.0.join(name), &err))
    }

    /// The content of a file, after writing `content` if there is no file. Of several processes
    /// that do this at once, all get the content of one.
    pub fn read_or_write(&self, name: &str, content: &[u8]) -> Result<Vec<u8>> {
        if let Some(content) = self.read(name) {
            return Ok(content);
        }
        match self.put(name, content, Put::IfAbsent) {
            Ok(()) => Ok(content.to_vec()),
            Err(err) => self.read(name).ok_or(err),
        }
    }

    fn put(&self, name: &str, content: &[u8], how: Put) -> Result<()> {
        self.try_put(name, content, how)
            .map_err(|err| failed("write", &self.0.join(name), &err))
    }

    fn try_put(&self, name: &str, content: &[u8], how: Put) -> io::Result<()> {
        let path = self.file(name)?;
        let attempt = || -> io::Result<()> {
            let file = temporary(&self.0, content)?;
            if how == Put::Synced {
                file.as_file().sync_all()?;
            }
            if how == Put::IfAbsent {
                file.persist_noclobber(&path)?;
            } else {
                platform::persist(file, &path)?;
            }
            Ok(())
        };
        // A sweep may remove the file before it is locked.
        let again = |err: io::Error| match err.kind() {
            io::ErrorKind::NotFound => attempt(),
            _ => Err(err),
        };
        attempt().or_else(again).or_else(again)
    }

    /// Waits until the disk has what was written. If this fails, a power cut may restore the old
    /// content.
    pub fn sync(&self) {
        sync_dir(&self.0);
    }

    /// Fails if a private file cannot be written below `root`. Leaves only `root` behind.
    pub fn probe(root: &Path) -> Result<()> {
        let name = format!("probe-{:016x}", fastrand::u64(..));
        let dir = Self::create(root, &name)?;
        let written = dir.write(&name, b"probe");
        dir.remove(&name);
        let _ = fs::remove_dir(&dir.0);
        written
    }

    /// Removes a file. One that does not exist counts as removed.
    pub fn remove(&self, name: &str) {
        if let Ok(path) = self.file(name) {
            remove(&path);
        }
    }

    /// Removes a file and returns its content. Of two processes that take the same file, one gets
    /// it.
    #[expect(clippy::disallowed_methods, reason = "the only writer")]
    pub fn take(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.file(name).ok()?;
        // With the time, so that the sweep finds what a killed process left.
        let aside = format!("{TAKEN}{}-{:016x}", env::now(), fastrand::u64(..));
        let aside = self.0.join(aside);
        if path.symlink_metadata().ok()?.is_dir() {
            // This program creates no directory here. An empty one would occupy the name for ever.
            let _ = fs::remove_dir(path);
            return None;
        }
        platform::retry_while_in_use(|| fs::rename(&path, &aside)).ok()?;
        let content = read(&aside);
        remove(&aside);
        content
    }

    /// The names in it, sorted; none if it cannot be read.
    pub fn names(&self) -> Vec<String> {
        names(&self.0)
    }

    /// Whether there is a file with this name.
    pub fn has(&self, name: &str) -> bool {
        let path = self.file(name);
        path.is_ok_and(|path| path.symlink_metadata().is_ok())
    }

    /// Removes temporary files whose writers are gone.
    pub fn sweep(&self) {
        sweep(&self.0);
    }
}

/// `None` if the name leads out of `dir`.
fn child(dir: &Path, name: &str) -> Option<PathBuf> {
    // `C:name` is a path on Windows.
    let is_separator = |c| std::path::is_separator(c) || (cfg!(windows) && c == ':');
    let is_plain = !matches!(name, "" | "." | "..") && !name.contains(is_separator);
    is_plain.then(|| dir.join(name))
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let read = || -> io::Result<Vec<u8>> {
        let file = open(path)?;
        let size = checked_size(&file)?;
        let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
        file.take(LARGEST).read_to_end(&mut content)?;
        Ok(content)
    };
    match read() {
        Ok(content) => Some(content),
        Err(err) if err.kind() == io::ErrorKind::NotFound => None,
        Err(err) => ignored(path, &err.to_string()),
    }
}

/// A temporary file with this content in a directory.
pub(super) fn temporary(dir: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    platform::has_room_for(content.len())?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(dir)?;
    // The sweep keeps a file that is locked. The kernel frees the lock if this process dies. On a file
    // system without locks the file's age decides.
    let _ = file.as_file().try_lock();
    file.write_all(content)?;
    Ok(file)
}

/// Waits until renames in a directory are on disk.
pub(super) fn sync_dir(dir: &Path) {
    let _ = File::open(dir).and_then(|dir| dir.sync_all());
}

fn ignored<T>(path: &Path, why: &str) -> Option<T> {
    debug!("ignored {}: {why}", shown(path));
    None
}

/// The size of a file that can be trusted, or why it cannot.
fn checked_size(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    let why = if !metadata.is_file() {
        "not a regular file"
    } else if metadata.len() > LARGEST {
        "too large"
    } else if !platform::is_private(&metadata) {
        "other users can read it, or it belongs to another user"
    } else {
        return Ok(metadata.len());
    };
    Err(io::Error::other(why))
}

fn open(path: &Path) -> io::Result<File> {
    platform::private_file(OpenOptions::new().read(true)).open(path)
}

#[expect(clippy::disallowed_methods, reason = "the only remover")]
fn remove(path: &Path) {
    if let Err(err) = platform::retry_while_in_use(|| fs::remove_file(path))
        && err.kind() != io::ErrorKind::NotFound
    {
        debug!("failed to remove {}: {err}", shown(path));
    }
}

/// The names in a directory, sorted; none if it cannot be read.
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// Whether another process is writing or deleting this file. Only the sweep removes it.
pub fn is_in_progress(name: &str) -> bool {
    name.starts_with(TEMPORARY) || name.starts_with(TAKEN)
}

/// Removes temporary files whose writers are gone.
pub(super) fn sweep(dir: &Path) {
    /// In seconds. [`PrivateDir::take`] needs milliseconds.
    const DIED_TAKING: i64 = 60;
    /// Longer than any write takes, on a file system without locks.
    const ABANDONED: Duration = Duration::from_secs(3600);
    for name in names(dir) {
        let path = dir.join(&name);
        let abandoned = if let Some(rest) = name.strip_prefix(TAKEN) {
            let since = rest.split('-').next().and_then(|at| at.parse().ok());
            since.is_none_or(|since: i64| env::now().saturating_sub(since) > DIED_TAKING)
        } else if name.starts_with(TEMPORARY)
            && let Ok(file) = open(&path)
        {
            match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(_)) => file
                    .metadata()
                    .and_then(|metadata| metadata.modified())
                    .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED)),
            }
        } else {
            false
        };
        if abandoned {
            debug!("swept {}", shown(&path));
            remove(&path);
        }
    }
}
