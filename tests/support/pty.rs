//! Runs the program on a pseudo-terminal, with scripted answers.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::helper::Helper;

/// Longest wait for output.
const PATIENCE: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

/// A process whose three streams are one terminal.
pub struct Session {
    terminal: File,
    child: Child,
    seen: String,
    /// Length of the output at the last answer.
    answered: usize,
}

impl Session {
    /// Starts the program without colours, so that output can be compared.
    pub fn start(helper: &Helper, args: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let stream = || File::options().read(true).write(true).open(name).unwrap();
        let helper = helper.clone().env("NO_COLOR", "1");
        let mut command: Command = helper.command(args);
        let child = command
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .unwrap();
        Self {
            terminal: terminal.into(),
            child,
            seen: String::new(),
            answered: 0,
        }
    }

    /// Waits until the output ends with `question`, then types `answer`.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        while !self.seen[self.answered..].ends_with(question) {
            assert!(self.read(), "waiting for {question:?}: {:?}", self.seen);
        }
        self.answered = self.seen.len();
        self.terminal.write_all(answer.as_bytes()).unwrap();
    }

    /// Waits for the end. Returns the exit code and the final screen content.
    #[track_caller]
    pub fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        let code = self.child.wait().unwrap().code();
        let lines = self.seen.split("\r\n").map(|line| {
            // An erased line is not on the screen.
            line.rsplit("\r\x1b[K").next().unwrap_or_default()
        });
        (code, lines.collect::<Vec<_>>().join("\n"))
    }

    /// Reads more output. Returns `false` at the end.
    #[track_caller]
    fn read(&mut self) -> bool {
        let mut ready = [PollFd::new(&self.terminal, PollFlags::IN)];
        if poll(&mut ready, Some(&PATIENCE)).unwrap() == 0 {
            let _ = self.child.kill();
            panic!("nothing more is said after {:?}", self.seen);
        }
        let mut bytes = [0; 4096];
        match self.terminal.read(&mut bytes) {
            Ok(count) => {
                self.seen += &String::from_utf8_lossy(&bytes[..count]);
                count > 0
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => true,
            // Linux returns an error when the other side of the terminal is closed.
            Err(_) => false,
        }
    }
}
