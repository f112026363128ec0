//! Whether the words of another program can be quoted: not if they tell a secret.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::one_line;

/// Foreign words in one line; `None` if there are none, or if they tell a secret, as they came or
/// as they would be shown: a line break may stand where the secret has a space.
pub fn quotable(words: &str, tells: impl Fn(&str) -> bool) -> Option<String> {
    let line = one_line(words);
    (!line.is_empty() && !tells(words) && !tells(&line)).then_some(line)
}

/// Whether foreign text repeats our secret or a part of it: some gateways echo the header they did
/// not like, whole or cut.
pub fn repeats(text: &str, authorization: &str) -> bool {
    let sent = authorization.split(' ').next_back().unwrap_or_default();
    let pair = STANDARD.decode(sent).unwrap_or_default();
    let pair = String::from_utf8(pair).unwrap_or_default();
    let password = pair.split_once(':').map_or("", |(_, password)| password);
    [sent, password]
        .iter()
        .any(|secret| holds_part_of(text, secret))
}

/// Whether a text has a telling piece of a secret in it.
pub fn holds_part_of(text: &str, secret: &str) -> bool {
    /// Words and ids have as many letters in common by chance; a secret's are enough to hide it.
    const TELLING: usize = 8;
    if secret.is_empty() {
        return false;
    }
    // By bytes: a piece may begin and end inside a letter.
    let length = TELLING.min(secret.len());
    let pieces: HashSet<&[u8]> = secret.as_bytes().windows(length).collect();
    let mut said = text.as_bytes().windows(length);
    said.any(|piece| pieces.contains(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(words: &str, password: &str) -> Option<String> {
        let basic = format!("Basic {}", STANDARD.encode(format!("u:{password}")));
        quotable(words, |words| repeats(words, &basic))
    }

    #[test]
    fn words_that_repeat_a_secret_are_not_quoted() {
        for (words, password, said) in [
            ("not with this", "another password", Some("not with this")),
            ("no: correct horse", "correct horse battery", None),
            // Broken into lines, and shown in one.
            ("no: correct\nhorse\nbattery", "correct horse battery", None),
            // Three bytes a letter.
            (
                "no: \u{5bc6}\u{7801}\u{5bc6}\u{7801}",
                "\u{5bc6}\u{7801}\u{5bc6}\u{7801}",
                None,
            ),
            ("\0\u{1}", "another password", None),
        ] {
            assert_eq!(quoted(words, password).as_deref(), said, "{words:?}");
        }
    }
}
