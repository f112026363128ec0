//! Durations in settings, and their limits.

use std::time::Duration;

use jiff::SignedDuration;

use crate::error::{Failure, one_line};

/// The API refuses an expiry less than an hour ahead (docs.ionos.com, "Manage a token").
const SHORTEST_TTL: SignedDuration = SignedDuration::from_hours(1);
const LONGEST_TTL: SignedDuration = SignedDuration::from_hours(366 * 24);
/// The lifetime of a token if none is set.
pub(super) const DEFAULT_TTL: SignedDuration = SignedDuration::from_hours(12);
const SHORTEST_TIMEOUT: SignedDuration = SignedDuration::from_millis(100);
const LONGEST_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);
/// The longest time for a `get` if none is set.
pub(super) const DEFAULT_TIMEOUT: SignedDuration = SignedDuration::from_secs(8);

/// What to do about a `get` that ran out of time. The default is not named: commands have their own.
pub const ALLOW_MORE_TIME: &str = "allow more time with IONOS_CR_TIMEOUT";

/// Parses the lifetime of a token.
pub(super) fn token_ttl(text: &str) -> Result<Duration, Failure> {
    within(text, SHORTEST_TTL, LONGEST_TTL, DEFAULT_TTL)
}

/// Parses the longest time for a `get`.
pub(super) fn timeout(text: &str) -> Result<Duration, Failure> {
    within(text, SHORTEST_TIMEOUT, LONGEST_TIMEOUT, DEFAULT_TIMEOUT)
}

fn within(
    text: &str,
    shortest: SignedDuration,
    longest: SignedDuration,
    default: SignedDuration,
) -> Result<Duration, Failure> {
    let (what, hint) = match text.trim().parse::<SignedDuration>() {
        Ok(it) if (shortest..=longest).contains(&it) => return Ok(it.unsigned_abs()),
        Ok(it) if !it.is_negative() => (
            "out of range".to_owned(),
            format!("use {shortest:#} to {longest:#}; the default is {default:#}"),
        ),
        _ => (
            format!("'{}' is not a duration", one_line(text)),
            format!("write it with units (h, m, s), such as {default:#}"),
        ),
    };
    Err(Failure::new(what, hint))
}
