//! `tokenCommand`: a program that prints an API token, such as a password manager.
//!
//! It runs without a shell, only when a token is needed, and not longer than the deadline. It and
//! its children end when this program ends: see [`group`].

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

use crate::config;
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line, system};
use crate::secret;

#[cfg_attr(unix, path = "group_unix.rs")]
#[cfg_attr(not(unix), path = "group_other.rs")]
pub(crate) mod group;

/// In bytes. A token has a few kilobytes.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// How long to wait for the end of the streams: a child of the command may outlive it and keep them
/// open.
const LINGER: Duration = Duration::from_millis(200);

/// The hint where it printed something else.
pub(super) const ONLY_A_TOKEN: &str = "it must print an API token and nothing else";

/// Runs the command and returns what it prints.
pub(super) fn run(words: &[String], deadline: Deadline) -> Result<SecretString, Failure> {
    // The configuration has refused an empty list.
    let (program, args) = (&words[0], &words[1..]);
    // Arguments may be secrets, so no message repeats them.
    let name = format!("tokenCommand {}", one_line(program));
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (mut child, group) = group::spawn(&mut command).map_err(|err| {
        Failure::new(
            format!("{name} does not start: {}", system(&err)),
            "check that the program is installed and on PATH",
        )
    })?;
    let (stdout, stderr) = match listen(&mut child) {
        Ok(streams) => streams,
        Err(err) => {
            end(&mut child, &group);
            return Err(Failure::new(
                format!("cannot read the output of {name}: {}", system(&err)),
                "allow this user more processes and threads (ulimit -u, pids of the container)",
            ));
        }
    };
    let status = wait(&mut child, deadline);
    if status.is_none() {
        end(&mut child, &group);
    }
    let linger = Deadline::after(LINGER);
    let output = receive(&stdout, linger);
    let stderr = receive(&stderr, linger);
    if status.is_some_and(|status| status.success()) {
        // A password manager may have started an agent, which must keep running.
        group.release();
    }
    let failed = |what: String, hint: &str| Failure {
        said: reason(&stderr, &output, args),
        ..Failure::new(what, hint)
    };
    match status {
        Some(status) if status.success() => String::from_utf8(output)
            .map(SecretString::from)
            .map_err(|_| {
                Failure::new(
                    format!("{name} printed something that is not valid UTF-8"),
                    ONLY_A_TOKEN,
                )
            }),
        Some(status) => Err(failed(
            format!("{name} failed ({status})"),
            "run it yourself: it must print an API token",
        )),
        None => Err(failed(
            format!("{name} did not end in time and was killed"),
            &format!(
                "run it yourself: it must print an API token without asking; or {}",
                config::ALLOW_MORE_TIME
            ),
        )),
    }
}

/// The parts of a stream as they arrive.
type Stream = Option<Receiver<Vec<u8>>>;

/// Reads both streams at once, so that neither fills up.
fn listen(child: &mut Child) -> io::Result<(Stream, Stream)> {
    let stdout = child.stdout.take().map(collect).transpose()?;
    let stderr = child.stderr.take().map(collect).transpose()?;
    Ok((stdout, stderr))
}

fn end(child: &mut Child, group: &group::Group) {
    group.kill();
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
        let mut room = LONGEST_OUTPUT;
        let mut part = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut part) {
            let kept = length.min(room);
            room -= kept;
            if kept > 0 {
                let _ = sender.send(part[..kept].to_vec());
            }
        }
    })?;
    Ok(receiver)
}

/// What a stream contains at its end or at the deadline.
fn receive(stream: &Stream, deadline: Deadline) -> Vec<u8> {
    let parts = stream
        .iter()
        .flat_map(|stream| std::iter::from_fn(move || stream.recv_timeout(deadline.left()).ok()));
    parts.flatten().collect()
}

/// The last line on stderr, which usually says why the command failed. `None` if it may hold a
/// secret.
fn reason(stderr: &[u8], stdout: &[u8], args: &[String]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let mut lines = text.lines().rev().filter(|line| !one_line(line).is_empty());
    let line = lines.next()?;
    let is_word = !line.trim().contains(char::is_whitespace);
    // The last line may be the end of a token that was broken into lines.
    if may_be_a_token(line) || (is_word && lines.next().is_some_and(may_be_a_token)) {
        return None;
    }
    let printed = String::from_utf8_lossy(stdout);
    // A line may repeat other arguments, such as paths.
    let secrets = args.iter().map(String::as_str);
    let secrets = secrets.filter(|arg| may_be_a_token(arg) && !arg.contains(char::is_whitespace));
    if secrets
        .chain([printed.trim()])
        .any(|it| secret::repeats(line, it))
    {
        return None;
    }
    env::note_secrets();
    secret::quotable(line)
}

/// Whether one of the words looks like a token or a piece of one: a JWT, a long mix of letters and
/// digits, or a shorter one of capital and small letters and digits.
fn may_be_a_token(text: &str) -> bool {
    const SHORTEST: usize = 16;
    const SHORTEST_OF_THREE_KINDS: usize = 8;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_+=~".contains(c);
    text.split(|c| !is_part(c)).any(|word| {
        let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
        let (small, capital) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase));
        let shortest = if small && capital {
            SHORTEST_OF_THREE_KINDS
        } else {
            SHORTEST
        };
        let is_mix = has(u8::is_ascii_digit) && (small || capital);
        word.starts_with("eyJ") || (is_mix && word.len() >= shortest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_line_is_the_reason_unless_it_may_hold_a_secret() {
        for (stderr, reason_wanted) in [
            ("first\nvault is locked\n\n", Some("vault is locked")),
            (
                "open /home/ci/.config/vault2/token: no such file",
                Some("open /home/ci/.config/vault2/token: no such file"),
            ),
            (
                "item \"api-token\" of vault IONOS2 is missing",
                Some("item \"api-token\" of vault IONOS2 is missing"),
            ),
            ("bad eyJhbGci", None),
            ("bad 4f1a99c20be8417d86a7", None),
            ("bad 4f1a99c2-0be8-417d-86a7-c51b3a2e7d90", None),
            ("bad part: f Printed", None),
            ("it ends in Hr7kgwWwU", None),
            ("eyJhbGciOiJSUzI1NiJ9.eyJp\nc3MiO\n", None),
            (
                "refused 4f1a99c20be8417d\nvault is locked",
                Some("vault is locked"),
            ),
            ("", None),
        ] {
            let reason = reason(stderr.as_bytes(), b"half of printed", &[]);
            assert_eq!(reason.as_deref(), reason_wanted, "{stderr}");
        }
    }
}
