//! Output for people: results on stdout; progress, questions, warnings and errors on stderr.
//!
//! A message is one lower-case line without a full stop, followed by a `hint:` line if there is
//! something to do. A terminal gets colours and columns, a pipe gets the same words plain. The
//! colours are the terminal's own sixteen, which are readable on dark and on light backgrounds.

mod table;

use std::cell::Cell;
use std::io::{self, BufRead as _, IsTerminal as _, Write};

use clap::builder::StyledStr;
use clap::builder::styling::{AnsiColor, Style};
use terminal_size::{Height, Width, terminal_size_of};

pub use table::Table;

use crate::error::{Failure, clean, is_unsafe_in_lines, one_line};
use crate::output::{self, Reply, write_line};
use crate::secret::redact;

/// The width of a pipe: lines are not folded.
const WIDE: usize = usize::MAX;

/// What a word means. Its colour depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// No emphasis.
    Plain,
    /// A heading, or what matters in a line.
    Strong,
    /// What matters less.
    Faint,
    /// No problem.
    Good,
    /// Worth a look.
    Warning,
    /// Broken.
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// The streams of this process.
#[derive(Debug, Default)]
pub struct Terminal {
    /// Why a line of the result was not written.
    unwritten: Option<Failure>,
    /// Whether the reader of the result has closed its end.
    is_closed: bool,
    has_failed: Cell<bool>,
}

impl Terminal {
    /// Whether a person can answer: questions go to stderr, answers come from stdin.
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// How many columns a result may take.
    pub fn width(&self) -> usize {
        columns(terminal_size_of(io::stdout()))
    }

    /// One or more lines of the result.
    pub fn result(&mut self, text: &str) {
        self.result_in_tones(&[(Tone::Plain, text)]);
    }

    /// One line of the result, in pieces.
    pub fn result_in_tones<S: AsRef<str>>(&mut self, pieces: &[(Tone, S)]) {
        let pieces = pieces.iter();
        let painted = pieces.map(|(tone, text)| paint(*tone, text.as_ref()));
        let line: String = painted.collect();
        self.write_result(&mut anstream::stdout(), &line);
    }

    /// One or more lines with a credential in them, for which the user asked.
    pub fn credential(&mut self, text: &str) {
        self.write_result(&mut io::stdout(), &clean_lines(text));
    }

    fn write_result(&mut self, stdout: &mut dyn Write, line: &str) {
        match write_line(stdout, line) {
            Ok(is_read) => self.is_closed |= !is_read,
            Err(failure) => {
                self.unwritten.get_or_insert(failure);
            }
        }
    }

    /// Whether every line of the result was written.
    pub fn has_written_all(&self) -> bool {
        self.unwritten.is_none() && !self.is_closed
    }

    /// A result for programs, on one line.
    pub fn json(&mut self, value: &impl serde::Serialize) {
        // This cannot fail: the keys of all values are strings.
        let json = output::json(value).unwrap_or_default();
        self.write_result(&mut io::stdout(), &redact(&json));
    }

    /// Writes a line to stderr.
    pub fn say(&self, line: &str) {
        write_message(&paint(Tone::Plain, &clean(line)));
    }

    /// A problem that does not stop the command.
    pub fn warn(&self, warning: &Failure) {
        print_message(Tone::Warning, "warning", warning);
    }

    /// A problem with which the command fails.
    pub fn fail(&self, failure: &Failure) {
        self.has_failed.set(true);
        print_message(Tone::Bad, "error", failure);
    }

    /// Prints the answer of a verb of Docker's protocol. If both streams are a terminal, a failure is
    /// printed once. `true` is exit code 0.
    pub fn reply(&self, mut reply: Reply) -> bool {
        let are_terminals = io::stdout().is_terminal() && io::stderr().is_terminal();
        if are_terminals && reply.stdout == reply.stderr {
            reply.stdout = None;
        }
        reply.print()
    }

    /// Help, which is a result.
    pub fn help(&mut self, text: &StyledStr) {
        // It contains the escape sequences of its styles, and nothing from outside.
        let text = text.ansi().to_string();
        self.write_result(&mut anstream::stdout(), text.trim_end());
    }

    /// Whether the command succeeded: its result was written, and no error.
    pub fn close(&self) -> bool {
        if let Some(failure) = &self.unwritten {
            self.fail(failure);
        }
        !self.has_failed.get()
    }

    /// Asks a question and reads one line; `None` without a terminal.
    pub fn ask(&self, question: &str) -> Option<String> {
        if !self.is_interactive() {
            return None;
        }
        let question = paint(Tone::Strong, question);
        let _ = write!(anstream::stderr(), "{question} ");
        let mut answer = Vec::new();
        let _ = io::stdin().lock().read_until(b'\n', &mut answer);
        if !answer.ends_with(b"\n") {
            // Ctrl-D leaves the cursor behind the question.
            self.say("");
        }
        Some(String::from_utf8_lossy(&answer).trim().to_owned())
    }

    /// Whether the answer to a question is yes.
    pub fn confirm(&self, question: &str) -> bool {
        let answer = self.ask(&format!("{question} [y/N]")).unwrap_or_default();
        matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
    }

    /// Whether a status line is visible: stderr is a terminal.
    pub fn shows_status(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Shows a line until the next one or [`Self::end_status`].
    pub fn status(&self, line: &str) {
        let width = columns(terminal_size_of(io::stderr()));
        let line: String = one_line(line)
            .chars()
            .take(width.saturating_sub(1))
            .collect();
        replace_status(&paint(Tone::Faint, &line));
    }

    /// Removes the status line.
    pub fn end_status(&self) {
        replace_status("");
    }

    /// Shows a status line while `work` runs.
    pub fn while_saying<T>(&self, line: &str, work: impl FnOnce() -> T) -> T {
        self.status(line);
        let done = work();
        self.end_status();
        done
    }
}

fn columns(size: Option<(Width, Height)>) -> usize {
    size.map_or(WIDE, |(Width(columns), _)| columns.into())
}

fn replace_status(line: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K");
        let _ = write!(anstream::stderr(), "{line}");
    }
}

fn print_message(tone: Tone, kind: &str, failure: &Failure) {
    let kind = paint(tone, &format!("{kind}:"));
    write_message(&format!("{kind} {}", redact(&failure.what_and_said())));
    if !failure.hint.is_empty() {
        let hint = paint(Tone::Faint, "hint:");
        write_message(&format!("{hint} {}", redact(&failure.hint)));
    }
}

fn write_message(line: &str) {
    // A closed stderr is no failure.
    let _ = write_line(&mut anstream::stderr(), line);
}

/// A string in its tone, without the secrets of this run.
fn paint(tone: Tone, text: &str) -> String {
    let text = clean_lines(text);
    let text = redact(&text);
    if tone == Tone::Plain || text.is_empty() {
        return text.into();
    }
    let style = tone.style();
    format!("{style}{text}{style:#}")
}

/// A string from outside cannot leave its line or move the cursor: what is not a line end, a tab or a
/// character to show becomes a space.
fn clean_lines(text: &str) -> String {
    text.replace(is_unsafe_in_lines, " ")
}
