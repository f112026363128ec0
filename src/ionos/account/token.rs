//! The claims of an API token: a JWT that names the user, the contract and the expiry.
//!
//! Nothing here is verified: the claims are used to name cache entries and to explain refusals. Only
//! the API decides whether a token is valid.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Identity;
use crate::json;

/// The user of a token. A refreshed token has the same claims; a token without claims is identified
/// by its hash.
pub(crate) fn identity(token: &str) -> Identity {
    #[derive(Deserialize)]
    struct Claims {
        identity: User,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct User {
        uuid: String,
        #[serde(default)]
        contract_number: serde_json::Value,
    }
    match claims(token) {
        Some(Claims { identity }) if !identity.uuid.is_empty() => Identity {
            kind: "claims",
            name: format!("{} {}", identity.uuid, identity.contract_number),
        },
        _ => Identity {
            kind: "hash",
            name: hex(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref()),
        },
    }
}

/// When a token expires.
pub(crate) fn expiry(token: &str) -> Option<Timestamp> {
    /// The year 5138 in seconds, 1973 in milliseconds.
    const SURELY_MILLISECONDS: i64 = 100_000_000_000;
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let Claims { exp } = claims(token)?;
    // IONOS has published a token with milliseconds, where the JWT standard has seconds.
    let seconds = if exp > SURELY_MILLISECONDS {
        exp / 1000
    } else {
        exp
    };
    Timestamp::from_second(seconds).ok()
}

/// The claims of any JWT.
pub(crate) fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1)?)
        .ok()?;
    json::from_slice(&payload).ok()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    fn named(token: &str) -> String {
        let Identity { kind, name } = identity(token);
        format!("{kind}:{name}")
    }

    #[test]
    fn refreshed_token_is_the_same_account() {
        let one =
            jwt(r#"{"iat":1,"identity":{"uuid":"u","contractNumber":31,"privileges":["A"]}}"#);
        let two = jwt(r#"{"iat":2,"identity":{"uuid":"u","contractNumber":31}}"#);
        assert_eq!(named(&one), "claims:u 31");
        assert_eq!(named(&two), named(&one));
        let other = jwt(r#"{"identity":{"uuid":"u","contractNumber":"32"}}"#);
        assert_ne!(named(&other), named(&one));
    }

    #[test]
    fn token_without_claims_is_identified_by_its_hash() {
        let nobody = jwt(r#"{"identity":{"uuid":""}}"#);
        for opaque in ["secret", "a.b.c", "..", &jwt("{}"), &jwt("null"), &nobody] {
            let named = named(opaque);
            assert!(named.starts_with("hash:"), "{named}");
            assert!(!named.contains(opaque) || opaque == "..");
        }
        assert_ne!(named("one"), named("two"));
    }

    #[test]
    fn expiry_is_read_in_seconds_and_milliseconds() {
        let expected = Timestamp::from_second(1_602_489_593).ok();
        assert_eq!(expiry(&jwt(r#"{"exp":1602489593}"#)), expected);
        assert_eq!(expiry(&jwt(r#"{"exp":1602489593071}"#)), expected);
        assert_eq!(expiry(&jwt(r#"{"exp":"soon"}"#)), None);
        assert_eq!(expiry("opaque"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_claims_give_an_identity(bytes in crate::testing::hostile::bytes(r#"{"iss":"ionoscloud","exp":1893456000,"identity":{"contractNumber":31415,"role":"user","uuid":"u-1"}}"#)) {
            crate::testing::token_claims(&bytes);
        }
    }
}
