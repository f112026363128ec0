//! The API's JSON, as far as this program needs it.
//!
//! Reading is tolerant: what the description calls optional or nullable may be missing, null or
//! empty, unknown members are ignored, and an item of a list that is not what the description says
//! is skipped. Writing is exact.

mod tolerant;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

pub(crate) use tolerant::{Items, LARGEST_LIST};
use tolerant::{lenient, or_default};

use crate::scope::Scope;
use crate::uuid::is_uuid;

/// A registry of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RegistryObject")]
pub struct Registry {
    /// For the paths of its tokens. Always a UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where clients reach it; `None` while it is being created.
    pub hostname: Option<String>,
    /// `Running` once it can be used.
    pub state: Option<String>,
    /// The networks that may reach it; all if the list is empty.
    pub allow_list: Vec<String>,
}

impl Registry {
    /// Whether it accepts logins. The API may leave the state out.
    pub fn is_running(&self) -> bool {
        let is_running = |state: &String| state.eq_ignore_ascii_case("Running");
        self.state.as_ref().is_none_or(is_running)
    }
}

/// A token as the API lists it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "TokenObject")]
pub struct ListedToken {
    /// For its deletion. Always a UUID.
    pub id: String,
    /// Its name, which is also the user name.
    pub name: String,
    /// `enabled` or `disabled`.
    pub status: String,
    /// When it was created, in seconds since 1970 by the API's clock.
    pub created_at: Option<i64>,
    /// When it expires, in the same unit; `None` for never.
    pub expires_at: Option<i64>,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A token that was just created.
#[derive(Debug)]
pub struct Token {
    /// For its deletion.
    pub id: Option<String>,
    /// The user name for the registry.
    pub username: String,
    /// The password for the registry.
    pub password: SecretString,
    /// When it expires, in seconds since 1970 by the API's clock.
    pub expires_at: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Registries {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) items: Items<Registry>,
    #[serde(default, deserialize_with = "or_default")]
    pagination: Pagination,
}

#[derive(Default, Deserialize)]
struct Pagination {
    #[serde(default, deserialize_with = "or_default")]
    token: String,
}

#[derive(Deserialize)]
struct RegistryObject {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    properties: RegistryProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegistryProperties {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    hostname: String,
    #[serde(default, deserialize_with = "lenient")]
    api_subnet_allow_list: Vec<String>,
}

impl Registries {
    /// The token of the next page. The last page has an empty one, null or none.
    pub(crate) fn next_page(&self) -> Option<String> {
        Some(self.pagination.token.clone()).filter(|token| !token.is_empty())
    }
}

impl TryFrom<RegistryObject> for Registry {
    type Error = &'static str;

    fn try_from(item: RegistryObject) -> Result<Self, Self::Error> {
        Ok(Self {
            id: checked_id(item.id)?,
            name: item.properties.name,
            hostname: Some(item.properties.hostname).filter(|name| !name.is_empty()),
            state: Some(item.metadata.state).filter(|state| !state.is_empty()),
            allow_list: item.properties.api_subnet_allow_list,
        })
    }
}

/// An id becomes part of a path.
fn checked_id(id: String) -> Result<String, &'static str> {
    is_uuid(&id).then_some(id).ok_or("no id")
}

/// A token to create.
#[derive(Debug, Serialize)]
pub struct NewToken {
    properties: NewTokenProperties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewTokenProperties {
    name: String,
    expiry_date: String,
    scopes: Vec<Scope>,
    status: &'static str,
}

impl NewToken {
    /// A token called `name` that expires at `expires_at` (seconds since 1970 by the API's clock).
    pub fn new(name: &str, expires_at: i64, scopes: &[Scope]) -> Self {
        Self {
            properties: NewTokenProperties {
                name: name.to_owned(),
                // Whole seconds and Z: the form every official client sends.
                expiry_date: Timestamp::from_second(expires_at)
                    .unwrap_or(Timestamp::MAX)
                    .to_string(),
                scopes: scopes.to_vec(),
                status: "enabled",
            },
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct TokenObject {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    metadata: Metadata,
    #[serde(default, deserialize_with = "or_default")]
    properties: TokenProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default, deserialize_with = "lenient")]
    state: String,
    #[serde(default, deserialize_with = "lenient")]
    created_date: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenProperties {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    expiry_date: String,
    #[serde(default, deserialize_with = "lenient")]
    status: String,
    #[serde(default, deserialize_with = "lenient")]
    scopes: Vec<Scope>,
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    password: Option<SecretString>,
}

impl TokenObject {
    /// `None` without a user name and a password.
    pub(crate) fn into_token(self, id_from_header: Option<String>) -> Option<Token> {
        let credentials = self.properties.credentials?;
        let password = credentials
            .password
            .filter(|password| !password.expose_secret().is_empty())?;
        let username = Some(credentials.username)
            .filter(|username| !username.is_empty())
            .or(Some(self.properties.name))
            .filter(|username| !username.is_empty())?;
        Some(Token {
            id: Some(self.id).filter(|id| is_uuid(id)).or(id_from_header),
            username,
            password,
            expires_at: parse_date(&self.properties.expiry_date),
        })
    }
}

#[derive(Deserialize)]
pub(crate) struct Tokens {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) items: Items<ListedToken>,
}

impl TryFrom<TokenObject> for ListedToken {
    type Error = &'static str;

    fn try_from(token: TokenObject) -> Result<Self, Self::Error> {
        Ok(Self {
            id: checked_id(token.id)?,
            name: token.properties.name,
            status: token.properties.status,
            created_at: parse_date(&token.metadata.created_date),
            expires_at: parse_date(&token.properties.expiry_date),
            scopes: token.properties.scopes,
        })
    }
}

/// What the API says about an error.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ErrorMessage {
    #[serde(deserialize_with = "lenient")]
    pub(crate) error_code: String,
    #[serde(alias = "msg", deserialize_with = "or_default")]
    pub(crate) message: String,
}

impl ErrorMessage {
    /// The first message in a body, which need not be JSON: the edge answers in HTML.
    pub(crate) fn parse(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Described {
            messages: Vec<ErrorMessage>,
        }
        serde_json::from_slice::<Described>(body)
            .ok()
            .and_then(|described| described.messages.into_iter().next())
            .or_else(|| serde_json::from_slice(body).ok())
            .unwrap_or_default()
    }
}

/// The token's id in `Location: /…/tokens/ID`.
pub(crate) fn last_segment(location: Option<&str>) -> Option<String> {
    let id = location?.trim_end_matches('/').rsplit('/').next()?;
    is_uuid(id).then(|| id.to_owned())
}

/// RFC 3339, and without a zone too, which some IONOS APIs leave out and mean UTC.
fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse::<Timestamp>()
        .or_else(|_| format!("{text}Z").parse())
        .ok()
        .map(Timestamp::as_second)
}

#[cfg(test)]
mod tests;
