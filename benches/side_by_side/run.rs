//! One run of one program, as Docker runs a helper: environment cleared, three pipes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A program with its arguments, environment and stdin.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    path: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: String,
    moved_away: Vec<PathBuf>,
}

impl Program {
    pub(crate) fn new(name: &str, path: impl AsRef<Path>) -> Self {
        Self {
            name: name.to_owned(),
            path: path.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: String::new(),
            moved_away: Vec::new(),
        }
    }

    /// The same run of another program.
    pub(crate) fn by(mut self, name: &str, path: &Path) -> Self {
        name.clone_into(&mut self.name);
        path.clone_into(&mut self.path);
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(ToString::to_string).collect();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(other, _)| other != name);
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn stdin(mut self, stdin: &str) -> Self {
        stdin.clone_into(&mut self.stdin);
        self
    }

    /// Moves these directories away before each measured run. Deleting them would slow the program
    /// down: ext4 searches for inodes that were not deleted in the last seconds.
    pub(crate) fn without(mut self, dirs: Vec<PathBuf>) -> Self {
        self.moved_away = dirs;
        self
    }

    fn move_away(&self) {
        for dir in &self.moved_away {
            let _ = fs::rename(dir, dir.with_extension(fastrand::u64(..).to_string()));
        }
    }

    /// Runs the program and returns how long that took. Panics if the program fails.
    pub(crate) fn time(&self) -> Duration {
        self.move_away();
        let start = Instant::now();
        let done = self.run_under(&[]);
        let took = start.elapsed();
        assert!(done.status.success(), "{}: {done:?}", self.name);
        took
    }

    /// Starts the program without waiting.
    pub(crate) fn start(&self) -> std::process::Child {
        self.spawn_under(&[])
    }

    /// Executed instructions, counted by callgrind.
    pub(crate) fn instructions(&self) -> Option<u64> {
        let outcome = self.run_tool(&[
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
        ])?;
        let (_, count) = outcome.rsplit_once("Collected : ")?;
        count.split_whitespace().next()?.parse().ok()
    }

    /// Peak memory in kB, measured by GNU time.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let outcome = self.run_tool(&["/usr/bin/time", "-f", "%M"])?;
        outcome.trim().lines().last()?.parse().ok()
    }

    /// The stderr of a tool that measures a run.
    fn run_tool(&self, tool: &[&str]) -> Option<String> {
        let known = Command::new(tool[0]).arg("--version").output();
        known.ok()?;
        // Go's runtime sometimes crashes under valgrind.
        let done = (0..3)
            .map(|_| {
                self.move_away();
                self.run_under(tool)
            })
            .find(|done| done.status.success())?;
        Some(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn run_under(&self, tool: &[&str]) -> Output {
        self.spawn_under(tool).wait_with_output().unwrap()
    }

    fn spawn_under(&self, tool: &[&str]) -> std::process::Child {
        let mut command = match tool.split_first() {
            Some((tool, args)) => {
                let mut command = Command::new(tool);
                command.args(args).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        let mut child = command
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(self.stdin.as_bytes());
        child
    }
}

/// The cost of one run of a program in microseconds.
pub(crate) struct Cost {
    /// The median.
    pub(crate) wall: u128,
    /// User and system time, the mean.
    pub(crate) cpu: u128,
}

/// The costs of several programs. They run in short series, in a new order each time, so that other
/// load of the machine affects all of them.
pub(crate) fn interleave(programs: &[&Program], rounds: usize) -> Vec<Cost> {
    /// The kernel measures processor time with a resolution of 10 ms.
    const SERIES: usize = 20;
    let mut times = vec![Vec::with_capacity(rounds); programs.len()];
    let mut cpu = vec![Duration::ZERO; programs.len()];
    let mut order: Vec<usize> = (0..programs.len()).collect();
    for _ in 0..rounds / SERIES {
        fastrand::shuffle(&mut order);
        for &at in &order {
            let before = children_cpu();
            times[at].extend((0..SERIES).map(|_| programs[at].time().as_micros()));
            cpu[at] += children_cpu().saturating_sub(before);
        }
    }
    times
        .into_iter()
        .zip(cpu)
        .map(|(times, cpu)| Cost {
            cpu: cpu.as_micros() / times.len() as u128,
            wall: median(times),
        })
        .collect()
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

/// User and system time of all children so far.
pub(crate) fn children_cpu() -> Duration {
    /// `USER_HZ`, which Linux fixes at 100 for programs.
    const TICKS_A_SECOND: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may contain spaces. cutime and cstime are the 16th and 17th field.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}
