//! The API's JSON, as far as we need it.
//!
//! Tolerant in: whatever the description calls optional or nullable may be missing, null or empty,
//! and unknown members are ignored. Exact out.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::scope::Scope;
use crate::uuid::is_uuid;

/// A registry of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// For the paths of its tokens.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where clients reach it; none while it is being made.
    pub hostname: Option<String>,
    /// `Running`, once it can be used.
    pub state: Option<String>,
    /// The networks that may reach it; all if there are none.
    pub allow_list: Vec<String>,
}

/// A token as the API lists it.
#[derive(Debug, Clone)]
pub struct ListedToken {
    /// For its deletion.
    pub id: String,
    /// Its name, which is the user name.
    pub name: String,
    /// `enabled` or `disabled`.
    pub status: String,
    /// When it was made, in seconds since 1970 by the API's clock.
    pub created_at: Option<i64>,
    /// When it ends, the same; `None` for never.
    pub expires_at: Option<i64>,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// A token as it was just made.
#[derive(Debug)]
pub struct Token {
    /// For its deletion.
    pub id: Option<String>,
    /// The user name for the registry.
    pub username: String,
    /// The password for the registry.
    pub password: SecretString,
    /// When it ends, in seconds since 1970 by the API's clock.
    pub expires_at: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Registries {
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<Option<RegistryItem>>,
    #[serde(default, deserialize_with = "or_default")]
    pagination: Pagination,
}

#[derive(Default, Deserialize)]
struct Pagination {
    #[serde(default, deserialize_with = "or_default")]
    token: String,
}

#[derive(Deserialize)]
struct RegistryItem {
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
    /// Only shown, so that what is odd in it spoils nothing else.
    #[serde(default)]
    api_subnet_allow_list: Value,
}

impl Registries {
    pub(crate) fn next_page(&self) -> Option<String> {
        Some(self.pagination.token.clone()).filter(|token| !token.is_empty())
    }

    /// A registry without an id that can stand in a path is of no use to anybody.
    pub(crate) fn into_items(self) -> impl Iterator<Item = Registry> {
        self.items
            .into_iter()
            .flatten()
            .filter(|item| is_uuid(&item.id))
            .map(|item| Registry {
                id: item.id,
                name: item.properties.name,
                hostname: Some(item.properties.hostname).filter(|name| !name.is_empty()),
                state: Some(item.metadata.state).filter(|state| !state.is_empty()),
                allow_list: serde_json::from_value(item.properties.api_subnet_allow_list)
                    .unwrap_or_default(),
            })
    }
}

/// What is asked for.
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
    /// A token called `name` that ends at `expires_at` (seconds since 1970 by the API's clock).
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
pub(crate) struct TokenAnswer {
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
    #[serde(default, deserialize_with = "or_default")]
    state: String,
    #[serde(default, deserialize_with = "or_default")]
    created_date: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenProperties {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    expiry_date: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    /// Only shown, so that what is odd in it spoils nothing else.
    #[serde(default)]
    scopes: Value,
    credentials: Option<Credentials>,
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    password: Option<SecretString>,
}

impl TokenAnswer {
    /// `None` if there is nothing to log in with.
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
    items: Vec<Option<TokenAnswer>>,
    #[serde(default, deserialize_with = "or_default")]
    total: usize,
}

impl Tokens {
    pub(crate) fn id_of(&self, name: &str) -> Option<&str> {
        self.items
            .iter()
            .flatten()
            .find(|token| token.properties.name == name && is_uuid(&token.id))
            .map(|token| token.id.as_str())
    }

