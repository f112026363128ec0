//! The API's JSON, as far as this program needs it.
//!
//! Reading is tolerant: what the description calls optional or nullable may be missing, null or
//! empty, unknown members are ignored, and an item of a list that is not what the description says
//! is skipped. Writing is exact.

mod tolerant;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use tolerant::lenient;
pub(crate) use tolerant::{Items, LARGEST_LIST};

use crate::http::TransportError;
use crate::json;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::uuid::is_uuid;

/// A registry of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Object<RegistryProperties>")]
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

    /// Whether it will not run by itself: `FAILED`, `FAILED_SUSPENDED` and such, or while it is being
    /// deleted. IONOS's Terraform provider stops waiting then too.
    pub fn is_lost(&self) -> bool {
        let state = self.state.as_deref().unwrap_or_default();
        let state = state.to_ascii_lowercase();
        ["fail", "delet", "destroy"]
            .iter()
            .any(|it| state.starts_with(it))
    }
}

/// A token as the API lists it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Object<TokenProperties>")]
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
    pub password: Secret,
    /// When it expires, in seconds since 1970 by the API's clock.
    pub expires_at: Option<i64>,
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(crate) struct Page<T> {
    #[serde(default, deserialize_with = "even_null")]
    items: Option<Items<T>>,
    pagination: Option<Pagination>,
    #[serde(rename = "_links")]
    links: Option<IgnoredAny>,
}

/// Makes `null` a value of `T`, such as an empty list. serde takes it for a missing member.
fn even_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Pagination {
    token: Option<String>,
}

/// A registry or a token.
#[derive(Deserialize)]
pub(crate) struct Object<P> {
    id: Option<String>,
    metadata: Option<Metadata>,
    properties: Option<P>,
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
struct RegistryProperties {
    name: Option<String>,
    hostname: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    api_subnet_allow_list: Vec<String>,
}

impl<T> Page<T> {
    /// The items, and the token of the next page. The last page has an empty one, null or none.
    ///
    /// `items` may be missing from an empty list. An object without any member of a list is an
    /// error or the answer of another server, and does not mean that the list is empty.
    pub(crate) fn into_parts(self) -> Result<(Items<T>, Option<String>), TransportError> {
        if self.items.is_none() && self.pagination.is_none() && self.links.is_none() {
            return Err(TransportError::Foreign);
        }
        let next = self.pagination.and_then(|it| filled(it.token));
        Ok((self.items.unwrap_or_default(), next))
    }
}

impl TryFrom<Object<RegistryProperties>> for Registry {
    type Error = &'static str;

    fn try_from(item: Object<RegistryProperties>) -> Result<Self, Self::Error> {
        let properties = item.properties.unwrap_or_default();
        Ok(Self {
            id: checked_id(item.id)?,
            name: properties.name.unwrap_or_default(),
            hostname: filled(properties.hostname),
            state: filled(item.metadata.map(|it| it.state)),
            allow_list: properties.api_subnet_allow_list,
        })
    }
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// An id becomes part of a path.
fn checked_id(id: Option<String>) -> Result<String, &'static str> {
    id.filter(|id| is_uuid(id)).ok_or("no id")
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenProperties {
    name: Option<String>,
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
    username: Option<String>,
    password: Option<Secret>,
}

impl Object<TokenProperties> {
    /// `None` without a user name and a password.
    pub(crate) fn into_token(self, id_from_header: Option<String>) -> Option<Token> {
        let properties = self.properties?;
        let credentials = properties.credentials?;
        let is_filled = |password: &Secret| !password.expose_secret().is_empty();
        Some(Token {
            id: self.id.filter(|id| is_uuid(id)).or(id_from_header),
            username: filled(credentials.username).or(filled(properties.name))?,
            password: credentials.password.filter(is_filled)?,
            expires_at: parse_date(&properties.expiry_date),
        })
    }
}

impl TryFrom<Object<TokenProperties>> for ListedToken {
    type Error = &'static str;

    fn try_from(token: Object<TokenProperties>) -> Result<Self, Self::Error> {
        let properties = token.properties.unwrap_or_default();
        Ok(Self {
            id: checked_id(token.id)?,
            name: properties.name.unwrap_or_default(),
            status: properties.status,
            created_at: parse_date(&token.metadata.unwrap_or_default().created_date),
            expires_at: parse_date(&properties.expiry_date),
            scopes: properties.scopes,
        })
    }
}

/// What the API says about an error.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ErrorMessage {
    #[serde(deserialize_with = "lenient")]
    pub(crate) error_code: String,
    #[serde(alias = "msg", deserialize_with = "lenient")]
    pub(crate) message: String,
    /// With `title`, how a gateway writes it (RFC 9457).
    #[serde(deserialize_with = "lenient")]
    detail: String,
    #[serde(deserialize_with = "lenient")]
    title: String,
}

impl ErrorMessage {
    /// The first message in a body, which need not be JSON: the edge answers in HTML.
    pub(crate) fn parse(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Described {
            messages: Vec<ErrorMessage>,
        }
        // Gateways on .NET write a byte order mark.
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut read: Self = json::from_slice::<Described>(body)
            .ok()
            .and_then(|described| described.messages.into_iter().next())
            .or_else(|| json::from_slice(body).ok())
            .unwrap_or_default();
        let texts = [&mut read.message, &mut read.detail, &mut read.title];
        let text = texts.into_iter().find(|text| !text.is_empty());
        read.message = text.map(std::mem::take).unwrap_or_default();
        read
    }
}

/// The token's id in the header `Location: /…/tokens/ID`.
pub(crate) fn id_in_location(location: Option<&str>) -> Option<String> {
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
