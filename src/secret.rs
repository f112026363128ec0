//! Secrets: the type, how one is written to a private file, and how the secrets of this run are
//! kept out of everything else that is printed.

mod encodings;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};

use crate::error::one_line;
use encodings::{forms, readings};

/// A secret that this run reads, mints or sends. Every output is checked for it.
///
/// `secrecy`'s own type is used for strings that contain a secret beside other words, and for the
/// secrets of files until they are used.
#[derive(Clone, Default)]
pub struct Secret(Rc<SecretString>);

thread_local! {
    /// The secrets of this run. Only the main thread reads secrets and prints. Never dropped: the
    /// end of the process is near, and to register a destructor is 2 % of a warm `get`.
    static KNOWN: RefCell<ManuallyDrop<Known>> = const {
        RefCell::new(ManuallyDrop::new(Known {
            secrets: Vec::new(),
            pieces: BTreeMap::new(),
            indexed: 0,
        }))
    };
}

#[derive(Default)]
struct Known {
    secrets: Vec<Secret>,
    /// The pieces of the first secrets, up to `indexed`, by length. Filled when something is printed.
    pieces: BTreeMap<usize, HashSet<Vec<u8>>>,
    indexed: usize,
}

impl<T: Into<SecretString>> From<T> for Secret {
    fn from(secret: T) -> Self {
        let secret = Self(Rc::new(secret.into()));
        KNOWN.with_borrow_mut(|known| known.secrets.push(secret.clone()));
        secret
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SecretString::deserialize(deserializer).map(Self::from)
    }
}

impl ExposeSecret<str> for Secret {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Writes the secret itself: a field of a private file asks for it with `serialize_with`.
///
/// `secrecy` leaves this out on purpose, so that no secret is written by accident.
pub fn expose<S: Serializer>(
    secret: &impl ExposeSecret<str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// Turns core dumps of this process off: one would hold the account. One system call.
pub fn forbid_core_dumps() {
    // Also where core dumps go to a program, for which the limit does not count.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    #[cfg(all(unix, not(target_os = "linux")))]
    let _ = rustix::process::setrlimit(
        rustix::process::Resource::Core,
        rustix::process::Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
}

/// What is shown instead of a secret.
const REDACTED: &str = "[secret]";

/// A piece of twice this length is always found. Shorter ones are words and ids that are equal by
/// chance.
const PIECE: usize = 16;

/// A line without the secrets of this run: a word that contains one, or a long piece of one, is
/// replaced. Everything that is printed passes here, except a credential that the command is asked
/// for.
pub fn redact(line: &str) -> Cow<'_, str> {
    KNOWN.with_borrow_mut(|known| {
        known.index();
        if !known.contains(line) {
            return line.into();
        }
        let is_part = |c: char| c.is_alphanumeric() || "+/=-_.~%:@".contains(c);
        let mut clean = String::new();
        let mut rest = line;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            clean.push_str(if known.contains(word) { REDACTED } else { word });
            let end = after.find(is_part).unwrap_or(after.len());
            clean.push_str(&after[..end]);
            rest = &after[end..];
        }
        // A secret with spaces or quotes in it.
        if known.contains(&clean) {
            REDACTED.into()
        } else {
            clean.into()
        }
    })
}

impl Known {
    fn index(&mut self) {
        for secret in &self.secrets[self.indexed..] {
            for (form, _) in forms(secret.expose_secret()) {
                let length = PIECE.min(form.len());
                // Shorter secrets are words that appear in messages anyway.
                if length >= SHORT_PIECE {
                    let pieces = self.pieces.entry(length).or_default();
                    pieces.extend(form.chunks_exact(length).map(<[u8]>::to_vec));
                }
            }
        }
        self.indexed = self.secrets.len();
    }

