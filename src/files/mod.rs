//! The one writer: private directories, atomic writes, locks with a deadline.
//!
//! What is read back is trusted only if nobody else could have written it: a plain file of ours
//! that no one else can read. What cannot be trusted is as good as absent; it is never an error.

mod lock;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod platform;
mod user_files;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use log::debug;

use crate::env;
use crate::error::system;
pub use lock::{Lock, Waited, try_lock, wait};
pub use user_files::{append, link, replace_foreign};

/// No file of ours comes near this.
const LARGEST: u64 = 256 * 1024;

/// Temporary files start with this, so that the sweep takes no other program's.
const TEMPORARY: &str = ".docker-credential-ionos-";

/// Files that are being taken start with this and the time.
const TAKEN: &str = ".taken-docker-credential-ionos-";

/// The content of a file that only we can have written, or `None`.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return None,
        Err(err) => return ignored(path, &err.to_string()),
    };
    let size = match checked_size(&file) {
        Ok(size) => size,
        Err(why) => return ignored(path, &why),
    };
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    match file.read_to_end(&mut content) {
        Ok(_) => Some(content),
        Err(err) => ignored(path, &err.to_string()),
    }
}

fn ignored<T>(path: &Path, why: &str) -> Option<T> {
    debug!("ignored {}: {why}", path.display());
    None
}

/// The size of a file to be trusted, or why it is not.
fn checked_size(file: &File) -> Result<u64, String> {
    let metadata = file.metadata().map_err(|err| err.to_string())?;
    if !metadata.is_file() {
        return Err("not a plain file".into());
    }
    if metadata.len() > LARGEST {
        return Err("too large".into());
    }
    if !platform::is_private(&metadata) {
        return Err("others can read it, or it is not ours".into());
    }
    Ok(metadata.len())
}

fn open(path: &Path) -> io::Result<File> {
    platform::without_following(OpenOptions::new().read(true)).open(path)
}

/// The content of a file that a person wrote. Links are followed, nothing is waited for.
pub fn read_foreign(path: &Path) -> io::Result<Vec<u8>> {
    const LARGEST: u64 = 1024 * 1024;
    let mut file = platform::without_waiting(OpenOptions::new().read(true)).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut content = Vec::new();
    (&mut file).take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than 1 MiB",
        ));
    }
    Ok(content)
}

/// A directory of ours below `root`, made if need be, that nobody else can look into.
///
/// `root` itself may be open to others (somebody made it by hand); what is in it is not.
pub fn private_dir(root: &Path, name: &str) -> Result<PathBuf> {
    if let Some(stranger) = platform::owned_by_another_user(root) {
        bail!("{} belongs to another user", stranger.display());
    }
    platform::private(DirBuilder::new().recursive(true))
        .create(root)
        .map_err(|err| failed("create", root, &err))?;
    let dir = root.join(name);
    match platform::private(&mut DirBuilder::new()).create(&dir) {
        Err(err) if err.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("create", &dir, &err));
        }
        _ => {}
    }
    let metadata = fs::symlink_metadata(&dir).map_err(|err| failed("look at", &dir, &err))?;
    if !metadata.is_dir() {
        bail!("{} is not a directory", dir.display());
    }
    platform::make_private(&dir, &metadata)?;
    Ok(dir)
}

/// The file once and the reason in words: a line that ends in a number of the system's, or repeats a
/// long path, is cut before it says why.
fn failed(to: &str, path: &Path, err: &io::Error) -> anyhow::Error {
    anyhow!("failed to {to} {}: {}", path.display(), system(err))
}

/// Writes a private file so that readers see the old content or the new, whatever happens.
pub fn write(dir: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = dir.join(name);
    let attempt = || -> io::Result<()> {
        platform::has_room_for(content.len())?;
        let mut file = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .tempfile_in(dir)?;
        // Held until the rename and freed by the kernel if we die: how the sweep tells a file
        // somebody is writing from one that was left behind. Without locks it goes by age.
        let _ = file.as_file().try_lock();
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    // A sweep may take the file in the instant before it was locked.
    let again = |err: io::Error| match err.kind() {
        io::ErrorKind::NotFound => attempt(),
        _ => Err(err),
    };
    attempt()
        .or_else(again)
        .or_else(again)
        .map_err(|err| failed("write", &path, &err))?;
    // The rename itself is on disk only with the directory. If that fails, a crash of the
    // machine may bring the old content back, which is harmless.
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    Ok(())
}

/// Fails if a private file cannot be written below `root`. Leaves only `root` behind.
pub fn probe(root: &Path) -> Result<()> {
    let name = format!("probe-{:016x}", fastrand::u64(..));
    let dir = private_dir(root, &name)?;
    let written = write(&dir, &name, b"probe");
    remove(&dir.join(&name));
    let _ = fs::remove_dir(&dir);
    written
}

/// Removes a file; one that is not there is removed.
#[expect(clippy::disallowed_methods, reason = "the only remover")]
pub fn remove(path: &Path) {
    if let Err(err) = fs::remove_file(path)
        && err.kind() != io::ErrorKind::NotFound
    {
        debug!("failed to remove {}: {err}", path.display());
    }
}

/// Removes a file and returns its content: of two that take the same file, one gets it.
#[expect(clippy::disallowed_methods, reason = "the only writer")]
pub fn take(path: &Path) -> Option<Vec<u8>> {
    // With the time, so that the sweep knows what was left by one that died here.
    let aside = format!("{TAKEN}{}-{:016x}", env::now(), fastrand::u64(..));
    let aside = path.with_file_name(aside);
    if path.symlink_metadata().ok()?.is_dir() {
        // Not ours, so only if nothing is in it.
        let _ = fs::remove_dir(path);
        return None;
    }
    fs::rename(path, &aside).ok()?;
    let content = read(&aside);
    remove(&aside);
    content
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

/// Whether a file is another process's work in progress: for the sweep and nobody else.
pub fn is_in_progress(name: &str) -> bool {
    name.starts_with(TEMPORARY) || name.starts_with(TAKEN)
}

/// Removes temporary files whose writers are gone.
pub fn sweep(dir: &Path) {
    /// Taking is a matter of milliseconds.
    const DIED_TAKING: i64 = 60;
    /// Long enough for any write on a file system that cannot lock.
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
            debug!("swept {}", path.display());
            remove(&path);
        }
    }
}
