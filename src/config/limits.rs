//! Durations in settings, and what they may be.

use std::time::Duration;

use jiff::SignedDuration;

use crate::error::{Failure, one_line};

/// The API refuses an expiry less than an hour ahead (docs.ionos.com, "Manage a token").
const SHORTEST_TTL: Duration = Duration::from_secs(3600);
const LONGEST_TTL: Duration = Duration::from_secs(366 * 24 * 3600);
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a token is meant to live unless said otherwise.
pub(super) const TOKEN_TTL: Duration = Duration::from_secs(12 * 3600);
/// How long a `get` may take unless said otherwise.
pub(super) const TIMEOUT: Duration = Duration::from_secs(8);

/// Reads the life of a token.
pub(super) fn token_ttl(source: &str, text: &str) -> Result<Duration, Failure> {
    within(source, text, SHORTEST_TTL, LONGEST_TTL).ok_or_else(|| {
        Failure::new(
            format!("{source} is out of range"),
            "use 1h, the least the IONOS API allows, to 8784h; the default is 12h",
        )
    })?
}

/// Reads the longest time for a `get`.
pub(super) fn timeout(source: &str, text: &str) -> Result<Duration, Failure> {
    within(source, text, SHORTEST_TIMEOUT, LONGEST_TIMEOUT).ok_or_else(|| {
        Failure::new(
            format!("{source} is out of range"),
            "use 100ms to 10m; the default is 8s",
        )
    })?
}

fn within(
    source: &str,
    text: &str,
    shortest: Duration,
    longest: Duration,
) -> Option<Result<Duration, Failure>> {
    let parsed = text.trim().parse::<SignedDuration>().ok();
    let Some(duration) = parsed.and_then(|duration| Duration::try_from(duration).ok()) else {
        return Some(Err(Failure::new(
            format!("{source} is not a duration: '{}'", one_line(text)),
            "write it with units, such as 90m or 12h",
        )));
    };
    (shortest..=longest)
        .contains(&duration)
        .then_some(Ok(duration))
}
