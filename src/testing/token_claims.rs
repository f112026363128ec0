//! Invariants of the claims of an API token.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::ionos::account::{Identity, token};

/// The claims of a token: they name always the same user, or the token is identified by its hash.
pub fn token_claims(bytes: &[u8]) {
    let claims = format!("e30.{}.sig", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    for token in [claims, String::from_utf8_lossy(bytes).into_owned()] {
        let Identity { kind, name } = token::identity(&token);
        let again = token::identity(&token);
        assert_eq!((kind, &name), (again.kind, &again.name));
        match kind {
            "claims" => assert!(!name.is_empty()),
            _ => assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())),
        }
        let _ = token::expiry(&token);
    }
}
