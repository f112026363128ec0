//! What is ours, closed to others, and how it is opened: where the profile directory sees to it.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
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

pub(super) fn make_alike(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

pub(super) fn has_room_for(_: usize) -> io::Result<()> {
    Ok(())
}

/// A symbolic link needs a privilege on Windows, a second name does not.
pub(super) fn link(target: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(target, link)
}
