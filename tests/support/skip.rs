//! What a test does when a tool it needs is not on this machine.
//!
//! Skipping in silence would let a build without Docker or Python call itself
//! green, so a skip is loud, and `E2E=required` turns it into a failure.

use std::io::Write as _;

/// True where every tool must be present, which is what the release build says.
pub fn required() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test run, not of the program"
    )]
    let value = std::env::var_os("E2E");
    value.is_some_and(|value| value == "required")
}

/// Ends the test: the caller returns right after this.
pub fn skip_or_fail(what: &str, why: &str) {
    assert!(!required(), "{what}: {why} (E2E=required forbids skipping)");
    skip(what, why);
}

/// Says that a test is left out.
pub fn skip(what: &str, why: &str) {
    // Not eprintln!, whose output the test runner hides when a test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}
