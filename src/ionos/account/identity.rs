//! The identity of an account.

use std::hash::Hasher as _;

use secrecy::ExposeSecret as _;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::token;
use crate::http::Endpoint;
use crate::ionos::api::Credentials;

/// Names an account in file names and entries. Says nothing about its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey(String);

impl AccountKey {
    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same user at another API, or under another contract, has other registries.
    pub(super) fn new(
        identity: &Identity,
        contract: Option<&str>,
        endpoint: Option<&Endpoint>,
    ) -> Self {
        let mut hasher = SipHasher13::new();
        for part in [
            identity.kind,
            &identity.name,
            contract.unwrap_or_default(),
            endpoint.map_or("", Endpoint::as_str),
        ] {
            hasher.write(part.as_bytes());
            hasher.write(&[0]);
        }
        Self(format!("{:032x}", hasher.finish128().as_u128()))
    }
}

/// The user behind a token or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// What `name` is.
    pub(crate) kind: &'static str,
    /// The user and contract of a token's claims, a token's hash, or a user name.
    pub(crate) name: String,
}

impl Identity {
    /// For a password only the user name: a hash of the password on disk would help a thief to
    /// guess it.
    pub(super) fn of(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::Token(token) => token::identity(token.expose_secret().trim()),
            Credentials::Password { username, .. } => Self {
                kind: "username",
                name: username.clone(),
            },
        }
    }
}
