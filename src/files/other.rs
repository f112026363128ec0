//! How files are opened, created and closed to others: Windows, where the access lists of the
//! profile directory do it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use anyhow::{Result, bail};

use crate::error::shown;

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

/// Refuses what is not a directory: a junction or a link is none here.
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

/// A symbolic link needs a privilege on Windows, a hard link does not.
pub(super) fn link(target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link)
}
