//! `tokenCommand`: a program that prints an API token, such as a password manager.
//!
//! Run without a shell, only when a token is needed, and never longer than the deadline; then it
//! is killed with its children.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

use crate::config;
use crate::env::Deadline;
use crate::error::{Failure, one_line, system};

/// A token has a few kilobytes.
const LONGEST_OUTPUT: u64 = 64 * 1024;
/// For a child of the command that outlives it and holds its streams open.
const LINGER: Duration = Duration::from_millis(200);

/// What the command prints.
pub(super) fn run(words: &[String], deadline: Deadline) -> Result<SecretString, Failure> {
    let Some((program, args)) = words.split_first() else {
        return Err(Failure::new("tokenCommand names no program", "name one"));
    };
    // The arguments may say where a secret is, or worse: they are not repeated.
    let name = format!("tokenCommand {}", one_line(program));
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    group::lead(&mut command);
    let mut child = command.spawn().map_err(|err| {
        Failure::new(
            format!("{name} does not start: {}", system(&err)),
            "check that the program is installed and on PATH",
        )
    })?;
    let (stdout, stderr) = match listen(&mut child) {
        Ok(streams) => streams,
        Err(err) => {
            end(&mut child);
            return Err(Failure::new(
                format!("{name} cannot be listened to: {}", system(&err)),
                "allow this user more processes and threads (ulimit -u, pids of the container)",
            ));
        }
    };
    let status = wait(&mut child, deadline);
    if status.is_none() {
        end(&mut child);
    }
    let receive = |stream: Stream| {
        let stream = stream?;
        stream.recv_timeout(LINGER).ok().or_else(|| {
            group::kill(&child);
            stream.recv_timeout(LINGER).ok()
        })
    };
    let output = receive(stdout).unwrap_or_default();
    let said = receive(stderr).unwrap_or_default();
    let said = last_line(&said);
    match status {
        Some(status) if status.success() => String::from_utf8(output)
            .map(SecretString::from)
            .map_err(|_| {
                Failure::new(
                    format!("{name} printed something that is not text"),
                    "it must print an API token and nothing else",
                )
            }),
        Some(status) => Err(Failure::new(
            format!("{name} failed ({status}){said}"),
            "run it by hand: it must print an API token",
        )),
        None => Err(Failure::new(
            format!("{name} did not end in time and was killed{said}"),
            format!(
                "run it yourself: it must print an API token without asking; or {}",
                config::allow_more_time()
            ),
        )),
    }
}

type Stream = Option<Receiver<Vec<u8>>>;

/// Both streams at once, so that neither fills up unread.
fn listen(child: &mut Child) -> io::Result<(Stream, Stream)> {
    let stdout = child.stdout.take().map(collect).transpose()?;
    let stderr = child.stderr.take().map(collect).transpose()?;
    Ok((stdout, stderr))
}

fn end(child: &mut Child) {
    group::kill(child);
    let _ = child.kill();
    let _ = child.wait();
}

fn wait(child: &mut Child, deadline: Deadline) -> Option<ExitStatus> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if deadline.passed() {
            return None;
        }
        thread::sleep(pause.min(deadline.left()));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Reads a stream to its end, so that the command never waits for a reader. What is too long is
/// read and dropped.
fn collect(mut stream: impl Read + Send + 'static) -> io::Result<Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut content = Vec::new();
        let _ = stream
            .by_ref()
            .take(LONGEST_OUTPUT)
            .read_to_end(&mut content);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = sender.send(content);
    })?;
    Ok(receiver)
}

/// What a program says last is usually why.
fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines()
        .map(one_line)
        .rfind(|line| !line.is_empty())
        .map(|line| format!(": {line}"))
        .unwrap_or_default()
}

#[cfg(unix)]
mod group {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use rustix::process::{Pid, Signal, kill_process_group};

    /// Makes the command the head of a process group, which is how its children are found.
    pub(super) fn lead(command: &mut Command) {
        command.process_group(0);
    }

    pub(super) fn kill(child: &Child) {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
mod group {
    use std::process::{Child, Command};

    pub(super) fn lead(_: &mut Command) {}

    pub(super) fn kill(_: &Child) {}
}
