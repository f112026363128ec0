//! The IONOS Container Registry API over HTTP: the five calls this program makes.
//!
//! <https://api.ionos.com/docs/containerregistry/v1/>. Each call ends within the deadline. A `GET`
//! is tried again on trouble that passes, a `POST` only where nothing can have been made twice;
//! the caller has to find out what a doubtful `POST` did.

mod access;
mod error;
pub(crate) mod wire;

use std::cell::Cell;

use secrecy::ExposeSecret as _;

pub use access::Access;
pub use error::ApiError;
pub use wire::{ListedToken, NewToken, Registry, Token};

use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::http::{self, Client, Method, Request, Response, Retry, TransportError};

/// Pages of a hundred: more than any contract has, and an end for an API that repeats itself.
const MOST_PAGES: usize = 100;

/// A client for one account and one deadline. Keeps its connection.
#[derive(Debug)]
pub struct Api {
    client: Client,
    access: Access,
    deadline: Deadline,
    /// The API's clock less ours, in seconds, once it is known.
    skew: Cell<Option<i64>>,
}

impl Api {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn new(access: Access, deadline: Deadline) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(access.endpoint.clone())?,
            access,
            deadline,
            skew: Cell::new(None),
        })
    }

    /// The same client with another deadline.
    pub fn until(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// The account in use.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The proxy in use, for messages.
    pub fn proxy(&self) -> Option<String> {
        self.client.proxy()
    }

    /// The moment by which every call has to be done.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The API's clock less ours, from the last answer.
    pub fn skew(&self) -> Option<i64> {
        self.skew.get()
    }

    /// All registries of the account, or those the API finds for a name. How it compares names is
    /// nowhere said, so the caller compares again.
    pub fn registries(&self, name: Option<&str>) -> Result<Vec<Registry>, ApiError> {
        let mut found = Vec::new();
        let mut page = String::new();
        for _ in 0..MOST_PAGES {
            let mut query = vec![("limit", "100")];
            query.extend(name.map(|name| ("filter.name", name)));
            if !page.is_empty() {
                query.push(("pagination.token", &page));
            }
            let answer = self.send(Request::get("/registries", &query))?;
            let registries: wire::Registries = answer.json()?;
            let next = registries.next_page();
            found.extend(registries.into_items());
            // The last page says "", null or nothing, or repeats its own token.
            match next {
                Some(next) if next != page => page = next,
                _ => break,
            }
        }
        Ok(found)
    }

    /// Makes a token. Only this answer ever holds its password.
    pub fn create_token(&self, registry_id: &str, token: &NewToken) -> Result<Token, ApiError> {
        let path = format!("/registries/{registry_id}/tokens");
        let body = serde_json::to_vec(token).map_err(|_| TransportError::unusable("request"))?;
        let answer = self.send(Request {
            method: Method::POST,
            body: Some(("application/json", &body)),
            retry: Retry::IfNothingWasDone,
            ..Request::get(&path, &[])
        })?;
        let from_header = wire::last_segment(answer.location());
        let created: wire::TokenAnswer = answer.json()?;
        created.into_token(from_header).ok_or_else(|| {
            TransportError::unusable("an answer without the token's name and password").into()
        })
    }

    /// Deletes a token; one that is gone is deleted.
    pub fn delete_token(&self, registry_id: &str, token_id: &str) -> Result<(), ApiError> {
        let path = format!("/registries/{registry_id}/tokens/{token_id}");
        let request = Request {
            method: Method::DELETE,
            retry: Retry::Never,
            ..Request::get(&path, &[])
        };
        match self.send(request) {
            Ok(_) | Err(ApiError::NotFound) => Ok(()),
            Err(err) => Err(err),
        }
    }

    /// The id of the token with this name.
    pub fn token_id(&self, registry_id: &str, name: &str) -> Result<Option<String>, ApiError> {
        let mut id = None;
        self.pages_of_tokens(registry_id, |page| {
            id = page.id_of(name).map(ToOwned::to_owned);
            id.is_none()
        })?;
        Ok(id)
    }

    /// All tokens of a registry, whoever made them.
    pub fn tokens(&self, registry_id: &str) -> Result<Vec<ListedToken>, ApiError> {
        let mut tokens = Vec::new();
        self.pages_of_tokens(registry_id, |page| {
            tokens.extend(page.into_listed());
            true
        })?;
        Ok(tokens)
    }

    /// One page after the other, as long as `more` are wanted.
    fn pages_of_tokens(
        &self,
        registry_id: &str,
        mut more: impl FnMut(wire::Tokens) -> bool,
    ) -> Result<(), ApiError> {
        let path = format!("/registries/{registry_id}/tokens");
        let mut offset = 0;
        for _ in 0..MOST_PAGES {
            let from = offset.to_string();
            let answer = self.send(Request::get(&path, &[("offset", &from), ("limit", "100")]))?;
            let tokens: wire::Tokens = answer.json()?;
            let (count, total) = (tokens.len(), tokens.total());
            offset += count;
            if !more(tokens) || count == 0 || offset >= total {
                break;
            }
        }
        Ok(())
    }

    /// Waits before another attempt. `false` at once if there is no time for it.
    pub fn pause(&self, err: &ApiError, attempt: u32) -> bool {
        http::pause(self.deadline, err.retry_after(), attempt)
    }

    /// Sends one request as the account. Any status but 2xx is an error.
    fn send(&self, request: Request<'_>) -> Result<Response, ApiError> {
        let request = Request {
            authorization: Some(&self.access.authorization),
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
            self.access.authorization.expose_secret(),
        ))
    }
}

/// What an answer without success means, in the API's words as far as they tell no secret.
pub(crate) fn refusal(
    status: u16,
    body: &[u8],
    retry_after: Option<std::time::Duration>,
    authorization: &str,
) -> ApiError {
    let said = wire::message(body)
        .and_then(|said| http::quotable(&said, |said| http::repeats(said, authorization)));
    ApiError::from_status(status, said, retry_after)
}
