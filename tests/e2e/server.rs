//! A daemon that ends with the scenario, also if the scenario fails.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// A running daemon in its own process group.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts the daemon and returns when it is `ready`.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
        ready: impl Fn() -> bool,
    ) -> Self {
        let file = File::create(log).expect("a log file");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut server = Self {
            name,
            child,
            log: log.to_owned(),
        };
        let came_up = wait_for(Duration::from_secs(30), || server.ended() || ready());
        let why = if server.ended() {
            "ended"
        } else {
            "is not ready"
        };
        assert!(
            came_up && !server.ended(),
            "{name} {why}:\n{}",
            server.log()
        );
        server
    }

    /// The daemon's log so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // An error means that the group has already ended.
        let _ = kill_process_group(group.expect("a process has an id"), signal);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        wait_for(Duration::from_secs(10), || self.ended());
        // Kills the rest of the group, and a leader that ignored the signal.
        self.signal(Signal::KILL);
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<String> = log
                .lines()
                .map(|line| line.chars().take(300).collect())
                .collect();
            let last = lines[lines.len().saturating_sub(15)..].join("\n");
            eprintln!("--- the end of {}'s log:\n{last}\n---", self.name);
        }
    }
}

/// Polls until `condition` holds. Returns false after `limit`.
pub(crate) fn wait_for(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
