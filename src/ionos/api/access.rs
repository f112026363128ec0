//! An account with its secret and its endpoint: everything that a request needs.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::env;
use crate::http::Endpoint;

/// Credentials and endpoint for requests to the API.
#[derive(Debug, Clone)]
pub struct Access {
    /// The value of the `Authorization` header.
    pub authorization: SecretString,
    /// The value of the `X-Contract-Number` header.
    pub contract: Option<String>,
    /// The API, and the proof of identity that it must give.
    pub endpoint: Endpoint,
    /// When the token expires, in seconds since 1970, if it says so.
    pub token_expires_at: Option<i64>,
    /// Where the account was found, for messages.
    pub origin: String,
}

impl Access {
    /// Whether it is a user name and a password, which accounts with two-factor authentication
    /// cannot use.
    pub fn is_password(&self) -> bool {
        self.authorization.expose_secret().starts_with("Basic ")
    }

    /// Whether the token looks like one of IONOS CLOUD, which are JWTs. Keys of other IONOS products
    /// are put into `IONOS_TOKEN` by mistake.
    pub fn is_jwt(&self) -> bool {
        self.authorization.expose_secret().starts_with("Bearer eyJ")
    }

    /// When the token expires, if it says so.
    pub fn expires(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.token_expires_at?).ok()
    }

    /// When the token expired, if it says that it did.
    pub fn expired(&self) -> Option<Timestamp> {
        self.expires().filter(|at| at.as_second() < env::now())
    }
}
