//! How files are opened, created and closed to others: unix.

use std::ffi::CStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{
    self as unix, DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rustix::fs::{Mode, OFlags, XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit, umask};
use tempfile::NamedTempFile;

use super::accounts;
use super::trust::me;
use crate::error::shown;

/// The extended attribute that holds a POSIX access control list on Linux.
pub(super) const ACL: &CStr = c"system.posix_acl_access";
/// In bytes. The most that Linux allows for a list of names, and for a value.
const LARGEST_ATTRIBUTE: usize = 64 * 1024;

/// Does not wait for the other end of a FIFO.
pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OFlags::NONBLOCK.bits().cast_signed())
}

/// Does not follow a symbolic link, and does not wait for the other end of a FIFO. A new file is
/// closed to others.
pub(super) fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.custom_flags(flags.bits().cast_signed()).mode(0o600)
}

/// Creates a directory that is closed to others, with its parents if `recursive`. With a umask such as
/// 177, which scripts set before they write secrets, this user could not enter it either, nor
/// `~/.cache` from then on.
pub(super) fn create_dir(dir: &Path, recursive: bool) -> io::Result<()> {
    let before = umask(Mode::from_raw_mode(0o077));
    let created = DirBuilder::new()
        .mode(0o700)
        .recursive(recursive)
        .create(dir);
    umask(before);
    created
}

pub(super) fn is_private(metadata: &Metadata) -> bool {
    metadata.uid() == me() && is_closed(metadata)
}

fn is_closed(metadata: &Metadata) -> bool {
    let group_and_others = 0o077;
    metadata.mode() & group_and_others == 0
}

/// Refuses what is not a directory of this user. Closes one that others can read or write.
pub(super) fn close_to_others(dir: &Path, metadata: &Metadata) -> Result<()> {
    if !metadata.is_dir() {
        bail!("{} is not a directory", shown(dir));
    }
    if metadata.uid() != me() {
        let owner = accounts::shown_user(metadata.uid());
        bail!("{} belongs to {owner}", shown(dir));
    }
    if !is_closed(metadata) {
        fs::set_permissions(dir, Permissions::from_mode(0o700))
            .with_context(|| format!("failed to close {} to others", shown(dir)))?;
    }
    Ok(())
}

/// Gives a new file the owner, mode, access control list and attributes of the file that it is to
/// replace. If the group or the list cannot be kept, the group's bits are dropped.
pub(super) fn make_alike(new: &File, old: &File) -> io::Result<()> {
    let (is, was) = (new.metadata()?, old.metadata()?);
    if is.uid() != was.uid() {
        unix::fchown(new, Some(was.uid()), None)?;
    }
    let keeps_group = is.gid() == was.gid() || unix::fchown(new, None, Some(was.gid())).is_ok();
    let keeps_acl = copy_attributes(old, new);
    // With an access control list the group's bits are the most that anybody in the list may do.
    let bits = if keeps_group && keeps_acl {
        0o777
    } else {
        0o707
    };
    new.set_permissions(Permissions::from_mode(was.mode() & bits))
}

/// `false` if the access control list of the new file is not that of the old one.
fn copy_attributes(old: &File, new: &File) -> bool {
    let mut names = vec![0; LARGEST_ATTRIBUTE];
    let length = flistxattr(old, &mut *names).unwrap_or_default();
    names.truncate(length);
    // A file in a directory with a default list has one from the beginning.
    let mut keeps_acl = matches!(
        fremovexattr(new, ACL),
        Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::INVAL | Errno::PERM)
    );
    for name in names.split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else {
            continue;
        };
        let is_label = name.to_bytes() == b"security.selinux";
        let is_of_system = [&b"security."[..], b"system.", b"trusted."]
            .iter()
            .any(|prefix| name.to_bytes().starts_with(prefix));
        if name != ACL && is_of_system && !is_label {
            continue;
        }
        let mut value = vec![0; LARGEST_ATTRIBUTE];
        let copied = fgetxattr(old, name, &mut *value)
            .and_then(|length| fsetxattr(new, name, &value[..length], XattrFlags::empty()));
        keeps_acl &= copied.is_ok() || name != ACL;
    }
    keeps_acl
}

/// Refuses what would pass the process's limit for files (`ulimit -f`): the kernel would kill this
/// process with SIGXFSZ after a token was minted.
pub(super) fn has_room_for(length: usize) -> io::Result<()> {
    match getrlimit(Resource::Fsize).current {
        Some(limit) if u64::try_from(length).is_ok_and(|length| length > limit) => {
            Err(io::ErrorKind::FileTooLarge.into())
        }
        _ => Ok(()),
    }
}

/// Keeps other processes of this program from writing in a directory. `None` while another does.
pub(super) fn lock_dir(dir: &Path) -> io::Result<Option<File>> {
    let dir = File::open(dir)?;
    match dir.try_lock() {
        Ok(()) => Ok(Some(dir)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(err)) => Err(err),
    }
}

/// Renames or deletes a file. On unix that succeeds while another process reads it.
pub(super) fn retry_while_in_use<T>(attempt: impl Fn() -> io::Result<T>) -> io::Result<T> {
    attempt()
}

/// Renames a temporary file over another file.
pub(super) fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path)?;
    Ok(())
}

/// Always `false`: permissions are checked, wherever a directory is.
pub fn is_outside_of_the_profile(_: &Path) -> bool {
    false
}

/// Makes `link` another name for the file at `target`.
pub fn link(target: &Path, link: &Path) -> io::Result<()> {
    unix::symlink(target, link)
}