    /// A token without an id that can stand in a path is of no use to anybody.
    pub(crate) fn into_listed(self) -> impl Iterator<Item = ListedToken> {
        self.items
            .into_iter()
            .flatten()
            .filter(|token| is_uuid(&token.id))
            .map(|token| ListedToken {
                id: token.id,
                name: token.properties.name,
                status: token.properties.status,
                created_at: parse_date(&token.metadata.created_date),
                expires_at: parse_date(&token.properties.expiry_date),
                scopes: serde_json::from_value(token.properties.scopes).unwrap_or_default(),
            })
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn total(&self) -> usize {
        self.total
    }
}

/// The API's own words in a body that need not be JSON (the edge answers in HTML).
pub(crate) fn message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Described {
        messages: Vec<Message>,
    }
    #[derive(Deserialize)]
    struct Message {
        message: String,
    }
    #[derive(Deserialize)]
    struct Short {
        #[serde(alias = "message")]
        msg: String,
    }
    let described = serde_json::from_slice::<Described>(body)
        .ok()
        .and_then(|described| described.messages.into_iter().next())
        .map(|first| first.message);
    let said = described.or_else(|| {
        serde_json::from_slice::<Short>(body)
            .ok()
            .map(|short| short.msg)
    })?;
    Some(said).filter(|said| !said.trim().is_empty())
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

/// A member that is null as good as missing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_in_many_forms() {
        let at = Some(1_784_138_400);
        for text in [
            "2026-07-15T18:00:00Z",
            "2026-07-15T18:00:00.000+00:00",
            "2026-07-15T20:00:00+02:00",
            "2026-07-15T18:00:00",
        ] {
            assert_eq!(parse_date(text), at, "{text}");
        }
        assert_eq!(parse_date(""), None);
    }

    #[test]
    fn the_api_is_quoted_from_any_body() {
        for (body, said) in [
            (
                r#"{"httpStatus":409,"messages":[{"errorCode":"0","message":"already exists"}]}"#,
                Some("already exists"),
            ),
            (r#"{"msg":"Not Found"}"#, Some("Not Found")),
            (r#"{"errorCode":"x","message":"feature"}"#, Some("feature")),
            (r#"{"httpStatus":500,"messages":null}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(message(body.as_bytes()).as_deref(), said, "{body}");
        }
    }

    #[test]
    fn nulls_are_as_good_as_missing() {
        for body in [
            r#"{"items":null,"pagination":null}"#,
            r"{}",
            r#"{"items":[null,{"id":null,"properties":null}],"pagination":{"token":null}}"#,
        ] {
            let registries: Registries = serde_json::from_str(body).unwrap();
            assert_eq!(registries.next_page(), None);
            assert_eq!(registries.into_items().count(), 0);
        }
        for body in [
            r"{}",
            r#"{"id":null,"properties":null}"#,
            r#"{"properties":{"credentials":null,"expiryDate":null}}"#,
            r#"{"properties":{"credentials":{"username":null,"password":null}}}"#,
            r#"{"properties":{"credentials":{"username":"u","password":""}}}"#,
        ] {
            let token: TokenAnswer = serde_json::from_str(body).unwrap();
            assert!(token.into_token(None).is_none(), "{body}");
        }
    }

    const REGISTRIES: &str = r#"{"items":[{"id":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","metadata":{"state":"Running"},"properties":{"name":"demo","hostname":"demo.cr.de-fra.ionos.com","apiSubnetAllowList":["10.0.0.0/8"]}}],"pagination":{"token":"x"}}"#;
    const TOKEN: &str = r#"{"id":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","metadata":{"createdDate":"2026-01-01T00:00:00Z"},"properties":{"name":"n","expiryDate":"2027-01-01T00:00:00Z","status":"enabled","scopes":[{"type":"repository","name":"*","actions":["pull"]}],"credentials":{"username":"u","password":"p"}}}"#;
    const ERROR: &str = r#"{"httpStatus":400,"messages":[{"errorCode":"1","message":"said"}]}"#;

    proptest::proptest! {
        #[test]
        fn any_list_of_registries_is_read_or_refused(bytes in crate::testing::hostile::bytes(REGISTRIES)) {
            crate::testing::api_answer(&bytes);
        }

        #[test]
        fn any_token_can_be_logged_in_with_or_is_refused(bytes in crate::testing::hostile::bytes(TOKEN)) {
            crate::testing::api_answer(&bytes);
        }

        #[test]
        fn any_error_is_quoted_in_one_line_without_what_was_sent(bytes in crate::testing::hostile::bytes(ERROR)) {
            crate::testing::api_answer(&bytes);
        }
    }
}
