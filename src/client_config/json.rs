//! JSON as the clients read it, and the members of an object with their place in the text.
//!
//! Docker and podman use Go's `encoding/json`. Docker decodes the first value of the file and
//! ignores the rest; podman decodes the whole file.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Failure;

/// Go's decoder refuses deeper nesting.
const DECODABLE_DEPTH: usize = 10_000;
/// `strings` recurses once for each level.
const EDITABLE_DEPTH: usize = 100;
const SAVE_AS_UTF_8: &str = "save it as UTF-8 without BOM";
pub(super) const IN_BRACES: &str = "write it in braces: {…}";

/// One member of an object.
pub(super) struct Member<'a> {
    pub(super) key: String,
    pub(super) value: &'a RawValue,
}

/// A file's content as Docker reads it.
pub(super) struct Document<'a> {
    text: Cow<'a, str>,
    object: Range<usize>,
}

impl<'a> Document<'a> {
    /// Decodes the first value of the file. Fails where Docker does.
    pub(super) fn read(content: &'a [u8]) -> Result<Self, Failure> {
        if content.starts_with(b"\xef\xbb\xbf") {
            return Err(Failure::new("begins with a byte order mark", SAVE_AS_UTF_8));
        }
        if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
            return Err(Failure::new("is UTF-16, not UTF-8", SAVE_AS_UTF_8));
        }
        // Go replaces what is not UTF-8.
        let text = String::from_utf8_lossy(content);
        let start = text.len() - text.trim_ascii_start().len();
        if start == text.len() {
            let object = start..start;
            return Ok(Self { text, object });
        }
        let value = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(&text))
            .map_err(|err| {
                let what = format!(
                    "invalid JSON at line {}, column {}",
                    err.line(),
                    err.column()
                );
                let hint = "fix it there; JSON has no comments and no comma after the last item";
                Failure::new(what, hint)
            })?;
        let object = span(&text, value);
        let value = value.get();
        if !value.starts_with('{') && value != "null" {
            return Err(Failure::new("not a JSON object", IN_BRACES));
        }
        check_depth(value, DECODABLE_DEPTH, "remove the nested value")?;
        Ok(Self { text, object })
    }

    /// The object, `null` or, for a blank file, nothing.
    pub(super) fn object(&self) -> &str {
        &self.text[self.object.clone()]
    }

    /// Where the text after the object begins.
    pub(super) fn tail(&self) -> Option<String> {
        let tail = self.text[self.object.end..].trim_ascii_start();
        (!tail.is_empty()).then(|| place(&self.text[..self.text.len() - tail.len()]))
    }
}

/// The text of a file, if it can be edited: one JSON object in UTF-8, or blank.
pub(super) fn editable_text(content: &[u8]) -> Result<&str, Failure> {
    let document = Document::read(content)?;
    let text = std::str::from_utf8(content).map_err(|err| {
        let (valid, _) = content.split_at(err.valid_up_to());
        let place = place(&String::from_utf8_lossy(valid));
        Failure::new(format!("not UTF-8 at {place}"), SAVE_AS_UTF_8)
    })?;
    if let Some(place) = document.tail() {
        let what = format!("text after the JSON object at {place}");
        return Err(Failure::new(what, "remove that text"));
    }
    if document.object() == "null" {
        return Err(Failure::new("not a JSON object", IN_BRACES));
    }
    let hint = "add the host to credHelpers with an editor";
    check_depth(document.object(), EDITABLE_DEPTH, hint)?;
    Ok(text)
}

/// The place that follows this text.
fn place(before: &str) -> String {
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    format!("line {line}, column {}", last.len() + 1)
}

/// Refuses valid JSON whose arrays and objects are nested deeper than `most`.
fn check_depth(json: &str, most: usize, hint: &str) -> Result<(), Failure> {
    let mut depth = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            let what = format!("nested deeper than {most} levels");
            return Err(Failure::new(what, hint));
        }
    }
    Ok(())
}

/// The members of an object in their order, duplicates included; `None` if it is no object.
pub(super) fn members(object: &str) -> Option<Vec<Member<'_>>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry()? {
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

/// Where the strings in a value stand.
pub(super) fn strings(text: &str, value: &RawValue, found: &mut Vec<Range<usize>>) {
    match value.get().as_bytes().first() {
        Some(b'"') => found.push(span(text, value)),
        Some(b'{') => {
            for member in members(value.get()).unwrap_or_default() {
                strings(text, member.value, found);
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            for item in items {
                strings(text, item, found);
            }
        }
        _ => {}
    }
}
