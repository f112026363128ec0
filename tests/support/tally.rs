//! Numbers of attempts (kills, races, inputs), for the table at the end of `.ci/run`.

use std::io::Write as _;

/// Appends a count to the file in `TALLY`, if set.
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
    // One write, so that concurrent tests do not mix their lines.
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap();
}

/// The number of repetitions: the value of an environment variable, or the default.
#[expect(
    clippy::disallowed_methods,
    reason = "how thorough a run is meant to be"
)]
pub fn times(variable: &str, unless_said: usize) -> usize {
    std::env::var(variable).map_or(unless_said, |times| times.parse().unwrap())
}

/// Counts an attack as tried, and as repelled if the checks in `attack` pass.
pub fn attack<T>(attack: impl FnOnce() -> T) -> T {
    add("attacks tried", 1);
    let outcome = attack();
    add("attacks repelled", 1);
    outcome
}
