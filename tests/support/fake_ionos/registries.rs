//! Registries and their JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::http::Request;
use super::ids;
use super::response::Response;
use super::tokens::CREATED_BY;

pub const DEMO_NAME: &str = "demo";
pub const DEMO_HOST: &str = "demo.cr.de-fra.ionos.com";
pub const DEMO_ID: &str = "789f8e3c-d5c8-4359-8f85-c200fb89e97c";

#[derive(Clone, Debug)]
pub struct RegistrySpec {
    pub id: String,
    pub name: String,
    pub hostname: String,
    pub location: String,
    pub state: String,
    /// `apiSubnetAllowList`, shown only if it is not empty.
    pub allow_list: Vec<String>,
}

impl RegistrySpec {
    /// A running registry in de/fra. Its id is derived from the name.
    pub fn new(name: &str) -> Self {
        Self {
            id: if name == DEMO_NAME {
                DEMO_ID.to_owned()
            } else {
                ids::from_name(name)
            },
            name: name.to_owned(),
            hostname: format!("{name}.cr.de-fra.ionos.com"),
            location: "de/fra".to_owned(),
            state: "Running".to_owned(),
            allow_list: Vec::new(),
        }
    }

    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    pub fn hostname(mut self, hostname: &str) -> Self {
        hostname.clone_into(&mut self.hostname);
        self
    }

    pub fn location(mut self, location: &str) -> Self {
        location.clone_into(&mut self.location);
        self
    }

    pub fn state(mut self, state: &str) -> Self {
        state.clone_into(&mut self.state);
        self
    }

    fn visible_hostname(&self) -> &str {
        let early = ["New", "WaitingForStorage"]
            .iter()
            .any(|state| state.eq_ignore_ascii_case(&self.state));
        if early { "" } else { &self.hostname }
    }

    pub(super) fn json(&self) -> Value {
        let mut properties = json!({
            "garbageCollectionSchedule": {"days": ["Saturday", "Sunday"], "time": "04:00:00+00:00"},
            "hostname": self.visible_hostname(),
            "location": self.location,
            "name": self.name,
            "storageUsage": {"bytes": 0, "updatedAt": null},
        });
        if !self.allow_list.is_empty() {
            properties["apiSubnetAllowList"] = json!(self.allow_list);
        }
        json!({
            "href": "",
            "id": self.id,
            "metadata": {
                "createdBy": CREATED_BY.0,
                "createdByUserId": CREATED_BY.1,
                "createdDate": "2026-01-15T08:30:00Z",
                "state": self.state,
            },
            "properties": properties,
            "type": "registry",
        })
    }
}

pub fn locations(registries: &[RegistrySpec]) -> Response {
    let mut ids = vec!["de/fra"];
    ids.extend(registries.iter().map(|registry| &*registry.location));
    ids.sort_unstable();
    ids.dedup();
    let items: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
    Response::json(
        200,
        &json!({"href": "", "id": "locations", "items": items, "type": "collection"}),
    )
}

pub fn list(registries: &[RegistrySpec], request: &Request, page_size: usize) -> Response {
    let limit = match number(request, "limit", 100) {
        Ok(limit @ 1..) => limit.min(page_size),
        _ => return Response::error(400, "0", "limit is not a positive number"),
    };
    let filter = request.query("filter.name").unwrap_or("").to_lowercase();
    let mut found = registries
        .iter()
        .filter(|registry| registry.name.to_lowercase().contains(&filter))
        .peekable();
    if let Some(token) = request.query("pagination.token").filter(|t| !t.is_empty()) {
        let Some(start) = opened(token) else {
            return Response::error(400, "0", "pagination token is not valid");
        };
        while found.next_if(|registry| registry.id != start).is_some() {}
        if found.peek().is_none() {
            return Response::error(400, "0", "pagination token is not valid");
        }
    }
    let items: Vec<_> = found.by_ref().take(limit).map(RegistrySpec::json).collect();
    let token = found
        .next()
        .map_or_else(String::new, |next| sealed(&next.id));
    let next = if token.is_empty() {
        String::new()
    } else {
        format!("/containerregistries/registries?limit={limit}&pagination.token={token}")
    };
    Response::json(
        200,
        &json!({
            "_links": {"next": next, "previous": "", "self": "/containerregistries/registries"},
            "href": "",
            "id": "registries",
            "items": items,
            "pagination": {"limit": limit, "token": token},
            "type": "collection",
        }),
    )
}

/// The API declares its numbers as strings, so a client may send anything.
pub fn number(request: &Request, name: &str, default: usize) -> Result<usize, ()> {
    match request.query(name) {
        None | Some("") => Ok(default),
        Some(text) => text.parse().map_err(|_| ()),
    }
}

fn sealed(start: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({"v": "1", "start": start}).to_string())
}

fn opened(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    Some(value["start"].as_str()?.to_owned())
}
