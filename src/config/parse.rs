//! Typed JSON whose errors name the place and the key that was probably meant, and quote no value:
//! a value in the wrong place may be a secret.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Deserializer, Error, Value};
use serde_path_to_error::{Path, Segment};

use crate::error::{Failure, nearest_key};
use crate::json::{self, Object};

/// Parses the content of a file.
pub(super) fn from_slice<'de, T: Deserialize<'de>>(content: &'de [u8]) -> Result<T, Failure> {
    // Tracking the path costs time, so it is for errors only.
    json::from_slice(content).or_else(|_| {
        if std::str::from_utf8(content).is_err() {
            let hint = "save it as UTF-8 (PowerShell's > writes UTF-16)";
            return Err(Failure::new("it is not valid UTF-8", hint));
        }
        if content.trim_ascii().is_empty() {
            return Err(Failure::new(
                "it is empty",
                "write {} for no settings, or remove the file",
            ));
        }
        // In a damaged file a key may be a value, so it is not named.
        if let Err(err) = serde_json::from_slice::<IgnoredAny>(content) {
            let (line, column) = (err.line(), err.column());
            return Err(Failure::new(
                format!("invalid JSON at line {line}, column {column}"),
                "JSON has no comments and no comma after the last item",
            ));
        }
        let mut deserializer = Deserializer::from_slice(content);
        serde_path_to_error::deserialize(&mut deserializer)
            .map(|Object(value)| value)
            .map_err(|err| explain("", err.path(), err.inner()))
    })
}

/// Parses the part of a document at `place`.
pub fn from_value<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, Failure> {
    serde_path_to_error::deserialize(value)
        .map(|Object(value)| value)
        .map_err(|err| explain(place, err.path(), err.inner()))
}

/// Only names of keys and types are taken from serde's message.
fn explain(place: &str, path: &Path, err: &Error) -> Failure {
    let message = err.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(&*message, |(message, _)| message);
    let place = path.iter().fold(place.to_owned(), join);
    let place = if place.is_empty() { "the file" } else { &place };
    let (kind, rest) = message.split_once('`').unwrap_or((message, ""));
    let expected = message
        .rsplit_once(", expected ")
        .map_or("", |(_, expected)| expected);
    match kind {
        "unknown field " => {
            let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
            let key = path
                .iter()
                .next_back()
                .map_or_else(String::new, ToString::to_string);
            Failure::new(
                format!("{place} is an unknown key"),
                nearest_key(&key, &known),
            )
        }
        "duplicate field " => {
            let what = format!("{place} has a duplicate key {}", rest.trim_end_matches('`'));
            Failure::new(what, "keep one of them")
        }
        "missing field " => {
            let what = format!("{place} has no {}", rest.trim_end_matches('`'));
            Failure::new(what, "add it")
        }
        _ if message.starts_with("invalid ") || kind == "unknown variant " => {
            let expected = expected.replace('`', "").replace("a sequence", "a list");
            let expected = match &*expected {
                "a map" => "an object",
                other => other,
            };
            Failure::new(
                format!("{place} has a wrong value"),
                format!("write {expected}"),
            )
        }
        // Our own: a Failure that became an error of serde.
        _ => {
            let (what, hint) = message.split_once("; ").unwrap_or((message, ""));
            Failure::new(what, hint).within(place)
        }
    }
}

fn join(place: String, segment: &Segment) -> String {
    match segment {
        Segment::Map { key } => at(&place, key),
        Segment::Seq { index } => format!("{place}[{index}]"),
        Segment::Enum { .. } | Segment::Unknown => place,
    }
}

/// The place of a key in an object, such as `registries."demo.cr.de-fra.ionos.com".actions`.
pub(super) fn at(place: &str, key: &str) -> String {
    let dot = if place.is_empty() { "" } else { "." };
    let is_plain = key
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"$_-".contains(&b));
    if is_plain && !key.is_empty() {
        format!("{place}{dot}{key}")
    } else {
        format!("{place}{dot}{key:?}")
    }
}
