//! JSON as it is written: the members of an object, each a part of the text it stands in.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::Failure;

/// One member of an object.
pub(super) struct Member<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) value: &'a RawValue,
}

/// The text of a file, once it is certain that it is one JSON object. An empty file is an empty
/// text.
pub(super) fn check<'a>(content: &'a [u8], path: &Path) -> Result<&'a str, Failure> {
    let failure = |what: String, hint| Failure::new(what, hint).within(&path.display().to_string());
    let broken = |(line, column)| {
        failure(
            format!("no JSON at line {line}, column {column}"),
            "mend it there; JSON has no comments and no comma after the last item",
        )
    };
    let text = std::str::from_utf8(content).map_err(|err| {
        let mut lines = content[..err.valid_up_to()].split(|byte| *byte == b'\n');
        let column = lines.next_back().map_or(0, <[u8]>::len) + 1;
        let line = lines.count() + 1;
        broken((line, column))
    })?;
    if text.trim_ascii().is_empty() {
        return Ok(text);
    }
    // As a whole, and no deeper than serde_json allows. Its own words may quote a value.
    let value: Value =
        serde_json::from_str(text).map_err(|err| broken((err.line(), err.column())))?;
    if !value.is_object() {
        return Err(failure(
            "not a JSON object".into(),
            "write it in braces: {…}",
        ));
    }
    Ok(text)
}

/// The members of an object in their order, doubles included; `None` if it is none.
pub(super) fn members(object: &str) -> Option<Vec<Member<'_>>> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((Key(key), value)) = map.next_entry()? {
                members.push(Member { key, value });
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(object)
        .deserialize_map(Members)
        .ok()
}

/// Where a value stands in the text it was read from.
pub(super) fn span(text: &str, value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + value.get().len()
}

/// Where the texts in a value stand.
pub(super) fn texts(text: &str, value: &RawValue, found: &mut Vec<Range<usize>>) {
    match value.get().as_bytes().first() {
        Some(b'"') => found.push(span(text, value)),
        Some(b'{') => {
            for member in members(value.get()).unwrap_or_default() {
                texts(text, member.value, found);
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            for item in items {
                texts(text, item, found);
            }
        }
        _ => {}
    }
}
