//! Registry tokens: validation rules and JSON.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::clock::{parse_rfc3339, whole_seconds};
use super::http::Request;
use super::registries::number;
use super::response::Response;

/// Part of every password of the fake and of nothing else.
pub const MINTED_MARKER: &str = "minted-";

pub const CREATED_BY: (&str, &str) = (
    super::account::USERNAME,
    "7d6e2a54-0c1f-4b7e-8f55-2f6a9a3c1b10",
);

#[derive(Clone, Debug)]
pub struct Token {
    pub id: String,
    pub registry_id: String,
    pub name: String,
    pub password: String,
    /// As sent, `null` if missing.
    pub scopes: Value,
    pub expiry: Option<Timestamp>,
    pub status: String,
    pub created: Timestamp,
    /// `Authorization` header of the request that created it.
    pub created_by: String,
}

impl Token {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expiry.is_none_or(|expiry| expiry > now)
    }

    pub(super) fn json(&self, password: &str) -> Value {
        json!({
            "href": "",
            "id": self.id,
            "metadata": {
                "createdBy": CREATED_BY.0,
                "createdByUserId": CREATED_BY.1,
                "createdDate": whole_seconds(self.created),
                "state": self.status,
            },
            "properties": {
                "credentials": {"password": password, "username": self.name},
                "expiryDate": self.expiry.map(whole_seconds),
                "name": self.name,
                "scopes": self.scopes,
                "status": self.status,
            },
            "type": "token",
        })
    }
}

pub fn list(tokens: &[&Token], request: &Request, path: &str, page_size: usize) -> Response {
    let (Ok(offset), Ok(limit @ 1..)) =
        (number(request, "offset", 0), number(request, "limit", 100))
    else {
        return Response::error(400, "0", "offset or limit is not a positive number");
    };
    let limit = limit.min(page_size);
    let items: Vec<_> = tokens
        .iter()
        .skip(offset)
        .take(limit)
        .map(|token| token.json(""))
        .collect();
    let link = |offset: usize| format!("{path}?limit={limit}&offset={offset}");
    let end = offset + items.len();
    let next = if end < tokens.len() {
        link(end)
    } else {
        String::new()
    };
    let previous = if offset > 0 {
        link(offset.saturating_sub(limit))
    } else {
        String::new()
    };
    Response::json(
        200,
        &json!({
            "_links": {"next": next, "previous": previous, "self": link(offset)},
            "count": items.len(),
            "href": "",
            "id": "tokens",
            "items": items,
            "limit": limit,
            "offset": offset,
            "total": tokens.len(),
            "type": "collection",
        }),
    )
}

pub enum Expiry {
    Never,
    At(Timestamp),
}

impl Expiry {
    pub fn time(self) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(time) => Some(time),
        }
    }
}

/// The properties in a request body. `None` means not sent.
#[derive(Default)]
pub struct Wanted {
    pub name: Option<String>,
    pub expiry: Option<Expiry>,
    pub scopes: Option<Value>,
    pub status: Option<String>,
}

pub fn parse_create(request: &Request, now: Timestamp) -> Result<Wanted, Response> {
    let body = json_body(request)?;
    let properties = body
        .get("properties")
        .filter(|properties| properties.is_object())
        .ok_or_else(|| invalid("properties is required"))?;
    let name = properties
        .get("name")
        .and_then(Value::as_str)
        .ok_or_else(|| invalid("properties.name is required"))?;
    if !is_valid_name(name) {
        return Err(invalid(
            "properties.name should match '^[A-Za-z][-A-Za-z0-9]{0,61}[A-Za-z0-9]$'",
        ));
    }
    let mut wanted = parse_changes(properties, now)?;
    wanted.name = Some(name.to_owned());
    Ok(wanted)
}

/// A PATCH body has no `properties` object around the members.
pub fn parse_patch(request: &Request, now: Timestamp) -> Result<Wanted, Response> {
    parse_changes(&json_body(request)?, now)
}

fn json_body(request: &Request) -> Result<Value, Response> {
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(invalid("content type is not application/json"));
    }
    serde_json::from_slice(&request.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| invalid("body is not a JSON object"))
}

fn parse_changes(from: &Value, now: Timestamp) -> Result<Wanted, Response> {
    let mut wanted = Wanted::default();
    match from.get("expiryDate") {
        None => {}
        Some(Value::Null) => wanted.expiry = Some(Expiry::Never),
        Some(value) => {
            let expiry = value
                .as_str()
                .and_then(parse_rfc3339)
                .ok_or_else(|| invalid("expiryDate is not a date-time"))?;
            if expiry < now + SignedDuration::from_hours(1) {
                return Err(invalid(
                    "expiryDate must be at least one hour in the future",
                ));
            }
            wanted.expiry = Some(Expiry::At(expiry));
        }
    }
    match from.get("status") {
        None => {}
        Some(Value::String(status)) if status == "enabled" || status == "disabled" => {
            wanted.status = Some(status.clone());
        }
        Some(_) => return Err(invalid("status should be one of [enabled disabled]")),
    }
    match from.get("scopes") {
        None => {}
        Some(Value::Null) => wanted.scopes = Some(Value::Null),
        Some(scopes) => {
            let scopes = scopes.as_array().ok_or_else(|| invalid("scopes"))?;
            let checked = scopes.iter().map(scope).collect::<Result<_, _>>()?;
            wanted.scopes = Some(Value::Array(checked));
        }
    }
    Ok(wanted)
}

/// Accepts any type and any action, as the real API does. A typo causes a useless token and no error.
fn scope(from: &Value) -> Result<Value, Response> {
    let (Some(kind), Some(name), Some(actions)) = (
        from["type"].as_str(),
        from["name"].as_str(),
        from.get("actions"),
    ) else {
        return Err(invalid("a scope needs type, name and actions"));
    };
    let all_strings = |list: &Vec<Value>| list.iter().all(Value::is_string);
    if !actions.is_null() && !actions.as_array().is_some_and(all_strings) {
        return Err(invalid("scope.actions is not a list of strings"));
    }
    Ok(json!({"actions": actions, "name": name, "type": kind}))
}

fn is_valid_name(name: &str) -> bool {
    let inner = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
    (2..=63).contains(&name.len())
        && name.bytes().all(inner)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
}

fn invalid(message: &str) -> Response {
    Response::error(400, "0", message)
}
