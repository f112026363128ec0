//! What a change to a client's file comes to, fit to be shown.

use std::path::Path;

use similar::TextDiff;

use super::json;

/// The lines that differ, with those around them, as `diff -u` writes them. Texts other than names
/// of helpers are left out: a diff is read over a shoulder and pasted into a ticket.
pub fn diff(path: &Path, before: Option<&str>, after: &str) -> String {
    let name = path.display().to_string();
    let old_name = if before.is_some() { &name } else { "/dev/null" };
    let (before, after) = (redacted(before.unwrap_or_default()), redacted(after));
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .header(old_name, &name)
        .to_string()
}

/// The text without what may be secret in it, line for line.
fn redacted(text: &str) -> String {
    let mut secret = Vec::new();
    for member in json::members(text).unwrap_or_default() {
        if !["credHelpers", "credsStore"].contains(&member.key.as_ref()) {
            json::texts(text, member.value, &mut secret);
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
    fn a_diff_shows_no_login() {
        let before = r#"{"auths": {"a": {"auth": "hunter2"}}, "HttpHeaders": {"X": ["hunter2", 1]}, "credsStore": "pass"}"#;
        let after = before.replace("pass", "osxkeychain");
        let expected = "\
--- config.json
+++ config.json
@@ -1 +1 @@
-{\"auths\": {\"a\": {\"auth\": \"…\"}}, \"HttpHeaders\": {\"X\": [\"…\", 1]}, \"credsStore\": \"pass\"}
\\ No newline at end of file
+{\"auths\": {\"a\": {\"auth\": \"…\"}}, \"HttpHeaders\": {\"X\": [\"…\", 1]}, \"credsStore\": \"osxkeychain\"}
\\ No newline at end of file
";
        let path = Path::new("config.json");
        assert_eq!(diff(path, Some(before), &after), expected);
    }
}