    fn contains(&self, text: &str) -> bool {
        let has = |text: &Vec<u8>| {
            let mut pieces = self.pieces.iter();
            pieces.any(|(length, pieces)| text.windows(*length).any(|it| pieces.contains(it)))
        };
        !self.pieces.is_empty() && readings(text).iter().any(has)
    }
}

/// The words of another program in one line. `None` if there are none, or if they repeat a piece of
/// a secret: some gateways echo the header that they refused, whole or cut, and some encode it.
pub fn quotable(words: &str) -> Option<String> {
    let line = one_line(words);
    let is_repeated = |secret: &Secret| {
        let secret = secret.expose_secret();
        repeats(words, secret) || repeats(&line, secret)
    };
    let are_repeated = || KNOWN.with_borrow(|known| known.secrets.iter().any(is_repeated));
    (!line.is_empty() && !are_repeated()).then_some(line)
}

/// The piece of a secret that is not quoted: words and ids share as many characters by chance.
const SHORT_PIECE: usize = 8;

/// Whether a string contains the secret or a piece of it, in any form.
pub fn repeats(text: &str, secret: &str) -> bool {
    let texts = readings(text);
    forms(secret).iter().any(|(form, shortest)| {
        // By bytes: a piece may begin and end inside a character.
        let length = form.len().min(*shortest);
        let pieces: HashSet<&[u8]> = form.windows(length).collect();
        let mut windows = texts.iter().flat_map(|text| text.windows(length));
        windows.any(|window| pieces.contains(window))
    })
}

/// Forgets the secrets of earlier inputs.
#[cfg(any(test, fuzzing))]
pub(crate) fn forget_all() {
    drop(ManuallyDrop::into_inner(KNOWN.take()));
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn words_that_repeat_a_secret_are_not_quoted() {
        for (words, password, said) in [
            ("not with this", "another password", Some("not with this")),
            ("no: correct horse", "correct horse battery", None),
            ("no: CORRECT HORSE", "correct horse battery", None),
            ("no: correcthorse", "correct horse battery", None),
            // Broken into lines, and shown in one.
            ("no: correct\nhorse\nbattery", "correct horse battery", None),
            // Three bytes a character.
            (
                "no: \u{5bc6}\u{7801}\u{5bc6}\u{7801}",
                "\u{5bc6}\u{7801}\u{5bc6}\u{7801}",
                None,
            ),
            ("no: %63orrect%20horse", "correct horse battery", None),
            ("no: 636f7272656374", "correct horse battery", None),
            ("no: 63:6f:72:72:65:63:74", "correct horse battery", None),
            ("no: c-o-r-r-e-c-t-h-o-r-s-e", "correct horse battery", None),
            (
                r"no: \u0063\u006frrect\u0020horse",
                "correct horse battery",
                None,
            ),
            (
                "no: &#99;&#x6f;rrect%2520horse",
                "correct horse battery",
                None,
            ),
            ("\0\u{1}", "another password", None),
            (
                "accounts: count/secrets",
                "account-secret-1",
                Some("accounts: count/secrets"),
            ),
        ] {
            forget_all();
            let _ = Secret::from(password);
            assert_eq!(quotable(words).as_deref(), said, "{words:?}");
        }
    }

    #[test]
    fn base64_of_a_secret_is_found_whatever_stands_around_it() {
        forget_all();
        let _ = Secret::from("correct horse battery");
        for before in ["", "1", "12", "123"] {
            for after in ["", "1", "12"] {
                let text = format!("{before}correct horse battery{after}");
                let encoded = STANDARD.encode(text);
                assert_eq!(quotable(&encoded), None);
                assert_eq!(redact(&format!("a {encoded}, b")), "a [secret], b");
            }
        }
        assert!(quotable(&STANDARD.encode("another animal altogether")).is_some());
    }

    #[test]
    fn words_with_a_long_piece_of_a_secret_are_replaced() {
        forget_all();
        let _ = (
            Secret::from("s3cr3t-of-the-account"),
            Secret::from("short1"),
        );
        for (line, redacted) in [
            ("no secret", "no secret"),
            ("of-the-account short1", "of-the-account short1"),
            ("x S3CR3T-OF-THE-ACCOUNT y", "x [secret] y"),
            (r#"{"a":"xs3cr3t-of-the-acc"}"#, r#"{"a":"[secret]"}"#),
            ("Bearer:s3cr3t-of-the-account", "[secret]"),
            ("s3cr3t-of -the-account", "[secret]"),
        ] {
            assert_eq!(redact(line), redacted);
        }
    }
}
