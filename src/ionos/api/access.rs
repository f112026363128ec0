//! An account with its secret and its endpoint: all that a request needs.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::env;
use crate::http::{self, Endpoint};
use crate::secret::Secret;

/// The credentials of an IONOS account.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An API token.
    Token(Secret),
    /// A user name and its password. Accounts with two-factor authentication cannot use them.
    Password {
        /// Usually an e-mail address.
        username: String,
        /// The password.
        password: Secret,
    },
}

impl Credentials {
    /// The value of the `Authorization` header.
    pub(super) fn authorization(&self) -> SecretString {
        match self {
            Self::Token(token) => format!("Bearer {}", token.expose_secret()).into(),
            Self::Password { username, password } => http::basic(username, password),
        }
    }
}

/// Credentials and endpoint for requests to the API.
#[derive(Debug, Clone)]
pub struct Access {
    /// The account.
    pub credentials: Credentials,
    /// The value of the `X-Contract-Number` header.
    pub contract: Option<String>,
    /// The API, and how it must prove its identity.
    pub endpoint: Endpoint,
    /// When the token expires, if its claims say so.
    pub token_expiry: Option<Timestamp>,
    /// Where the account was found, for messages.
    pub origin: String,
}

impl Access {
    /// When the token expired; `None` if it has not, or does not say.
    pub fn expired(&self) -> Option<Timestamp> {
        self.token_expiry.filter(|at| at.as_second() < env::now())
    }
}
