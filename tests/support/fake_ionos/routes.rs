//! Routes requests to answers.
//!
//! PUT of a token is missing, because the program must never send it: it gives an existing token a new
//! password, and clients with the old one fail.

use serde_json::Value;

use super::http::Request;
use super::ids;
use super::registries::{self, RegistrySpec};
use super::response::Response;
use super::state::{Data, Shared};
use super::tokens::{self, Expiry, MINTED_MARKER, Token};

pub fn answer(shared: &Shared, request: &Request) -> Response {
    act(shared, request).unwrap_or_else(|refusal| refusal)
}

fn act(shared: &Shared, request: &Request) -> Result<Response, Response> {
    let path: Vec<&str> = request.path.split('/').collect();
    let Some(route) = path.strip_prefix(&["", "containerregistries"]) else {
        return Err(Response::no_such_route());
    };
    shared.data().accounts.check(request)?;
    let method = request.method.as_str();
    let size = shared.page_size;
    match (method, route) {
        ("GET", ["locations"]) => Ok(registries::locations(&shared.data().registries)),
        ("GET", ["registries"]) => {
            let listed = registries::list(&shared.data().registries, request, size);
            Ok(odd(shared, listed))
        }
        ("GET", ["registries", id]) => {
            let data = shared.data();
            Ok(Response::json(200, &registry(&data, id)?.json()))
        }
        ("GET", ["registries", id, "tokens"]) => {
            let data = shared.data();
            let id = &registry(&data, id)?.id;
            let own: Vec<_> = data
                .tokens
                .iter()
                .filter(|token| token.registry_id == *id && is_visible(&data, token, request))
                .collect();
            Ok(odd(
                shared,
                tokens::list(&own, request, &request.path, size),
            ))
        }
        ("POST", ["registries", id, "tokens"]) => create(shared, request, id),
        ("GET", ["registries", id, "tokens", token]) => {
            let data = shared.data();
            let token = &data.tokens[token_index(&data, id, token, request)?];
            Ok(Response::json(200, &token.json("")))
        }
        ("PATCH", ["registries", id, "tokens", token]) => {
            let changed = patch(shared, request, id, token)?;
            shared.tokens_changed();
            Ok(changed)
        }
        ("DELETE", ["registries", id, "tokens", token]) => {
            let mut data = shared.data();
            let index = token_index(&data, id, token, request)?;
            data.tokens.remove(index);
            drop(data);
            shared.tokens_changed();
            Ok(Response::empty(204))
        }
        (
            _,
            ["locations" | "registries"]
            | ["registries", _]
            | ["registries", _, "tokens"]
            | ["registries", _, "tokens", _],
        ) => Err(Response::error(405, "0", "method not allowed")),
        _ => Err(Response::no_such_route()),
    }
}

/// The list with the configured [`Oddities`](super::state::Oddities).
fn odd(shared: &Shared, mut listed: Response) -> Response {
    let Ok(mut list) = serde_json::from_slice::<Value>(&listed.body) else {
        return listed;
    };
    match &shared.oddities.total {
        Some(Value::Null) => drop(list.as_object_mut().map(|list| list.remove("total"))),
        Some(total) => list["total"] = total.clone(),
        None => {}
    }
    if shared.oddities.is_endless {
        list["items"] = serde_json::json!([{"id": ids::random(), "properties": {"name": "x"}}]);
        list["pagination"]["token"] = ids::random().into();
        listed.status = 200;
    }
    listed.body(list.to_string())
}

fn registry<'a>(data: &'a Data, id: &str) -> Result<&'a RegistrySpec, Response> {
    if !ids::is_uuid(id) {
        return Err(Response::error(400, "0", "registryId is not a UUID"));
    }
    data.registries
        .iter()
        .find(|registry| registry.id.eq_ignore_ascii_case(id))
        .ok_or_else(|| Response::error(404, "0", "registry not found"))
}

fn is_visible(data: &Data, token: &Token, request: &Request) -> bool {
    !data.accounts.tokens_are_private
        || request.header("authorization") == Some(token.created_by.as_str())
}

fn token_index(
    data: &Data,
    registry_id: &str,
    id: &str,
    request: &Request,
) -> Result<usize, Response> {
    let registry = registry(data, registry_id)?;
    if !ids::is_uuid(id) {
        return Err(Response::error(400, "0", "tokenId is not a UUID"));
    }
    data.tokens
        .iter()
        .position(|token| {
            token.registry_id == registry.id
                && token.id.eq_ignore_ascii_case(id)
                && is_visible(data, token, request)
        })
        .ok_or_else(|| Response::error(404, "0", "token not found"))
}

fn create(shared: &Shared, request: &Request, registry_id: &str) -> Result<Response, Response> {
    let mut data = shared.data();
    let registry_id = registry(&data, registry_id)?.id.clone();
    let now = shared.clock.now();
    let wanted = tokens::parse_create(request, now)?;
    let name = wanted.name.unwrap_or_default();
    let same = |token: &Token| token.registry_id == registry_id && token.name == name;
    if data.tokens.iter().any(same) {
        return Err(Response::error(
            409,
            "0",
            "already exists: name is not available",
        ));
    }
    let token = Token {
        id: ids::random(),
        registry_id,
        name,
        password: format!("{MINTED_MARKER}{}", ids::random()),
        scopes: wanted.scopes.unwrap_or(Value::Null),
        expiry: wanted.expiry.and_then(Expiry::time),
        status: wanted.status.unwrap_or_else(|| "enabled".to_owned()),
        created: now,
        created_by: request
            .header("authorization")
            .unwrap_or_default()
            .to_owned(),
    };
    let mut response = Response::json(shared.created_status, &token.json(&token.password));
    if shared.created_status == 201 {
        response = response.header("Location", format!("{}/{}", request.path, token.id));
    }
    data.minted.push(token.clone());
    data.tokens.push(token);
    drop(data);
    shared.tokens_changed();
    Ok(response)
}

fn patch(
    shared: &Shared,
    request: &Request,
    registry_id: &str,
    token_id: &str,
) -> Result<Response, Response> {
    let mut data = shared.data();
    let index = token_index(&data, registry_id, token_id, request)?;
    let wanted = tokens::parse_patch(request, shared.clock.now())?;
    let token = &mut data.tokens[index];
    if let Some(expiry) = wanted.expiry {
        token.expiry = expiry.time();
    }
    if let Some(scopes) = wanted.scopes {
        token.scopes = scopes;
    }
    if let Some(status) = wanted.status {
        token.status = status;
    }
    Ok(Response::json(200, &token.json("")))
}
