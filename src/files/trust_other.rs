//! Which paths are safe from other users: Windows.
//!
//! The access lists of the profile directory keep other users out, and files inherit them. The
//! standard library cannot read access lists, so nothing is checked here.

use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::Owner;
use crate::error::Failure;

pub(super) fn may_be_named_by(_: Owner, _: &Metadata) -> bool {
    true
}

/// Why a path is not safe.
#[derive(Debug)]
pub enum Untrusted {}

impl Untrusted {
    /// The line for a person, about a `file` that this path leads to.
    pub fn failure(&self, _: &Path) -> Failure {
        match *self {}
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Untrusted {}

#[expect(clippy::unnecessary_wraps, reason = "as on unix")]
pub(super) fn check_place(_: &Path) -> Result<(), Untrusted> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as on unix")]
pub(super) fn check_target(path: &Path) -> Result<PathBuf, Untrusted> {
    // A link to nothing leads to the file that is to be created.
    let target = std::fs::read_link(path);
    let end = target.map_or_else(
        |_| path.to_owned(),
        |target| path.parent().unwrap_or(Path::new("")).join(target),
    );
    Ok(std::fs::canonicalize(&end).unwrap_or(end))
}

#[expect(clippy::unnecessary_wraps, reason = "as on unix")]
pub(super) fn check_file(_: &Path, _: &Metadata) -> Result<Owner, Untrusted> {
    Ok(Owner::Us)
}
