//! The API's JSON, as far as this program needs it.
//!
//! Reading is tolerant: what the description calls optional or nullable may be missing, null or
//! empty, unknown members are ignored, and an item of a list that is not what the description says
//! is skipped. Writing is exact.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::scope::Scope;
use crate::uuid::is_uuid;

/// A registry of the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RegistryItem")]
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
#[serde(try_from = "TokenAnswer")]
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

/// The items of one page that are what the description says.
pub(crate) struct Items<T> {
    pub(crate) good: Vec<T>,
    /// How many items there were, nulls included.
    pub(crate) count: usize,
    /// How many could not be read.
    pub(crate) odd: usize,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            good: Vec::new(),
            count: 0,
            odd: 0,
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for List<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            // One at a time: a list of a million empty items takes no memory.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
                let mut items = Items::default();
                while let Some(item) = list.next_element::<&RawValue>()? {
                    items.count += 1;
                    match serde_json::from_str::<Option<T>>(item.get()) {
                        Ok(item) => items.good.extend(item),
                        Err(_) => items.odd += 1,
                    }
                }
                Ok(items)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
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
    #[serde(default, deserialize_with = "lenient")]
    api_subnet_allow_list: Vec<String>,
}

impl Registries {
    /// The token of the next page. The last page has an empty one, null or none.
    pub(crate) fn next_page(&self) -> Option<String> {
        Some(self.pagination.token.clone()).filter(|token| !token.is_empty())
    }
}

impl TryFrom<RegistryItem> for Registry {
    type Error = &'static str;

    fn try_from(item: RegistryItem) -> Result<Self, Self::Error> {
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

impl TokenAnswer {
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

impl TryFrom<TokenAnswer> for ListedToken {
    type Error = &'static str;

    fn try_from(token: TokenAnswer) -> Result<Self, Self::Error> {
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

/// A member that is null counts as missing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A member that is not used to find or log in to anything counts as missing if it has another
/// type.
fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + DeserializeOwned,
{
    let member = Option::<&RawValue>::deserialize(deserializer)?;
    let read = |member: &RawValue| {
        serde_json::from_str::<Option<T>>(member.get())
            .ok()
            .flatten()
    };
    Ok(member.and_then(read).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_read_in_every_form() {
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
    fn error_message_is_read_from_any_body() {
        for (body, code, message) in [
            (
                r#"{"httpStatus":409,"messages":[{"errorCode":"0","message":"already exists"}]}"#,
                "0",
                "already exists",
            ),
            (r#"{"msg":"Not Found"}"#, "", "Not Found"),
            (r#"{"errorCode":"x","message":"feature"}"#, "x", "feature"),
            (r#"{"errorCode":7,"message":"feature"}"#, "", "feature"),
            (r#"{"httpStatus":500,"messages":null}"#, "", ""),
            ("<html>", "", ""),
            ("", "", ""),
        ] {
            let read = ErrorMessage::parse(body.as_bytes());
            let seen = (read.error_code.as_str(), read.message.as_str());
            assert_eq!(seen, (code, message), "{body}");
        }
    }

    #[test]
    fn null_counts_as_missing() {
        for body in [
            r#"{"items":null,"pagination":null}"#,
            r"{}",
            r#"{"items":[null],"pagination":{"token":null}}"#,
        ] {
            let registries: Registries = serde_json::from_str(body).unwrap();
            assert_eq!(registries.next_page(), None);
            assert!(registries.items.good.is_empty());
            assert_eq!(registries.items.odd, 0);
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

    #[test]
    fn odd_items_of_a_list_are_counted_and_skipped() {
        let id = "789f8e3c-d5c8-4359-8f85-c200fb89e97c";
        let text = format!(
            r#"{{"items":[1,null,"x",[],{{}},{{"id":"../x"}},{{"id":"{id}","properties":{{"hostname":7}}}},{{"id":"{id}","metadata":{{"state":{{}}}},"properties":{{"name":"n","apiSubnetAllowList":"all"}}}}]}}"#
        );
        let items = serde_json::from_str::<Registries>(&text).unwrap().items;
        assert_eq!((items.count, items.odd), (8, 6));
        let [registry] = items.good.as_slice() else {
            panic!("{:?}", items.good)
        };
        assert_eq!((registry.name.as_str(), &registry.state), ("n", &None));
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
