//! The response to a kubelet.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::{Serialize, Serializer};

use super::api_version::ApiVersion;
use super::request::Request;
use crate::credential::Credential;

/// The longest time that a kubelet may cache a response. It does not notice a revoked token, and our
/// own cache answers in milliseconds.
const LONGEST_CACHED: i64 = 15 * 60;

/// A credential that expires sooner is not cached by the kubelet.
const MARGIN: i64 = 60;

/// A response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response<'a> {
    kind: Kind,
    api_version: ApiVersion,
    cache_key_type: CacheKeyType,
    cache_duration: CacheDuration,
    /// `null` means "no credentials".
    auth: Option<BTreeMap<&'a str, AuthConfig<'a>>>,
}

#[derive(Serialize)]
enum Kind {
    CredentialProviderResponse,
}

/// What a response is valid for. The kubelet also knows `Image` and `Global`.
#[derive(Serialize)]
enum CacheKeyType {
    Registry,
}

#[derive(Serialize)]
struct AuthConfig<'a> {
    username: &'a str,
    password: &'a str,
}

impl<'a> Response<'a> {
    /// A credential, for the registry as written in the request.
    pub fn of(request: &'a Request, credential: &'a Credential, now: i64) -> Self {
        let auth = AuthConfig {
            username: &credential.username,
            password: credential.secret.expose_secret(),
        };
        Self {
            cache_duration: CacheDuration::of(credential.expires_at, now),
            auth: Some(BTreeMap::from([(request.address.as_str(), auth)])),
            ..Self::none(request.api_version)
        }
    }

    /// "No credentials". It must not be cached, which a kubelet would do even with that.
    pub fn none(api_version: ApiVersion) -> Self {
        Self {
            kind: Kind::CredentialProviderResponse,
            api_version,
            cache_key_type: CacheKeyType::Registry,
            cache_duration: CacheDuration(Duration::ZERO),
            auth: None,
        }
    }
}

/// How long a kubelet may cache a response: whole seconds as a duration of Go.
#[derive(Clone, Copy)]
struct CacheDuration(Duration);

impl CacheDuration {
    /// Half of the remaining lifetime. A stored login does not expire.
    fn of(expires_at: Option<i64>, now: i64) -> Self {
        let left = expires_at.map_or(i64::MAX, |end| end.saturating_sub(now));
        let seconds = if left < MARGIN {
            0
        } else {
            (left / 2).min(LONGEST_CACHED)
        };
        Self(Duration::from_secs(seconds.unsigned_abs()))
    }
}

impl fmt::Display for CacheDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 60, seconds % 60) {
            (0, seconds) => write!(f, "{seconds}s"),
            (minutes, seconds) => write!(f, "{minutes}m{seconds}s"),
        }
    }
}

impl Serialize for CacheDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_duration_is_half_the_remaining_lifetime_up_to_15_minutes() {
        for (left, duration) in [
            (i64::MIN, "0s"),
            (-1, "0s"),
            (0, "0s"),
            (59, "0s"),
            (60, "30s"),
            (119, "59s"),
            (120, "1m0s"),
            (121, "1m0s"),
            (1799, "14m59s"),
            (1800, "15m0s"),
            (43200, "15m0s"),
            (i64::MAX, "15m0s"),
        ] {
            assert_eq!(CacheDuration::of(Some(left), 0).to_string(), duration);
        }
        assert_eq!(CacheDuration::of(Some(0), i64::MIN).to_string(), "15m0s");
        assert_eq!(CacheDuration::of(Some(i64::MIN), 1).to_string(), "0s");
        assert_eq!(CacheDuration::of(None, 5).to_string(), "15m0s");
    }
}
