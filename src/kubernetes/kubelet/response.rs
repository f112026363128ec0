//! The response to a kubelet.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::request::{ApiVersion, Request};
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
    kind: &'static str,
    api_version: ApiVersion,
    /// What it is valid for. The kubelet also knows `Image` and `Global`.
    cache_key_type: &'static str,
    cache_duration: String,
    /// `null` means "no credentials".
    auth: Option<BTreeMap<&'a str, AuthConfig<'a>>>,
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
            cache_duration: cache_duration(credential.expires_at, now),
            auth: Some(BTreeMap::from([(request.address.as_str(), auth)])),
            ..Self::none(request.api_version)
        }
    }

    /// "No credentials". The duration keeps the kubelet from caching this answer.
    pub fn none(api_version: ApiVersion) -> Self {
        Self {
            kind: "CredentialProviderResponse",
            api_version,
            cache_key_type: "Registry",
            cache_duration: "0s".into(),
            auth: None,
        }
    }
}

/// How long a kubelet may cache a response, as a duration of Go: half of the remaining lifetime. A
/// stored login does not expire.
fn cache_duration(expires_at: Option<i64>, now: i64) -> String {
    let left = expires_at.map_or(i64::MAX, |end| end.saturating_sub(now));
    let seconds = match left {
        ..MARGIN => 0,
        _ => (left / 2).min(LONGEST_CACHED),
    };
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
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
            assert_eq!(cache_duration(Some(left), 0), duration);
        }
        assert_eq!(cache_duration(Some(0), i64::MIN), "15m0s");
        assert_eq!(cache_duration(Some(i64::MIN), 1), "0s");
        assert_eq!(cache_duration(None, 5), "15m0s");
    }
}
