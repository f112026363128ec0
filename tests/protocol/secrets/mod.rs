//! Secrets are printed only by the commands whose purpose it is, and stored only in private files.

mod commands;
mod machine;
mod panic;
mod verbs;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::fake_ionos::{
    ACCOUNT_MARKER, ACCOUNT_TOKEN, FakeIonos, MINTED_MARKER, PASSWORD, USERNAME,
};
use crate::support::helper::{Helper, Home, walk};
use crate::support::platform;

/// Part of every stored login in these tests.
const TYPED_MARKER: &str = "typed-secret-";
/// Part of every private key in these tests.
const KEY_MARKER: &str = "cert-key-secret-";
const OTHER_HOST: &str = "a.cr.ionos.com";

/// Every encoding of the account's secrets, in pieces in case a message is cut.
fn account_marks() -> Vec<String> {
    let basic = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
    let pieces = [basic.as_str(), ACCOUNT_TOKEN].map(|secret| {
        let pieces = secret
            .as_bytes()
            .chunks_exact(16)
            .map(String::from_utf8_lossy);
        pieces.map(String::from).collect::<Vec<_>>()
    });
    let mut marks = pieces.concat();
    marks.extend(spellings(ACCOUNT_MARKER));
    marks
}

/// Every encoding of any secret.
fn marks() -> Vec<String> {
    let mut marks = account_marks();
    for marker in [MINTED_MARKER, TYPED_MARKER, KEY_MARKER] {
        marks.extend(spellings(marker));
    }
    marks
}

/// The text, and its base64 at every alignment.
fn spellings(mark: &str) -> Vec<String> {
    let in_base64 = (0..3).map(|before| {
        let encoded = STANDARD.encode(format!("{}{mark}", &"xx"[..before]));
        // The outer characters depend on the adjacent text.
        let (first, end) = ((before * 8).div_ceil(6), (before + mark.len()) * 8 / 6);
        encoded[first..end].to_owned()
    });
    std::iter::once(mark.to_owned()).chain(in_base64).collect()
}

#[test]
fn base64_of_a_secret_is_detected() {
    for before in ["", "u", "us", "use", "jane.doe:"] {
        let text = STANDARD.encode(format!("{before}{MINTED_MARKER}0123"));
        assert!(marks().iter().any(|mark| text.contains(mark)), "{before}");
    }
}

#[track_caller]
fn has_no_secret(what: &str, text: &str) {
    for mark in marks() {
        assert!(!text.contains(&mark), "{mark} in {what}: {text}");
    }
}

/// Asserts that registry secrets are only in private files and directories, and account secrets
/// nowhere.
#[track_caller]
fn secrets_are_private(home: &Home) {
    for path in walk(home.path()) {
        has_no_secret("a file name", &path.display().to_string());
        if !path.is_file() {
            continue;
        }
        let content = fs::read(&path).unwrap();
        let content = String::from_utf8_lossy(&content);
        let name = path.display();
        for mark in account_marks().into_iter().chain(spellings(KEY_MARKER)) {
            assert!(!content.contains(&mark), "{mark} in {name}: {content}");
        }
        if content.contains(MINTED_MARKER) || content.contains(TYPED_MARKER) {
            assert_eq!(name.to_string().rsplit('.').next(), Some("json"));
            platform::assert_mode(&path, 0o600);
            platform::assert_mode(path.parent().unwrap(), 0o700);
        }
    }
}

/// An account with a token and one with a password, each with and without the debug log.
fn each_way(home: &Home, fake: &FakeIonos) -> Vec<Helper> {
    let token = home.helper_for(fake).env("IONOS_CR_TIMEOUT", "1s");
    let password = token
        .clone()
        .without("IONOS_TOKEN")
        .env("IONOS_USERNAME", USERNAME)
        .env("IONOS_PASSWORD", PASSWORD);
    let aloud = |helper: &Helper| helper.clone().env("IONOS_CR_LOG", "debug");
    vec![aloud(&token), aloud(&password), token, password]
}
