//! The calls that this program makes to the IONOS Container Registry API.
//!
//! <https://api.ionos.com/docs/containerregistry/v1/>. Each call ends within the deadline. A `GET`
//! is retried, a `POST` only if nothing was created; the caller has to find out what a doubtful
//! `POST` did.

mod access;
mod error;
pub(crate) mod wire;

use std::cell::Cell;
use std::collections::HashSet;

use log::debug;
use serde_json::json;

pub use access::{Access, Credentials};
pub use error::ApiError;
pub use wire::{ListedToken, Registry, Token};

use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::http::{self, Client, Method, Request, Response, Retry, TransportError};
use crate::scope::Scope;
use crate::secret;

/// A page has up to a hundred items. No contract has so many; an API that repeats itself may.
const MOST_PAGES: usize = 100;
/// The same for an API that ignores `limit`. In memory, an item of 50 bytes takes several times as
/// much.
const MOST_ITEMS: usize = 2 * 100 * MOST_PAGES;

/// A client for one account and one deadline. Keeps its connection.
#[derive(Debug)]
pub struct Api {
    client: Client,
    access: Access,
    /// The moment by which every call ends.
    pub deadline: Deadline,
    /// The API's clock less ours, in seconds, once it is known.
    skew: Cell<Option<i64>>,
    /// Items of the last list that did not match the API's description.
    skipped: Cell<usize>,
}

