//! How files are opened, created and closed to others: Windows, where the access lists of the
//! profile directory do it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use tempfile::NamedTempFile;

use super::TEMPORARY;
use crate::env;
use crate::error::shown;

pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(super) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(super) fn create_dir(dir: &Path, recursive: bool) -> io::Result<()> {
    DirBuilder::new().recursive(recursive).create(dir)
}

pub(super) fn is_private(_: &Metadata) -> bool {
    true
}

/// Refuses anything but a directory. A junction or a link is not one.
pub(super) fn close_to_others(dir: &Path, metadata: &Metadata) -> Result<()> {
    if !metadata.is_dir() {
        bail!("{} is not a directory", shown(dir));
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as on unix")]
pub(super) fn make_alike(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as on unix")]
pub(super) fn has_room_for(_: usize) -> io::Result<()> {
    Ok(())
}

/// Keeps other processes of this program from writing in a directory. `None` while another does.
///
/// Windows cannot lock a directory, so this is a file in it that no other process can open
/// meanwhile. The system removes it when it is closed, also if this process is killed.
pub(super) fn lock_dir(dir: &Path) -> io::Result<Option<File>> {
    const DELETE_ON_CLOSE: u32 = 0x0400_0000;
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .share_mode(0)
        .custom_flags(DELETE_ON_CLOSE)
        .open(dir.join(format!("{TEMPORARY}lock")));
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(err) if is_in_use(&err) => Ok(None),
        Err(err) => Err(err),
    }
}

/// Whether the error may be that another process has the file open, or that the file was deleted
/// and is not yet gone.
fn is_in_use(err: &io::Error) -> bool {
    const SHARING_VIOLATION: i32 = 32;
    err.kind() == io::ErrorKind::PermissionDenied || err.raw_os_error() == Some(SHARING_VIOLATION)
}

/// How often and after which pause a file in use is tried again: half a second in all.
const ATTEMPTS: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// Renames or deletes a file. That fails while another process, such as a virus scanner, reads it.
pub(super) fn retry_while_in_use<T>(attempt: impl Fn() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..ATTEMPTS {
        match attempt() {
            Err(err) if is_in_use(&err) => thread::sleep(PAUSE),
            done => return done,
        }
    }
    attempt()
}

/// Renames a temporary file over another file. That fails while another process reads the other
/// file.
pub(super) fn persist(mut file: NamedTempFile, path: &Path) -> io::Result<()> {
    for _ in 0..ATTEMPTS {
        match file.persist(path) {
            Ok(_) => return Ok(()),
            Err(err) if is_in_use(&err.error) => {
                file = err.file;
                thread::sleep(PAUSE);
            }
            Err(err) => return Err(err.error),
        }
    }
    file.persist(path)?;
    Ok(())
}

/// Whether a directory is not below the user's profile directory, whose access control list
/// protects what is in it. `false` if that cannot be found out.
pub fn is_outside_of_the_profile(dir: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).ok();
    match (env::home().as_deref().and_then(whole), whole(dir)) {
        (Some(profile), Some(dir)) => !dir.starts_with(profile),
        _ => false,
    }
}

/// Makes `link` another name for the file at `target`. A symbolic link needs a privilege on Windows, a
/// hard link does not.
pub fn link(target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::PrivateDir;

    #[test]
    fn file_is_removed_once_no_other_process_reads_it() {
        const SHARE_READ: u32 = 1;
        let root = tempfile::tempdir().unwrap();
        let dir = PrivateDir::create(root.path(), "host").unwrap();
        for remove in [PrivateDir::remove, |dir: &PrivateDir, name: &str| {
            assert!(dir.take(name).is_some());
        }] {
            dir.write("entry", b"{}").unwrap();
            let path = dir.path().join("entry");
            let open = OpenOptions::new()
                .read(true)
                .share_mode(SHARE_READ)
                .open(path)
                .unwrap();
            let reader = thread::spawn(move || {
                thread::sleep(5 * PAUSE);
                drop(open);
            });
            remove(&dir, "entry");
            assert_eq!(dir.names(), [""; 0]);
            reader.join().unwrap();
        }
    }
}
