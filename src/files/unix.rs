//! What is ours, closed to others, and how it is opened: unix.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    self as unix, DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rustix::fs::OFlags;
use rustix::process::{Resource, getrlimit};

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

/// Gives a new file the owner and mode of the one it is to replace.
pub(super) fn make_alike(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        unix::fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(old.mode() & 0o777))
}

/// Refuses what would pass the process's limit for files (`ulimit -f`): writing it would end us by
/// SIGXFSZ, with a token minted and nobody told.
pub(super) fn has_room_for(length: usize) -> io::Result<()> {
    match getrlimit(Resource::Fsize).current {
        Some(limit) if u64::try_from(length).is_ok_and(|length| length > limit) => {
            Err(io::ErrorKind::FileTooLarge.into())
        }
        _ => Ok(()),
    }
}

/// Makes another name for a file.
pub(super) fn link(target: &Path, link: &Path) -> io::Result<()> {
    unix::symlink(target, link)
}
