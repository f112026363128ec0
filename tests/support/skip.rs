//! Skips tests that need a missing tool.
//!
//! A skip is printed. With `E2E=required` it is a failure.

use std::io::Write as _;

/// Whether every tool must be present, as in a release build.
pub fn required() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test run, not of the program"
    )]
    let value = std::env::var_os("E2E");
    value.is_some_and(|value| value == "required")
}

/// Reports a skip, or fails if every tool must be present. The caller returns after it.
pub fn skip_or_fail(what: &str, why: &str) {
    assert!(!required(), "{what}: {why} (E2E=required forbids skipping)");
    skip(what, why);
}

/// Reports a skip.
pub fn skip(what: &str, why: &str) {
    // Not `eprintln!`: the test runner hides its output when a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}
