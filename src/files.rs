//! The one writer: private directories, atomic writes, locks with a deadline.
//!
//! What is read back is trusted only if nobody else could have written it: a plain file of ours
//! that no one else can read. What cannot be trusted is as good as absent; it is never an error.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use log::debug;

use crate::env::Deadline;

/// No file of ours comes near this.
const LARGEST: u64 = 256 * 1024;

/// Temporary files start with this, so that the sweep takes no other program's.
const TEMPORARY: &str = ".docker-credential-ionos-";

/// The content of a file that only we can have written, or `None`.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return None,
        Err(err) => return ignored(path, &err.to_string()),
    };
    let size = match distrust(&file) {
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
fn distrust(file: &File) -> Result<u64, String> {
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
        return Err(io::Error::other("larger than 1 MiB"));
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
        .with_context(|| format!("failed to create {}", root.display()))?;
    let dir = root.join(name);
    match platform::private(&mut DirBuilder::new()).create(&dir) {
        Err(err) if err.kind() != io::ErrorKind::AlreadyExists => {
            return Err(err).with_context(|| format!("failed to create {}", dir.display()));
        }
        _ => {}
    }
    let metadata = fs::symlink_metadata(&dir)
        .with_context(|| format!("failed to look at {}", dir.display()))?;
    if !metadata.is_dir() {
        bail!("{} is not a directory", dir.display());
    }
    platform::make_private(&dir, &metadata)?;
    Ok(dir)
}

/// Writes a private file so that readers see the old content or the new, whatever happens.
pub fn write(dir: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = dir.join(name);
    let attempt = || -> io::Result<()> {
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
    attempt()
        // A sweep may take the file in the instant before it was locked.
        .or_else(|err| match err.kind() {
            io::ErrorKind::NotFound => attempt(),
            _ => Err(err),
        })
        .with_context(|| format!("failed to write {}", path.display()))?;
    // The rename itself is on disk only with the directory. If that fails, a crash of the
    // machine may bring the old content back, which is harmless.
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    Ok(())
}

/// Removes a file; one that is not there is removed.
pub fn remove(path: &Path) {
    if let Err(err) = fs::remove_file(path)
        && err.kind() != io::ErrorKind::NotFound
    {
        debug!("failed to remove {}: {err}", path.display());
    }
}

/// Removes a file and returns its content: of two that take the same file, one gets it.
pub fn take(path: &Path) -> Option<Vec<u8>> {
    let name = path.file_name()?.to_string_lossy();
    // The sweep removes it should we die here.
    let aside = path.with_file_name(format!("{TEMPORARY}{:016x}-{name}", fastrand::u64(..)));
    if fs::rename(path, &aside).is_err() {
        // Not a plain file, or a directory nobody may write to.
        remove(path);
        return None;
    }
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

/// Removes temporary files whose writers are gone.
pub fn sweep(dir: &Path) {
    /// Long enough for any write on a file system that cannot lock.
    const ABANDONED: Duration = Duration::from_secs(3600);
    for name in names(dir).iter().filter(|name| name.starts_with(TEMPORARY)) {
        let path = dir.join(name);
        let Ok(file) = open(&path) else { continue };
        let abandoned = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => file
                .metadata()
                .and_then(|metadata| metadata.modified())
                .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED)),
        };
        if abandoned {
            debug!("swept {}", path.display());
            remove(&path);
        }
    }
}

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

#[cfg(unix)]
mod platform {
    use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
    use std::os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    };
    use std::path::{Path, PathBuf};

    use anyhow::{Context as _, Result, bail};
    use rustix::fs::OFlags;

    fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// Not through a symbolic link, and without waiting for the other end of a FIFO.
    pub(super) fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed())
    }

    /// Without waiting for the other end of a FIFO.
    pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed())
    }

    pub(super) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
        without_following(options).mode(0o600)
    }

    pub(super) fn private(builder: &mut DirBuilder) -> &mut DirBuilder {
        builder.mode(0o700)
    }

    pub(super) fn is_private(metadata: &Metadata) -> bool {
        metadata.uid() == me() && is_closed(metadata)
    }

    fn is_closed(metadata: &Metadata) -> bool {
        let group_and_others = 0o077;
        metadata.mode() & group_and_others == 0
    }

    /// Closes a directory of ours that somebody opened; refuses one that is not ours.
    pub(super) fn make_private(dir: &Path, metadata: &Metadata) -> Result<()> {
        if metadata.uid() != me() {
            bail!("{} belongs to another user", dir.display());
        }
        if !is_closed(metadata) {
            fs::set_permissions(dir, Permissions::from_mode(0o700))
                .with_context(|| format!("failed to close {} to others", dir.display()))?;
        }
        Ok(())
    }

    /// The directory that `path` is or would be made in, if it is another user's (and not the
    /// system's). Root with somebody's HOME (`sudo -E`) would leave files there that the owner
    /// can neither use nor remove.
    pub(super) fn owned_by_another_user(path: &Path) -> Option<PathBuf> {
        let (nearest, metadata) = path
            .ancestors()
            .find_map(|dir| Some((dir, fs::metadata(dir).ok()?)))?;
        (metadata.uid() != me() && metadata.uid() != 0).then(|| nearest.to_owned())
    }
}

#[cfg(not(unix))]
mod platform {
    use std::fs::{DirBuilder, Metadata, OpenOptions};
    use std::path::{Path, PathBuf};

    use anyhow::Result;

    // On Windows the profile directory is private to its user by inherited access lists.

    pub(super) fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(super) fn private(builder: &mut DirBuilder) -> &mut DirBuilder {
        builder
    }

    pub(super) fn is_private(_: &Metadata) -> bool {
        true
    }

    pub(super) fn make_private(_: &Path, _: &Metadata) -> Result<()> {
        Ok(())
    }

    pub(super) fn owned_by_another_user(_: &Path) -> Option<PathBuf> {
        None
    }
}
