//! Secrets: how one gets into a private file, and how each stays out of the words of others.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serializer;

use crate::error::one_line;

/// Writes the secret itself: a field of a private file asks for it with `serialize_with`.
///
/// `secrecy` leaves this out on purpose, so that no secret is written by accident.
pub fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
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

/// What an `Authorization` header gives away: the credentials as they are sent, and the password in
/// them.
pub fn of_authorization(authorization: &str) -> Vec<SecretString> {
    let sent = authorization.split(' ').next_back().unwrap_or_default();
    let pair = STANDARD.decode(sent).unwrap_or_default();
    let pair = String::from_utf8(pair).unwrap_or_default();
    let password = pair.split_once(':').map_or("", |(_, password)| password);
    vec![sent.into(), password.into()]
}

/// The words of another program in one line. `None` if there are none, or if they repeat a piece of
/// a secret: some gateways echo the header that they refused, whole or cut, and some encode it.
pub fn quotable(words: &str, secrets: &[SecretString]) -> Option<String> {
    let line = one_line(words);
    let are_repeated = || {
        secrets
            .iter()
            .any(|it| is_in(words, it) || is_in(&line, it))
    };
    (!line.is_empty() && !are_repeated()).then_some(line)
}

/// Whether `text` contains a piece of the secret: as it is, in other case, with spaces in between,
/// or encoded as base64, percent-encoding or hexadecimal digits.
fn is_in(text: &str, secret: &SecretString) -> bool {
    /// Words and ids share as many characters by chance.
    const PIECE: usize = 8;
    let folded = text.to_lowercase().into_bytes();
    let texts = [
        without_spaces(&folded),
        percent_decoded(&folded).to_ascii_lowercase(),
        folded,
    ];
    let secret = secret.expose_secret();
    encoded(secret).iter().any(|form| {
        // By bytes: a piece may begin and end inside a character.
        let length = PIECE.min(form.len());
        let pieces: HashSet<&[u8]> = form.windows(length.max(1)).collect();
        let mut windows = texts.iter().flat_map(|text| text.windows(length.max(1)));
        windows.any(|window| pieces.contains(window))
    })
}

/// The forms of a secret in lower case.
fn encoded(secret: &str) -> Vec<Vec<u8>> {
    if secret.is_empty() {
        return Vec::new();
    }
    let folded = secret.to_lowercase().into_bytes();
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
    let hex = secret
        .bytes()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut forms = vec![without_spaces(&folded), hex.collect(), folded];
    // A string has three base64 forms, depending on the number of bytes before it.
    for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        let mut form = STANDARD_NO_PAD.encode(&bytes).into_bytes();
        // The characters at the ends depend on the neighbours, too.
        form.drain(..mixed);
        if bytes.len() % 3 != 0 {
            form.pop();
        }
        let url_safe = form.iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte.to_ascii_lowercase(),
        });
        forms.push(url_safe.collect());
        forms.push(form.to_ascii_lowercase());
    }
    forms.retain(|form| !form.is_empty());
    forms
}

fn without_spaces(text: &[u8]) -> Vec<u8> {
    let is_kept = |byte: &u8| !byte.is_ascii_whitespace() && !byte.is_ascii_control();
    text.iter().copied().filter(is_kept).collect()
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        let byte = byte.filter(|_| *first == b'%');
        decoded.push(byte.unwrap_or(*first));
        rest = byte.map_or(after, |_| &after[2..]);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(words: &str, password: &str) -> Option<String> {
        let basic = format!("Basic {}", STANDARD.encode(format!("u:{password}")));
        quotable(words, &of_authorization(&basic))
    }

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
            ("\0\u{1}", "another password", None),
        ] {
            assert_eq!(quoted(words, password).as_deref(), said, "{words:?}");
        }
    }

    #[test]
    fn base64_of_a_secret_is_found_whatever_stands_around_it() {
        let secret = [SecretString::from("correct horse battery")];
        for before in ["", "1", "12", "123"] {
            for after in ["", "1", "12"] {
                let text = format!("{before}correct horse battery{after}");
                assert_eq!(quotable(&STANDARD.encode(text), &secret), None);
            }
        }
        assert!(quotable(&STANDARD.encode("another animal altogether"), &secret).is_some());
    }
}
