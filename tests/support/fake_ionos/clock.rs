//! The server's clock, which a test can shift.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

#[derive(Default)]
pub struct Clock(AtomicI64);

impl Clock {
    pub fn set_offset(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the server has a clock of its own"
    )]
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }

    /// The time as a `Date` header.
    pub fn http_date(&self) -> String {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&self.now())
            .unwrap()
    }
}

/// The API writes times in whole seconds.
pub fn whole_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap()
        .to_string()
}

/// Strict RFC 3339. jiff would also accept a space, missing seconds or a time zone name.
pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20
        && bytes[10].eq_ignore_ascii_case(&b'T')
        && bytes[16] == b':'
        && !text.contains('[');
    shape.then(|| text.parse().ok()).flatten()
}
