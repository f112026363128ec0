//! An answer: its status, the headers that matter here, its body.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretSlice};
use serde::de::{DeserializeOwned, IgnoredAny};
use ureq::http::header::{self, HeaderMap, HeaderName};

use super::{Challenge, TransportError};
use crate::env;
use crate::json;

/// An answer with any status.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Result<SecretSlice<u8>, TransportError>,
}

impl Response {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, if it is a string.
    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The challenges of all `WWW-Authenticate` headers.
    pub fn challenges(&self) -> Vec<Challenge> {
        self.headers
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Challenge::parse_all)
            .collect()
    }

    /// The `Location` header.
    pub fn location(&self) -> Option<&str> {
        self.header(&header::LOCATION)
    }

    /// The server's time, in seconds since 1970.
    pub fn date(&self) -> Option<i64> {
        parse_http_date(self.header(&header::DATE)?)
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        parse_retry_after(self.header(&header::RETRY_AFTER)?)
    }

    /// The body; empty if it did not arrive completely.
    pub fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |body| body.expose_secret())
    }

    /// The body as JSON. serde's own error would quote the value it failed on, which may be a
    /// password.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, TransportError> {
        let body = self.body.as_ref().map_err(Clone::clone)?;
        json::from_slice(body.expose_secret()).map_err(|_| TransportError::Foreign)
    }

    /// An error if the body is neither empty nor JSON: a proxy answers with a login page, also with
    /// status 200.
    pub fn refuse_page(&self) -> Result<(), TransportError> {
        match &self.body {
            Ok(body) if body.expose_secret().is_empty() => Ok(()),
            _ => self.json::<IgnoredAny>().map(drop),
        }
    }
}

/// `Retry-After`: a number of seconds or a date (RFC 9110, 10.2.3).
pub(crate) fn parse_retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = parse_http_date(text)?.saturating_sub(env::now());
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or_default()))
}

/// The date of an HTTP header, in seconds since 1970.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
        .map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        assert_eq!(parse_retry_after("0"), Some(Duration::ZERO));
        assert_eq!(parse_retry_after("3600"), Some(Duration::from_secs(3600)));
        assert_eq!(
            parse_retry_after("Thu, 01 Jan 1970 00:00:00 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(parse_retry_after("soon"), None);
        assert_eq!(parse_retry_after("-1"), None);
    }

    #[test]
    fn date_header_is_read_in_seconds() {
        let date = "Wed, 15 Jul 2026 18:00:00 GMT";
        assert_eq!(parse_http_date(date), Some(1_784_138_400));
        assert_eq!(parse_http_date("yesterday"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_a_time_or_none(text in "\\PC{0,40}|[0-9]{1,30}|[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,8} GMT") {
            let _ = (parse_retry_after(&text), parse_http_date(&text));
        }
    }
}
