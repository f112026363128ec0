//! How much was tried, for the table that `.ci/run` prints at its end.

use std::io::Write as _;

/// Adds to a count: `TALLY` names the file.
#[expect(
    clippy::disallowed_methods,
    reason = "what .ci/run tells the tests, not what a test tells the program"
)]
pub fn add(what: &str, count: usize) {
    let Some(path) = std::env::var_os("TALLY") else {
        return;
    };
    let line = format!("{count} {what}\n");
    let file = std::fs::File::options()
        .append(true)
        .create(true)
        .open(path);
    // One write, so that lines of tests that end together stay lines.
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap();
}

/// How often something is tried, which a run may say.
#[expect(
    clippy::disallowed_methods,
    reason = "how thorough a run is meant to be"
)]
pub fn times(variable: &str, unless_said: usize) -> usize {
    std::env::var(variable).map_or(unless_said, |times| times.parse().unwrap())
}
