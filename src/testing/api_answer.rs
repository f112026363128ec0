//! Invariants of everything that is read from an API.

use secrecy::ExposeSecret as _;

use crate::error;
use crate::http::{self, Endpoint};
use crate::ionos::api::{Access, Credentials, ListedToken, Registry, refusal as api_refusal, wire};
use crate::kubernetes;
use crate::secret::{self, Secret};
use crate::uuid::is_uuid;

/// A body or a header of an API: it is read or refused. A refusal is one line and quotes nothing of
/// what was sent.
pub fn answer(bytes: &[u8]) {
    if let Ok(page) = serde_json::from_slice::<wire::Page<Registry>>(bytes)
        && let Ok((items, next)) = page.into_parts()
    {
        assert_ne!(next.as_deref(), Some(""));
        for registry in items.accepted {
            assert!(is_uuid(&registry.id));
            assert_ne!(registry.hostname.as_deref(), Some(""));
        }
    }
    if let Ok(created) = serde_json::from_slice::<wire::Object<wire::TokenProperties>>(bytes)
        && let Some(token) = created.into_token(None)
    {
        assert!(!token.username.is_empty());
        assert!(!token.password.expose_secret().is_empty());
        assert!(token.id.as_deref().is_none_or(is_uuid));
    }
    if let Ok(page) = serde_json::from_slice::<wire::Page<ListedToken>>(bytes)
        && let Ok((items, _)) = page.into_parts()
    {
        for token in items.accepted {
            assert!(is_uuid(&token.id));
        }
    }
    refusal(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        header(text);
        let _ = kubernetes::message(text.as_bytes());
    }
}

fn refusal(body: &[u8]) {
    let words = wire::ErrorMessage::parse(body).message;
    let words = words.as_str();
    // A server may repeat what was sent, whole, cut, or broken into lines.
    for password in [words, &error::one_line(words), &format!("1{words}2")] {
        secret::forget_all();
        let _ = Secret::from(password);
        let is_repeated = words.contains(password) || words.len() >= 8;
        let said = refused(body, 400);
        assert!(
            password.is_empty() || !is_repeated || said.is_none(),
            "{said:?}"
        );
    }
    secret::forget_all();
    for status in [307, 401, 403, 404, 409, 429, 500, 503] {
        let said = refused(body, status);
        assert_ne!(said.as_deref(), Some(""));
    }
}

/// The API's words as they are quoted.
fn refused(body: &[u8], status: u16) -> Option<String> {
    let err = api_refusal(status, body, None);
    let access = Access {
        credentials: Credentials::Token("0123456789".into()),
        contract: None,
        endpoint: Endpoint::default(),
        token_expiry: None,
        origin: "IONOS_TOKEN".into(),
    };
    super::one_line(&err.failure(&access));
    err.message().map(ToOwned::to_owned)
}

fn header(text: &str) {
    let _ = (http::parse_retry_after(text), http::parse_http_date(text));
    assert!(wire::id_in_location(Some(text)).is_none_or(|id| is_uuid(&id)));
    for challenge in http::Challenge::parse_all(text) {
        let realm = challenge.parameter("realm").unwrap_or_default();
        match Endpoint::of_token_service(realm) {
            Ok(service) => {
                let is_https = realm
                    .get(..8)
                    .is_some_and(|it| it.eq_ignore_ascii_case("https://"));
                assert!(is_https || service.is_loopback(), "{realm}");
            }
            Err(failure) => super::one_line(&failure),
        }
    }
}
