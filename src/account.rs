//! Who asks the IONOS API, and where that was found.
//!
//! Choosing an account is cheap and opens no file: a warm `get` needs only its key. The secret is
//! read when a request is about to be made.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher as _;

use crate::api::Endpoint;
use crate::env;
use crate::error::{Failure, one_line};

/// How to become known to the API.
pub const HOW_TO: &str = "set IONOS_TOKEN (\"ionosctl token generate\" makes one) or IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD";

/// An account at IONOS, not yet asked for its secret.
#[derive(Debug)]
pub struct Account {
    origin: Origin,
    source: Source,
    /// `IONOS_CONTRACT_NUMBER`, sent as `X-Contract-Number`.
    pub contract: Option<String>,
    /// The API this account belongs to.
    pub endpoint: Endpoint,
    key: AccountKey,
}

/// Where an account was found, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `IONOS_TOKEN`.
    Token,
    /// The file `IONOS_TOKEN_FILE` names.
    TokenFile(PathBuf),
    /// `IONOS_USERNAME` and `IONOS_PASSWORD`.
    Password,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("IONOS_TOKEN"),
            Self::TokenFile(path) => write!(
                f,
                "IONOS_TOKEN_FILE={}",
                one_line(&path.display().to_string())
            ),
            Self::Password => f.write_str("IONOS_USERNAME and IONOS_PASSWORD"),
        }
    }
}

#[derive(Debug)]
enum Source {
    Token(SecretString),
    TokenFile(PathBuf),
    Password {
        username: String,
        password: SecretString,
    },
}

/// Names an account in file names and entries. Says nothing about its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey(String);

impl AccountKey {
    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same account at another API, or under another contract, sees other registries.
    fn new(identity: &Identity, contract: Option<&str>, endpoint: &Endpoint) -> Self {
        let mut hasher = SipHasher13::new();
        for part in [
            identity.kind,
            &identity.name,
            contract.unwrap_or_default(),
            endpoint.as_str(),
        ] {
            hasher.write(part.as_bytes());
            hasher.write(&[0]);
        }
        Self(format!("{:032x}", hasher.finish128().as_u128()))
    }
}

struct Identity {
    kind: &'static str,
    name: String,
}

impl Account {
    /// The first account there is: `IONOS_TOKEN` > `IONOS_TOKEN_FILE` > `IONOS_USERNAME` with
    /// `IONOS_PASSWORD`. `None` if there is none.
    pub fn choose() -> Result<Option<Self>, Failure> {
        let (origin, source) = if let Some(token) = env::var("IONOS_TOKEN") {
            (Origin::Token, Source::Token(token.into()))
        } else if let Some(path) = env::path("IONOS_TOKEN_FILE") {
            (Origin::TokenFile(path.clone()), Source::TokenFile(path))
        } else if let (Some(username), Some(password)) =
            (env::var("IONOS_USERNAME"), env::var("IONOS_PASSWORD"))
        {
            let password = password.into();
            (Origin::Password, Source::Password { username, password })
        } else {
            return Ok(None);
        };
        let endpoint = Endpoint::from_env()?;
        let contract = contract()?;
        let key = AccountKey::new(&source.identity(), contract.as_deref(), &endpoint);
        Ok(Some(Self {
            origin,
            source,
            contract,
            endpoint,
            key,
        }))
    }

    /// Where it was found.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its name in the cache.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// Whether it asks with a name and a password, which accounts with a second factor cannot.
    pub fn is_password(&self) -> bool {
        matches!(self.source, Source::Password { .. })
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self) -> Result<SecretString, Failure> {
        match &self.source {
            Source::Token(token) => bearer(token.expose_secret(), &self.origin),
            Source::TokenFile(path) => {
                let token = read_token_file(path).map_err(|why| {
                    Failure::new(
                        format!(
                            "cannot read {}: {}",
                            self.origin,
                            one_line(&why.to_string())
                        ),
                        "check the path and its mode",
                    )
                })?;
                bearer(token.expose_secret(), &self.origin)
            }
            Source::Password { username, password } => {
                let pair = SecretString::from(format!("{username}:{}", password.expose_secret()));
                Ok(format!("Basic {}", STANDARD.encode(pair.expose_secret())).into())
            }
        }
    }
}

impl Source {
    fn identity(&self) -> Identity {
        match self {
            Self::Token(token) => token_identity(token.expose_secret().trim()),
            // `IONOS_TOKEN_FILE=token` is another file in another working directory.
            Self::TokenFile(path) => Identity {
                kind: "token-file",
                name: std::path::absolute(path)
                    .unwrap_or_else(|_| path.clone())
                    .to_string_lossy()
                    .into_owned(),
            },
            // The name alone: a hash of a password on disk is a gift to whoever steals the disk.
            Self::Password { username, .. } => Identity {
                kind: "username",
                name: username.clone(),
            },
        }
    }
}

/// Whom a token stands for. Its claims name the user and the contract and stay the same when the
/// token is renewed; a token without claims is known by its hash.
fn token_identity(token: &str) -> Identity {
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
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok())
        .and_then(|payload| serde_json::from_slice::<Claims>(&payload).ok());
    match claims {
        Some(Claims { identity }) => Identity {
            kind: "claims",
            name: format!("{} {}", identity.uuid, identity.contract_number),
        },
        None => Identity {
            kind: "hash",
            name: hex(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref()),
        },
    }
}

fn bearer(token: &str, origin: &Origin) -> Result<SecretString, Failure> {
    let token = token.trim();
    if token.is_empty() {
        return Err(Failure::new(
            format!("{origin} holds no token"),
            "put the token there, alone on its line",
        ));
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::new(
            format!(
                "{origin} holds more than a token: there is a space, a line break or a control character inside"
            ),
            "put the token there, alone on its line",
        ));
    }
    Ok(format!("Bearer {token}").into())
}

fn read_token_file(path: &Path) -> std::io::Result<SecretString> {
    // A token is a few kilobytes; somebody who names /dev/zero gets an error, not a full memory.
    const MOST: u64 = 64 * 1024;
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(MOST)
        .read_to_string(&mut text)?;
    Ok(text.into())
}

fn contract() -> Result<Option<String>, Failure> {
    let Some(number) = env::var("IONOS_CONTRACT_NUMBER") else {
        return Ok(None);
    };
    let number = number.trim();
    if number.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(number.to_owned()))
    } else {
        Err(Failure::new(
            "IONOS_CONTRACT_NUMBER is not a number",
            "set it to the contract's number or unset it",
        ))
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    fn identity(token: &str) -> String {
        let Identity { kind, name } = token_identity(token);
        format!("{kind}:{name}")
    }

    #[test]
    fn a_renewed_token_is_the_same_account() {
        let one =
            jwt(r#"{"iat":1,"identity":{"uuid":"u","contractNumber":31,"privileges":["A"]}}"#);
        let two = jwt(r#"{"iat":2,"identity":{"uuid":"u","contractNumber":31}}"#);
        assert_eq!(identity(&one), "claims:u 31");
        assert_eq!(identity(&two), identity(&one));
        let other = jwt(r#"{"identity":{"uuid":"u","contractNumber":"32"}}"#);
        assert_ne!(identity(&other), identity(&one));
    }

    #[test]
    fn a_token_without_claims_is_known_by_its_hash() {
        for opaque in ["secret", "a.b.c", "..", &jwt("{}"), &jwt("null")] {
            let identity = identity(opaque);
            assert!(identity.starts_with("hash:"), "{identity}");
            assert!(!identity.contains(opaque) || opaque == "..");
        }
        assert_ne!(identity("one"), identity("two"));
    }
}
