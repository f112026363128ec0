//! The processes of a `tokenCommand`: Windows, where only the command itself is killed. A job object
//! would reach its children, but needs unsafe code.

use std::io::{self, Read};
use std::process::{Child, Command};

/// Not used.
pub const GUARD: &str = "guard-token-command";

/// Does nothing: there are no groups.
pub fn guard(_: &mut dyn Read) {}

#[derive(Debug)]
pub(crate) struct Group;

pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, Group)> {
    Ok((command.spawn()?, Group))
}

#[expect(clippy::unused_self, reason = "as on unix")]
impl Group {
    pub(super) fn kill(&self) {}

    pub(super) fn release(self) {}
}
