//! A duration as Go reads it.

/// The units, in nanoseconds.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];
/// As many nanoseconds as Go has room for: 292 years, or 2562047 hours and some minutes.
const LONGEST: f64 = 9_223_372_036_854_775_807.0;

/// Whether Go would read it, and then whether it is below zero. `1.5h`, `-1m30s` and a bare `0`
/// are durations; `1d`, `PT1H`, `5` and `2562048h` are not.
pub(super) fn is_negative(text: &str) -> Option<bool> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(false);
    }
    let mut nothing = true;
    let mut nanoseconds = 0.0;
    loop {
        let number = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|end| *end > 0)?;
        let (digits, unit) = rest.split_at(number);
        let is_number = digits.bytes().filter(|b| *b == b'.').count() <= 1
            && !digits.trim_matches('.').is_empty();
        let end = unit
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if !is_number {
            return None;
        }
        nanoseconds += digits.parse::<f64>().ok()? * length;
        if nanoseconds > LONGEST {
            return None;
        }
        nothing &= digits.bytes().all(|b| b == b'0' || b == b'.');
        if after.is_empty() {
            return Some(negative && !nothing);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for text in [
            "0", "0s", "+0", "-0", "-0s", "15m0s", "1h30m", "3600s", "1799.5s", "1.5h", ".5s",
            "1.s", "10ms", "1µs", "+1m", "2562047h",
        ] {
            assert_eq!(is_negative(text), Some(false), "{text}");
        }
        for text in ["-5s", "-1h30m"] {
            assert_eq!(is_negative(text), Some(true), "{text}");
        }
        for text in [
            "",
            "5",
            "PT1H",
            "1d",
            "1h30",
            "s",
            "-",
            "1 h",
            " 1h",
            "1H",
            "1..5s",
            ".s",
            "1m,",
            "é",
            "2562048h",
            "9999999999h",
        ] {
            assert_eq!(is_negative(text), None, "{text}");
        }
    }
}
