//! The IONOS Container Registry API over HTTP: the five calls this program makes.
//!
//! <https://api.ionos.com/docs/containerregistry/v1/>. Each call ends within the deadline. A `GET`
//! is tried again on trouble that passes, a `POST` only where nothing can have been made twice;
//! what a doubtful `POST` means is for [`crate::mint`] to find out. The other API this program
//! talks to is that of a Kubernetes cluster: [`Cluster`].

mod cluster;
mod connector;
mod distribution;
mod endpoint;
mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod pin;
mod proxy;
mod quote;
mod tls;
mod wire;

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use log::debug;
use secrecy::ExposeSecret as _;
use ureq::config::ConfigBuilder;
use ureq::http::{HeaderMap, HeaderValue, Method, Request, header};
use ureq::typestate::AgentScope;

pub use cluster::{Cluster, ClusterError, Patch};
pub use distribution::{Scheme, log_in};
pub use endpoint::Endpoint;
pub use error::ApiError;
pub use pin::Fingerprint;
pub use tls::Trust;
pub use wire::{ListedToken, NewToken, Registry, Token, is_uuid};

use crate::account::Access;
use crate::env::{self, Deadline};
use crate::error::Failure;
use proxy::Proxy;

/// Answers are a few kilobytes; a page of a hundred registries is some ninety.
const LARGEST_ANSWER: u64 = 4 * 1024 * 1024;
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A connection that takes longer is not going to carry an answer in time.
const CONNECT: Duration = Duration::from_secs(3);
/// Pages of a hundred: more than any contract has, and an end for an API that repeats itself.
const MOST_PAGES: usize = 100;

/// A client for one account and one deadline. Keeps its connection.
#[derive(Debug)]
pub struct Api {
    agent: ureq::Agent,
    access: Access,
    deadline: Deadline,
    proxy: Option<Proxy>,
    /// The API's clock less ours, in seconds, once it has been heard.
    skew: Cell<Option<i64>>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Api {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn new(access: Access, deadline: Deadline) -> Result<Self, Failure> {
        let proxy = Proxy::from_env(&access.endpoint)?;
        let config = settings(proxy.as_ref());
        Ok(Self {
            agent: tls::agent(config, &access.trust)?,
            access,
            deadline,
            proxy,
            skew: Cell::new(None),
        })
    }

    /// The same client with another time to be done by.
    pub fn until(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Who asks.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The proxy on the way, for messages.
    pub fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(ToString::to_string)
    }

    /// What is left of the time.
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
            let answer = self.get("/registries", &query)?;
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
        let body = serde_json::to_vec(token).map_err(|_| ApiError::unusable("request"))?;
        let answer = self.again_if(
            |err| matches!(err, ApiError::Busy { .. } | ApiError::Unreachable { .. }),
            || self.send(&Method::POST, &path, &[], &body),
        )?;
        let from_header = wire::last_segment(answer.header(&header::LOCATION));
        let created: wire::TokenAnswer = answer.json()?;
        created
            .into_token(from_header)
            .ok_or_else(|| ApiError::unusable("an answer without the token's name and password"))
    }

    /// Deletes a token; one that is gone is deleted.
    pub fn delete_token(&self, registry_id: &str, token_id: &str) -> Result<(), ApiError> {
        let path = format!("/registries/{registry_id}/tokens/{token_id}");
        match self.send(&Method::DELETE, &path, &[], &[]) {
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
            let answer = self.get(&path, &[("offset", &from), ("limit", "100")])?;
            let tokens: wire::Tokens = answer.json()?;
            let (count, total) = (tokens.len(), tokens.total());
            offset += count;
            if !more(tokens) || count == 0 || offset >= total {
                break;
            }
        }
        Ok(())
    }

    fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, ApiError> {
        self.again_if(ApiError::passes, || {
            self.send(&Method::GET, path, query, &[])
        })
    }

    /// Tries up to three times within the deadline.
    fn again_if(
        &self,
        passes: impl Fn(&ApiError) -> bool,
        attempt: impl Fn() -> Result<Answer, ApiError>,
    ) -> Result<Answer, ApiError> {
        for tried in 1..TRIES {
            match attempt() {
                Err(err) if passes(&err) && self.pause(&err, tried) => {}
                done => return done,
            }
        }
        attempt()
    }

