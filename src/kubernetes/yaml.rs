//! A Kubernetes object as YAML, the way kubectl writes it: keys in order, blocks, no anchors.
//!
//! Not a writer for any YAML: what cannot be misread stands plain, and everything else as JSON,
//! which YAML includes.

use std::fmt::Write as _;

use serde_json::Value;

/// What YAML 1.1, which kubectl reads, takes for something else than a text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// The object's lines.
pub(super) fn block(object: &Value) -> String {
    let mut text = String::new();
    write(&mut text, object, 0);
    text
}

fn write(text: &mut String, value: &Value, depth: usize) {
    for (key, value) in value.as_object().into_iter().flatten() {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&scalar(key));
        text.push(':');
        match value {
            Value::Object(members) if !members.is_empty() => {
                text.push('\n');
                write(text, value, depth + 1);
                continue;
            }
            Value::String(value) => {
                text.push(' ');
                text.push_str(&scalar(value));
            }
            other => {
                text.push(' ');
                text.push_str(&other.to_string());
            }
        }
        text.push('\n');
    }
}

fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    // JSON lets these stand, YAML takes no control character, and Unicode's own line ends as
    // line ends.
    let mut quoted = String::new();
    for c in Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            other => quoted.push(other),
        }
    }
    quoted
}

/// Whether a text is read as itself without quotes: it starts like a word, so it is no number,
/// date or indicator, and goes on without what YAML parts things with.
fn is_plain(text: &str) -> bool {
    let word = text.strip_prefix('.').unwrap_or(text);
    word.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._/+=-".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        && ![".inf", ".nan"].contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_back(value: &str) -> String {
        let text = block(&json!({ "key": value }));
        let read: BTreeMap<String, String> = serde_saphyr::from_str(&text).unwrap();
        read["key"].clone()
    }

    #[test]
    fn an_object_reads_like_kubectls() {
        let object = json!({
            "kind": "Secret", "apiVersion": "v1", "data": {".dockerconfigjson": "e30="},
            "metadata": {"name": "ionos", "annotations": {"x/expires-at": "2026-11-24T12:00:00Z"}, "labels": {}},
        });
        assert_eq!(
            block(&object),
            "apiVersion: v1\ndata:\n  .dockerconfigjson: e30=\nkind: Secret\nmetadata:\n  annotations:\n    x/expires-at: \"2026-11-24T12:00:00Z\"\n  labels: {}\n  name: ionos\n"
        );
    }

    #[test]
    fn what_could_be_misread_is_quoted() {
        for text in [
            "",
            "true",
            "NO",
            "y",
            "null",
            "~",
            "1",
            "1e5",
            "0x1f",
            "12:30",
            ".5",
            ".inf",
            ".NaN",
            "-a",
            "2026-11-24",
            "a: b",
            "a #b",
            "#a",
            "a:",
            "*a",
            "&a",
            "!a",
            "{a",
            "[a",
            "%a",
            "@a",
            "`a",
            "'a",
            "\"a",
            "|",
            ">",
            "a\nb",
            "\u{85}",
            "\u{2028}",
            "\u{7f}",
            "\u{feff}",
            "=",
            "<<",
            "a ",
        ] {
            assert!(!is_plain(text), "{text:?}");
            assert_eq!(read_back(text), text);
        }
        for text in [
            "e30=",
            "eyJh+/4==",
            "v1",
            "kubernetes.io/dockerconfigjson",
            "demo.cr.de-fra.ionos.com",
        ] {
            assert!(is_plain(text), "{text:?}");
            assert_eq!(read_back(text), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_back(text in any::<String>()) {
            prop_assert_eq!(read_back(&text), text);
        }
    }
}
