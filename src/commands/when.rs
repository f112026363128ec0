//! Times for people and for JSON.

use serde::{Serialize, Serializer};

use crate::env;

/// Seconds since 1970; RFC 3339 in JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&env::rfc3339(self.0))
    }
}

/// `in 5 h 12 min`, or `3 min ago`.
pub(super) fn relative(at: i64, now: i64) -> String {
    let seconds = at.saturating_sub(now);
    let span = span(seconds.unsigned_abs());
    if seconds >= 0 {
        format!("in {span}")
    } else {
        format!("{span} ago")
    }
}

fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let parts = match (days, hours, minutes) {
        (0, 0, 0) => return format!("{seconds} s"),
        (0, 0, minutes) => [(minutes, "min"), (0, "")],
        (0, hours, minutes) => [(hours, "h"), (minutes, "min")],
        (days, hours, _) => [(days, "d"), (hours, "h")],
    };
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_time_has_at_most_two_units() {
        for (seconds, text) in [
            (0, "in 0 s"),
            (59, "in 59 s"),
            (60, "in 1 min"),
            (3600, "in 1 h"),
            (18_725, "in 5 h 12 min"),
            (90_000, "in 1 d 1 h"),
            (-200, "3 min ago"),
        ] {
            assert_eq!(relative(1_000_000 + seconds, 1_000_000), text);
        }
    }
}
