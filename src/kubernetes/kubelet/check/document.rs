//! The one document of a file: JSON if it begins with a brace, else YAML, as a kubelet decides.

use serde::de::IgnoredAny;
use serde_json::Value;
use serde_saphyr::{Error, Options};

use crate::error::Failure;

/// Reads it. Errors of the parsers quote values, and `env` may hold secrets, so none is passed on.
pub(super) fn parse(content: &[u8]) -> Result<Value, Failure> {
    let Ok(text) = std::str::from_utf8(content) else {
        return Err(Failure::new("it is no text", "write YAML or JSON in UTF-8"));
    };
    if text.trim_start().starts_with('{')
        && let Err(err) = serde_json::from_str::<IgnoredAny>(text)
    {
        return Err(Failure::new(
            format!("not JSON at line {}, column {}", err.line(), err.column()),
            "JSON has no comments and no comma after the last item",
        ));
    }
    // An end without a document behind it.
    let text = text.trim_end();
    let text = text.strip_suffix("\n---").unwrap_or(text);
    // Also for JSON: this reader notices a key that is there twice.
    serde_saphyr::from_str_with_options::<Value>(text, options()).map_err(|err| explain(&err))
}

/// As a kubelet's YAML 1.1 has it: `yes` is a boolean and `010` a number.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 1_000,
            max_depth: 32,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
        },
        legacy_octal_numbers: true,
        with_snippet: false,
    }
}

fn explain(err: &Error) -> Failure {
    let at = err.location().map_or_else(String::new, |location| {
        format!(" at line {}, column {}", location.line(), location.column())
    });
    let (what, hint) = match err.without_snippet() {
        Error::MultipleDocuments { .. } => (
            "a second document begins",
            "keep one; a kubelet reads the first and drops the rest",
        ),
        Error::DuplicateMappingKey { .. } => ("a key is there twice", "keep one of them"),
        _ => ("not valid YAML", "mend it there; indent with spaces"),
    };
    Failure::new(format!("{what}{at}"), hint)
}
