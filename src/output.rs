//! What goes to stdout and stderr: a line at a time.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::error::{Failure, is_unsafe, system};
use crate::secret::redact;

/// JSON on one line. Characters that a terminal or a log would act on are escaped, in a way that
/// every reader of JSON undoes.
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    // serde_json itself escapes the control characters of ASCII but DEL.
    if json.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(json);
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Ok(escaped)
}

/// Writes a line and its end. `false` if the reader has closed its end, which is no failure. A full
/// disk is one: a script would continue with half a file.
pub fn write_line(stream: &mut dyn Write, line: &str) -> Result<bool, Failure> {
    let written = stream
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| stream.flush());
    match written {
        Ok(()) => Ok(true),
        Err(err) => match err.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
                Ok(false)
            }
            _ => Err(Failure::new(
                format!("cannot write the answer: {}", system(&err)),
                "check where the output goes",
            )),
        },
    }
}

/// The answer of a verb: a line for each stream.
#[derive(Default)]
#[must_use]
pub struct Reply {
    /// The line for stdout, if any.
    pub stdout: Option<String>,
    /// The line for stderr, if any.
    pub stderr: Option<String>,
    /// Whether the exit code is 0.
    pub ok: bool,
    /// Work to do after the line is printed.
    pub deferred: Option<Deferred>,
}

impl Reply {
    /// Success without output.
    pub fn done() -> Self {
        Self {
            ok: true,
            ..Self::default()
        }
    }

    /// One line on stdout.
    pub fn line(line: String) -> Self {
        Self {
            stdout: Some(line),
            ..Self::done()
        }
    }

    /// One line on both streams, for a person.
    pub fn failure(failure: &Failure) -> Self {
        let line = format!("{}: {failure}", env!("CARGO_PKG_NAME"));
        let line = redact(&line).into_owned();
        Self {
            stdout: Some(line.clone()),
            stderr: Some(line),
            ..Self::default()
        }
    }

    /// Prints both lines, then does the deferred work. `true` is exit code 0.
    pub fn print(mut self) -> bool {
        if let Some(line) = &self.stdout {
            match write_line(&mut io::stdout(), line) {
                Ok(true) => {}
                // Dropped, not run: the client has no answer.
                Ok(false) => drop(self.deferred.take()),
                Err(failure) => {
                    drop(self.deferred.take());
                    self.ok = false;
                    self.stderr = self.stderr.or(Self::failure(&failure).stderr);
                }
            }
        }
        if let Some(line) = &self.stderr {
            // A closed stderr is no further failure.
            let _ = write_line(&mut io::stderr(), line);
        }
        if let Some(deferred) = self.deferred {
            // The client has its answer: a panic from here on changes nothing of it.
            after_panic("", self.ok);
            deferred();
        }
        self.ok
    }

    /// One of the protocol's fixed strings on stdout, and exit code 1.
    pub fn fixed(text: &str) -> Self {
        Self {
            stdout: Some(text.to_owned()),
            ..Self::default()
        }
    }
}

/// Work that waits until the answer is printed.
pub type Deferred = Box<dyn FnOnce()>;

/// What a client gets after a panic, if not the report.
static AFTER_PANIC: Mutex<Option<(&str, bool)>> = Mutex::new(None);

/// From now on a panic is not reported: `stdout`, a line with its end or nothing, is the answer. `ok`
/// is exit code 0.
pub fn after_panic(stdout: &'static str, ok: bool) {
    *AFTER_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some((stdout, ok));
}

/// Prints what a client gets after a panic at `location`: a report on both streams, unless
/// [`after_panic`] was called. `true` is exit code 0. The message of the panic may contain a secret and
/// is not printed.
pub fn panicked(location: &str) -> bool {
    // A closed stream is no further failure.
    let answer = *AFTER_PANIC.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((stdout, ok)) = answer {
        let _ = io::stdout().write_all(stdout.as_bytes());
        return ok;
    }
    let report = format!(
        "{name}: internal error at {location}; please report it with this line and the output of `{name} version`\n",
        name = env!("CARGO_PKG_NAME")
    );
    let _ = io::stderr().write_all(report.as_bytes());
    let _ = io::stdout().write_all(report.as_bytes());
    false
}