    /// Waits before another try. `false` at once if there is no time for it.
    pub fn pause(&self, err: &ApiError, tried: u32) -> bool {
        pause(self.deadline, err, tried)
    }

    fn send(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ApiError> {
        let left = self.deadline.left();
        if left.is_zero() {
            return Err(ApiError::TimedOut { sent: false });
        }
        let url = self.access.endpoint.url(path, query);
        let mut request = Request::builder().method(method).uri(url);
        if let Some(headers) = request.headers_mut() {
            self.add_headers(headers, !body.is_empty());
        }
        let response = request
            .body(body)
            .map_err(ureq::Error::from)
            .and_then(|request| {
                let request = self
                    .agent
                    .configure_request(request)
                    .timeout_global(Some(left))
                    .build();
                self.agent.run(request)
            })
            .map_err(|err| {
                let err = ApiError::from_transport(&err);
                match &self.proxy {
                    Some(proxy) => err.on_the_way_through(proxy),
                    None => err,
                }
            })?;
        let (parts, mut body) = response.into_parts();
        let status = parts.status.as_u16();
        debug!("{method} {path}: {status}");
        self.hear_clock(&parts.headers);
        let body = body
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            // Headers came, so the request was read: whatever went wrong, it went wrong after.
            .map_err(|err| ApiError::from_transport(&err).after_sending());
        let answer = Answer {
            status,
            headers: parts.headers,
            // Only a success has to be whole; a failure's status says enough.
            body: if (200..300).contains(&status) {
                body?
            } else {
                body.unwrap_or_default()
            },
        };
        answer.check(self.access.authorization.expose_secret())
    }

    fn add_headers(&self, headers: &mut HeaderMap, with_body: bool) {
        let json = HeaderValue::from_static("application/json");
        if let Ok(mut value) = HeaderValue::from_str(self.access.authorization.expose_secret()) {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(Ok(contract)) = self.access.contract.as_deref().map(HeaderValue::from_str) {
            headers.insert("X-Contract-Number", contract);
        }
        if with_body {
            headers.insert(header::CONTENT_TYPE, json.clone());
        }
        headers.insert(header::ACCEPT, json);
    }

    fn hear_clock(&self, headers: &HeaderMap) {
        let date = headers
            .get(header::DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(wire::parse_http_date);
        if let Some(date) = date {
            self.skew.set(Some(date - env::now()));
        }
    }
}

impl Answer {
    fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn check(self, secret: &str) -> Result<Self, ApiError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let retry_after = self
            .header(&header::RETRY_AFTER)
            .and_then(wire::parse_retry_after);
        let said = wire::message(&self.body)
            .and_then(|said| quote::quotable(&said, |said| quote::repeats(said, secret)));
        Err(ApiError::from_status(self.status, said, retry_after))
    }

    /// serde's own error would quote the value it stumbled over, which may be a password.
    fn json<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.body)
            .map_err(|_| ApiError::unusable("an answer that is not what the API describes"))
    }
}

/// What every request of this program goes by.
fn settings(proxy: Option<&Proxy>) -> ConfigBuilder<AgentScope> {
    ureq::Agent::config_builder()
        .proxy(proxy.map(Proxy::to_ureq))
        .timeout_connect(Some(CONNECT))
        // What is sent must not follow to another host.
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ))
}

/// Waits before another try: growing and jittered, or as long as the API asks for. `false` at
/// once if there is no time for it.
fn pause(deadline: Deadline, err: &ApiError, tried: u32) -> bool {
    let jitter = fastrand::f64().mul_add(0.5, 0.75);
    let pause = err
        .retry_after()
        .unwrap_or_else(|| FIRST_PAUSE.mul_f64(jitter) * 3_u32.pow(tried - 1));
    let in_time = pause < deadline.left();
    if in_time {
        debug!("again in {pause:?}: {err:?}");
        thread::sleep(pause);
    }
    in_time
}