impl Api {
    /// A client for this account. Nothing is sent yet.
    pub fn new(access: Access, deadline: Deadline) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(access.endpoint.clone())?,
            access,
            deadline,
            skew: Cell::new(None),
            skipped: Cell::new(0),
        })
    }

    /// The account in use.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The proxy in use, for messages.
    pub fn proxy(&self) -> Option<String> {
        self.client.proxy()
    }

    /// The API's clock less ours in seconds, from the last answer.
    pub fn skew(&self) -> Option<i64> {
        self.skew.get()
    }

    /// The time by the API's clock in seconds since 1970; `None` before an answer with a `Date`.
    pub fn now(&self) -> Option<i64> {
        self.skew().map(|skew| env::now() + skew)
    }

    /// How many items of the last list were skipped, because they do not match the API's description.
    pub fn skipped_items(&self) -> usize {
        self.skipped.get()
    }

    /// All registries of the account, or those that the API finds for a name. How the API compares
    /// names is not documented, so the caller has to compare again.
    pub fn registries(&self, name: Option<&str>) -> Result<Vec<Registry>, ApiError> {
        let mut filter = name;
        let mut is_second_try = false;
        loop {
            self.skipped.set(0);
            match self.pages_of_registries(filter) {
                // The filter is not accepted.
                Err(err) if err.status() == Some(400) && filter.is_some() => filter = None,
                // The pagination token has expired, so the list has to be read from the start. The
                // API passes on the tokens of Kubernetes, which do not last.
                Err(err) if err.status() == Some(410) && !is_second_try => is_second_try = true,
                outcome => return outcome,
            }
        }
    }

    /// Pages may be short or empty before the last, which has no token for another.
    fn pages_of_registries(&self, name: Option<&str>) -> Result<Vec<Registry>, ApiError> {
        let mut found = Vec::new();
        let mut size = 0;
        let mut page = String::new();
        for _ in 0..MOST_PAGES {
            let mut query = vec![("limit", "100")];
            query.extend(name.map(|name| ("filter.name", name)));
            if !page.is_empty() {
                query.push(("pagination.token", &page));
            }
            let answer = self.send(Request::get("/registries", &query))?;
            let (items, next) = answer.json::<wire::Page<_>>()?.into_parts()?;
            found.extend(self.accepted(items, &mut size)?);
            if found.len() > MOST_ITEMS {
                break;
            }
            match next {
                Some(next) if next != page => page = next,
                _ => return Ok(found),
            }
        }
        Err(too_long())
    }

    /// The accepted items of a page. Adds their size to `size`, that of the list so far, and counts
    /// the skipped ones.
    fn accepted<T>(&self, items: wire::Items<T>, size: &mut usize) -> Result<Vec<T>, ApiError> {
        *size += items.size;
        if *size > wire::LARGEST_LIST {
            return Err(too_long());
        }
        if items.skipped > 0 {
            debug!(
                "{} items are not what the API describes: skipped",
                items.skipped
            );
            self.skipped.set(self.skipped.get() + items.skipped);
        }
        Ok(items.accepted)
    }

    /// Creates a token that expires at `expires_at` (seconds since 1970 by the API's clock). Only this
    /// answer contains its password.
    pub fn create_token(
        &self,
        registry_id: &str,
        name: &str,
        expires_at: i64,
        scopes: &[Scope],
    ) -> Result<Token, ApiError> {
        let path = format!("/registries/{registry_id}/tokens");
        let body = json!({"properties": {
            "name": name,
            // Whole seconds and Z: the form every official client sends.
            "expiryDate": env::rfc3339(expires_at),
            "scopes": scopes,
            "status": "enabled",
        }});
        let answer = self.send(Request {
            method: Method::POST,
            body: Some(("application/json", body.to_string().as_bytes())),
            retry: Retry::IfNothingWasDone,
            ..Request::get(&path, &[])
        })?;
        let from_header = wire::id_in_location(answer.location());
        let created: wire::Object<wire::TokenProperties> = answer.json()?;
        let token = created.into_token(from_header);
        let why = "an answer without the token's name and password";
        token.ok_or_else(|| TransportError::unusable(why).into())
    }

    /// Deletes a token. `false` if the API knows no such token.
    pub fn delete_token(&self, registry_id: &str, token_id: &str) -> Result<bool, ApiError> {
        let path = format!("/registries/{registry_id}/tokens/{token_id}");
        let request = Request {
            method: Method::DELETE,
            retry: Retry::Never,
            ..Request::get(&path, &[])
        };
        match self.send(request) {
            Ok(answer) => {
                answer.refuse_page()?;
                Ok(true)
            }
            Err(err) if err.status() == Some(404) => Ok(false),
            Err(err) => Err(err),
        }
    }

    /// The id of the token with this name, in lower or upper case, because how the API
    /// treats case is not documented. `None` only if every item of the list could be read.
    pub fn token_id(&self, registry_id: &str, name: &str) -> Result<Option<String>, ApiError> {
        let mut id = None;
        self.pages_of_tokens(registry_id, |page| {
            id = page
                .into_iter()
                .find(|token| token.name.eq_ignore_ascii_case(name));
            id.is_none()
        })?;
        if id.is_none() && self.skipped.get() > 0 {
            let why = "a list with items that are not what the API describes";
            return Err(TransportError::unusable(why).into());
        }
        Ok(id.map(|token| token.id))
    }

    /// All tokens of a registry, whoever created them.
    pub fn tokens(&self, registry_id: &str) -> Result<Vec<ListedToken>, ApiError> {
        let mut tokens = Vec::new();
        self.pages_of_tokens(registry_id, |page| {
            tokens.extend(page);
            true
        })?;
        Ok(tokens)
    }

    /// Passes each page to `wants_more` until that is false or a page is empty. `total` is not read:
    /// published answers of other collections have none, and a wrong one would hide tokens.
    fn pages_of_tokens(
        &self,
        registry_id: &str,
        mut wants_more: impl FnMut(Vec<ListedToken>) -> bool,
    ) -> Result<(), ApiError> {
        let path = format!("/registries/{registry_id}/tokens");
        let mut seen = HashSet::new();
        let (mut offset, mut size) = (0, 0);
        let mut last: Option<Response> = None;
        self.skipped.set(0);
        for _ in 0..MOST_PAGES {
            let from = offset.to_string();
            let answer = self.send(Request::get(&path, &[("offset", &from), ("limit", "100")]))?;
            let (items, _) = answer.json::<wire::Page<ListedToken>>()?.into_parts()?;
            let count = items.count;
            offset += count;
            // An API that ignores the offset repeats its page.
            let is_repeated = last.is_some_and(|last| last.body() == answer.body());
            last = Some(answer);
            let mut listed = self.accepted(items, &mut size)?;
            listed.retain(|token| seen.insert(token.id.clone()));
            if seen.len() > MOST_ITEMS {
                break;
            }
            if count == 0 || is_repeated || !wants_more(listed) {
                return Ok(());
            }
        }
        Err(too_long())
    }

    /// Waits before another attempt. Returns `false` at once if there is no time for it.
    pub fn pause(&self, err: &ApiError, attempt: u32) -> bool {
        http::pause(self.deadline, err.retry_after(), attempt)
    }

    /// Sends one request as the account. Any status but 2xx is an error.
    fn send(&self, request: Request<'_>) -> Result<Response, ApiError> {
        let request = Request {
            authorization: Some(&self.access.credentials.authorization()),
            contract: self.access.contract.as_deref(),
            ..request
        };
        let response = self.client.send(&request, self.deadline)?;
        if let Some(date) = response.date() {
            self.skew.set(Some(date - env::now()));
        }
        if response.is_success() {
            return Ok(response);
        }
        Err(refusal(
            response.status,
            response.body(),
            response.retry_after(),
        ))
    }
}

fn too_long() -> ApiError {
    let what = format!("a list of more than {MOST_PAGES} pages or {MOST_ITEMS} items");
    TransportError::unusable(&what).into()
}

/// The error of an answer without success, with the API's message unless that repeats a secret.
pub(crate) fn refusal(
    status: u16,
    body: &[u8],
    retry_after: Option<std::time::Duration>,
) -> ApiError {
    let answer = wire::ErrorMessage::parse(body);
    ApiError::Refused {
        status,
        message: secret::quotable(&answer.message),
        code: answer.error_code,
        retry_after,
    }
}
