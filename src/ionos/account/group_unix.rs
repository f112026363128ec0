//! The process group of a `tokenCommand`, which ends with this program: unix.
//!
//! A second process of this program, the guard, leads the group and reads a pipe that only this
//! process holds open. The kernel closes the pipe when this process ends, also by SIGKILL, and then
//! the guard kills the group. Handlers for signals would not see SIGKILL, and `PR_SET_PDEATHSIG`
//! exists on Linux alone, needs unsafe code and does not reach grandchildren.
//!
//! The command joins the group before it is executed, so there is no moment without a guard. The
//! kernel does not reuse the group's id before the guard is reaped, so no other process is killed.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use log::debug;
use rustix::process::{
    Pid, Signal, getpgrp, getpid, kill_current_process_group, kill_process_group,
};

use crate::env;

/// The argument that makes this program a guard.
pub const GUARD: &str = "guard-token-command";

/// The guard: waits until the other end of stdin is closed, then kills the group that it leads.
pub fn guard(stdin: &mut dyn Read) {
    let _ = io::copy(stdin, &mut io::sink());
    // If a person starts it from a shell, it leads no group, or only its own.
    if getpgrp() == getpid() {
        let _ = kill_current_process_group(Signal::KILL);
    }
}

/// The group of a command. Killed when dropped, if it has a guard: without one, the id may belong to
/// another process once the command is reaped.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Option<Pid>,
    guard: Option<Child>,
}

/// Starts a command in a group with a guard.
pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, Group)> {
    let guard = start_guard();
    let leader = guard.as_ref().and_then(pid);
    let mut group = Group { leader, guard };
    // Without a guard the command leads the group.
    command.process_group(leader.map_or(0, |it| it.as_raw_nonzero().get()));
    let child = command.spawn()?;
    group.leader = leader.or_else(|| pid(&child));
    Ok((child, group))
}

fn start_guard() -> Option<Child> {
    let guard = Command::new(env::program()?)
        .arg(GUARD)
        // The guard needs no secret.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    guard
        .inspect_err(|err| debug!("continued without a guard for tokenCommand: {err}"))
        .ok()
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

impl Group {
    /// Kills the command, its children and the guard.
    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }

    /// Ends the guard, and leaves the children of the command alone.
    pub(super) fn release(mut self) {
        self.end_guard();
    }

    fn end_guard(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.kill().and_then(|()| guard.wait());
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.guard.is_some() {
            self.kill();
            self.end_guard();
        }
    }
}
