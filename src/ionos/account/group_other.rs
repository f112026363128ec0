//! The processes of a `tokenCommand`: Windows.
//!
//! At the deadline the system's `taskkill` kills the command and its children. Ctrl-C reaches all
//! processes of a console. If this process is killed otherwise, the command continues: a job object
//! would end it, but needs unsafe code.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};

use crate::env;

/// Not used.
pub const GUARD: &str = "guard-token-command";

/// Does nothing: there are no groups.
pub fn guard(_: &mut dyn Read) {}

/// The id of a command's process. Windows does not reuse it while the process has an open handle.
#[derive(Debug)]
pub(crate) struct Group(u32);

pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, Group)> {
    let child = command.spawn()?;
    let id = child.id();
    Ok((child, Group(id)))
}

impl Group {
    /// Kills the command and its children.
    pub(super) fn kill(&self) {
        let Some(windows) = env::path("SystemRoot") else {
            return;
        };
        let _ = Command::new(windows.join("System32").join("taskkill.exe"))
            .args(["/T", "/F", "/PID", &self.0.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }

    #[expect(clippy::unused_self, reason = "as on unix")]
    pub(super) fn release(self) {}
}
