//! Who an account is.

use std::hash::Hasher as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use super::token;
use crate::http::Endpoint;
use crate::ionos::ionosctl::Credentials;

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
    /// Only the user name: a hash of a password on disk would help a thief to guess the password.
    pub(super) fn of_user(username: &str) -> Self {
        Self {
            kind: "username",
            name: username.to_owned(),
        }
    }

    pub(super) fn of(credentials: &Credentials) -> Self {
        match credentials {
            Credentials::Token(token) => token::identity(token.expose_secret().trim()),
            Credentials::Password { username, .. } => Self::of_user(username),
        }
    }

    /// Of the value of an `Authorization` header.
    pub(super) fn of_authorization(authorization: &SecretString) -> Self {
        let value = authorization.expose_secret();
        let username = || {
            let pair = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
            let end = pair.iter().position(|byte| *byte == b':')?;
            String::from_utf8(pair.get(..end)?.to_vec()).ok()
        };
        match username() {
            Some(username) => Self::of_user(&username),
            None => token::identity(value.strip_prefix("Bearer ").unwrap_or(value)),
        }
    }
}
