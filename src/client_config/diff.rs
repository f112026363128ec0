//! The diff of a change to a client's file, without secrets.

use std::path::Path;

use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};

use super::json;

/// The changed lines and their context, as `diff -u` prints them. Strings other than names of
/// helpers are replaced: people paste a diff into tickets.
pub fn diff(path: &Path, before: Option<&str>, after: &str) -> String {
    let name = path.display().to_string();
    let old_name = if before.is_some() { &name } else { "/dev/null" };
    let (before, after) = (redacted(before.unwrap_or_default()), redacted(after));
    let input = InternedInput::new(before.as_str(), after.as_str());
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let printer = BasicLineDiffPrinter(&input.interner);
    let hunks = diff
        .unified_diff(&printer, UnifiedDiffConfig::default(), &input)
        .to_string();
    if hunks.is_empty() {
        return hunks;
    }
    format!("--- {old_name}\n+++ {name}\n{hunks}")
}

/// The text with every string replaced that may be secret. Keeps the lines.
fn redacted(text: &str) -> String {
    let mut secret = Vec::new();
    for member in json::members(text).unwrap_or_default() {
        let key = member.key.to_ascii_lowercase();
        if key != "credhelpers" && key != "credsstore" {
            json::strings(text, member.value, &mut secret);
        }
    }
    let mut redacted = text.to_owned();
    for span in secret.into_iter().rev() {
        redacted.replace_range(span, "\"…\"");
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diff_shows_no_login() {
        let before = r#"{"auths": {"a": {"auth": "hunter2"}}, "HttpHeaders": {"X": ["hunter2", 1]}, "credsStore": "pass"}"#;
        let after = before.replace("pass", "osxkeychain");
        let expected = "\
--- config.json
+++ config.json
@@ -1,1 +1,1 @@
-{\"auths\": {\"a\": {\"auth\": \"…\"}}, \"HttpHeaders\": {\"X\": [\"…\", 1]}, \"credsStore\": \"pass\"}
+{\"auths\": {\"a\": {\"auth\": \"…\"}}, \"HttpHeaders\": {\"X\": [\"…\", 1]}, \"credsStore\": \"osxkeychain\"}
";
        let path = Path::new("config.json");
        assert_eq!(diff(path, Some(before), &after), expected);
    }
}
