//! Errors by what the caller does next.
//!
//! Every message is one line, lower case, without a full stop: what failed, then `; ` and what to
//! do. The host, the account's origin and the program's name are added where they are known. No
//! message holds a secret or quotes a file that may hold one.

use std::borrow::Cow;
use std::path::Path;
use std::{fmt, io};

macro_rules! status_page {
    () => {
        "https://status.ionos.cloud shows outages"
    };
}

/// Where a person sees whether IONOS has an outage.
pub const STATUS_PAGE: &str = status_page!();
/// The hint for a problem on the server's side.
pub const TRY_LATER: &str = concat!("try again in a moment; ", status_page!());

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Not our host: the client goes on as if we did not exist.
    NotOurs,
    /// The client left something out; the protocol has a fixed text for it.
    Protocol(&'static str),
    /// A person has to read the line and act.
    Failed(Failure),
}

/// One line for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed, with the object it failed on.
    pub what: String,
    /// What to do about it.
    pub hint: String,
    /// The words of another program. Shown, and never written to disk.
    pub said: Option<String>,
    /// Whether it stays until a person corrects something: `--wait` does not wait for it.
    pub is_permanent: bool,
}

impl Failure {
    /// A failure and its hint.
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: clean(&what.into()).into(),
            hint: clean(&hint.into()).into(),
            said: None,
            is_permanent: false,
        }
    }

    /// Marks a failure that another attempt repeats.
    #[must_use]
    pub fn permanently(mut self) -> Self {
        self.is_permanent = true;
        self
    }

    /// Adds `context` in front: the host, or the step that failed.
    #[must_use]
    pub fn within(mut self, context: &str) -> Self {
        self.what = format!("{}: {}", clean(context), self.what);
        self
    }

    /// Names where the account came from, so that a person with several knows which to correct.
    #[must_use]
    pub fn asked_as(mut self, origin: &str) -> Self {
        self.what = format!("{} (account from {})", self.what, clean(origin));
        self
    }

    /// What failed, and the words of another program.
    pub fn what_and_said(&self) -> String {
        match &self.said {
            Some(said) => format!("{}: {}", self.what, clean(said)),
            None => self.what.clone(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what_and_said(), self.hint)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Whether a character can do more to a terminal or a log than show itself, or shows nothing: control
/// characters (C0 and C1), line separators, and what Unicode calls `Default_Ignorable_Code_Point`
/// (direction, joiners, fillers, tags), without the selectors that choose the look of an emoji.
pub fn is_unsafe(c: char) -> bool {
    // Nearly all characters are these.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Like [`is_unsafe`], for text of several lines.
pub fn is_unsafe_in_lines(c: char) -> bool {
    is_unsafe(c) && c != '\n' && c != '\t'
}

/// A string for one line of a message, a log or a table: each unsafe character becomes a space.
/// Every string from outside passes through this or [`one_line`] before it is shown.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) {
        text.replace(is_unsafe, " ").into()
    } else {
        text.into()
    }
}

/// How many characters of a string from outside are shown.
pub const MOST: usize = 200;

/// A message from outside (an API, the system) on one line, cut to [`MOST`] characters.
pub fn one_line(text: &str) -> String {
    // Most paths and names.
    if text.len() <= MOST && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    let mut line: String = text
        .split(|c: char| is_unsafe(c) || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() > MOST {
        line = line.chars().take(MOST).chain(['…']).collect();
    }
    line
}

/// A path for a message.
pub fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// A word for a command line that a person copies into a POSIX shell.
pub fn quoted_for_shell(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+=@".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The hint for an unknown key: the known key that was probably meant, or all of them.
pub fn nearest_key(key: &str, known: &[&str]) -> String {
    let distance =
        |name: &str| strsim::damerau_levenshtein(&key.to_lowercase(), &name.to_lowercase());
    match known.iter().map(|name| (distance(name), name)).min() {
        Some((distance, name)) if distance <= name.len() / 3 => format!("did you mean {name}?"),
        _ => format!("known keys are {}", known.join(", ")),
    }
}

/// A system's error in the words of glibc, without its number. musl and Windows have other words for
/// the same errors, and a message should read the same everywhere.
pub fn system(err: &io::Error) -> String {
    let text = one_line(&err.to_string());
    let Some(end) = text.find(" (os error ") else {
        return text;
    };
    let words = match &text[..end] {
        // Its kind is not stable in std.
        "Symbolic link loop" => "Too many levels of symbolic links",
        // Of the same kind as "Permission denied".
        words @ "Operation not permitted" => words,
        words => glibc_words(err.kind()).unwrap_or(words),
    };
    words.to_owned()
}

fn glibc_words(kind: io::ErrorKind) -> Option<&'static str> {
    use io::ErrorKind;
    Some(match kind {
        ErrorKind::AddrNotAvailable => "Cannot assign requested address",
        ErrorKind::AlreadyExists => "File exists",
        ErrorKind::BrokenPipe => "Broken pipe",
        ErrorKind::ConnectionRefused => "Connection refused",
        ErrorKind::ConnectionReset => "Connection reset by peer",
        ErrorKind::DirectoryNotEmpty => "Directory not empty",
        ErrorKind::HostUnreachable => "No route to host",
        ErrorKind::IsADirectory => "Is a directory",
        ErrorKind::NetworkUnreachable => "Network is unreachable",
        ErrorKind::NotADirectory => "Not a directory",
        ErrorKind::NotFound => "No such file or directory",
        ErrorKind::PermissionDenied => "Permission denied",
        ErrorKind::ReadOnlyFilesystem => "Read-only file system",
        ErrorKind::ResourceBusy => "Device or resource busy",
        ErrorKind::StorageFull => "No space left on device",
        ErrorKind::TimedOut => "Connection timed out",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_becomes_one_short_line() {
        assert_eq!(one_line("a\r\n\tb\0c  d\u{202e}e\u{9b}f"), "a b c d e f");
        assert_eq!(clean("a\u{1b}[31m\u{2028}b\u{e0041}"), "a [31m b ");
        assert_eq!(
            clean("a\u{ad}b\u{3164}c\u{e0100}\u{fe0f}"),
            "a b c \u{fe0f}"
        );
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), 201);
    }

    #[test]
    fn failure_is_printed_with_its_hint() {
        let failure = Failure::new("no answer", "try again")
            .asked_as("IONOS_TOKEN")
            .within("demo");
        assert_eq!(
            failure.to_string(),
            "demo: no answer (account from IONOS_TOKEN); try again"
        );
    }
}
