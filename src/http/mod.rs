//! The only room that sends HTTP: endpoint, proxy, TLS, deadline, retries.
//!
//! The rooms of the IONOS API, of a Kubernetes cluster and of a registry make the requests and
//! interpret the answers.

mod challenge;
mod connector;
mod endpoint;
mod error;
mod pin;
mod proxy;
mod response;
mod tls;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use log::debug;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use ureq::http::HeaderValue;
use ureq::http::header::{self, HeaderMap};

pub use challenge::Challenge;
pub use endpoint::Endpoint;
pub use error::{OTHER_SERVER, TransportError};
pub use response::Response;
#[cfg(any(test, fuzzing))]
pub(crate) use response::{parse_http_date, parse_retry_after};
pub use ureq::http::Method;

use crate::env::Deadline;
use crate::error::Failure;
use crate::secret::Secret;
use proxy::Proxy;

const MIB: u64 = 1024 * 1024;
/// The largest answer. A page of a hundred registries has about 90 kB.
const LARGEST_ANSWER: u64 = 4 * MIB;
/// All answers of one run together, so that a hostile server cannot fill the memory with pages.
const ALL_ANSWERS: u64 = 16 * MIB;
/// Bytes of the answers so far.
static RECEIVED: AtomicU64 = AtomicU64::new(0);
/// The buffer for each direction of a connection. As large as the headers that ureq accepts. ureq's
/// default is twice as large, and filling that with zeros takes an eighth of a cold `get`.
const BUFFER: usize = 64 * 1024;
/// Attempts for one request, the first included.
const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A connection that takes longer leaves no time for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A client for one endpoint. Keeps its connection.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    endpoint: Endpoint,
    proxy: Option<Proxy>,
}

/// One request, below the endpoint's base URL.
#[derive(Debug)]
pub struct Request<'a> {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: Method,
    /// Begins with a slash, or is empty for the base URL itself.
    pub path: &'a str,
    /// Names and values, not yet encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a SecretString>,
    /// The value of the `X-Contract-Number` header.
    pub contract: Option<&'a str>,
    /// Content type and content.
    pub body: Option<(&'static str, &'a [u8])>,
    /// When another attempt is made.
    pub retry: Retry,
}

/// When a request is sent again within its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Never.
    Never,
    /// If the server did nothing: on 429, and if no connection could be made.
    IfNothingWasDone,
    /// On any temporary error: the request may safely be done twice.
    IfTransient,
}

impl<'a> Request<'a> {
    /// A `GET` that is retried.
    pub fn get(path: &'a str, query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method: Method::GET,
            path,
            query,
            authorization: None,
            contract: None,
            body: None,
            retry: Retry::IfTransient,
        }
    }
}

impl Client {
    /// A client for one server. Nothing is sent yet.
    #[expect(clippy::disallowed_methods, reason = "the only sender")]
    pub fn new(endpoint: Endpoint) -> Result<Self, Failure> {
        let proxy = Proxy::from_env(&endpoint)?;
        let config = ureq::Agent::config_builder()
            .proxy(proxy.as_ref().map(|it| it.proxy.clone()))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            // Credentials must not follow to another host.
            .max_redirects(0)
            .http_status_as_error(false)
            .input_buffer_size(BUFFER)
            .output_buffer_size(BUFFER)
            .user_agent(USER_AGENT);
        Ok(Self {
            agent: tls::agent(config, &endpoint.proof)?,
            endpoint,
            proxy,
        })
    }

    /// Where the requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The proxy in use, for messages.
    pub fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(ToString::to_string)
    }

    /// Sends a request and returns the answer, whatever its status. Repeats it within the deadline,
    /// as [`Request::retry`] allows.
    pub fn send(
        &self,
        request: &Request<'_>,
        deadline: Deadline,
    ) -> Result<Response, TransportError> {
        for attempt in 1..ATTEMPTS {
            let outcome = self.send_once(request, deadline);
            let (nothing_was_done, may_pass) = match &outcome {
                Ok(response) => (
                    response.status == 429,
                    matches!(response.status, 502..=504)
                        || (response.is_success() && response.body.is_err()),
                ),
                Err(err) => (err.is_unreachable(), err.is_transient()),
            };
            let again = match request.retry {
                Retry::Never => false,
                Retry::IfNothingWasDone => nothing_was_done,
                Retry::IfTransient => nothing_was_done || may_pass,
            };
            let retry_after = outcome.as_ref().ok().and_then(Response::retry_after);
            if !again || !pause(deadline, retry_after, attempt) {
                return outcome;
            }
        }
        self.send_once(request, deadline)
    }

    fn send_once(
        &self,
        request: &Request<'_>,
        deadline: Deadline,
    ) -> Result<Response, TransportError> {
        let left = deadline.left();
        if left.is_zero() {
            return Err(TransportError::TimedOut { sent: false });
        }
        let (method, path) = (&request.method, request.path);
        let mut builder = ureq::http::Request::builder()
            .method(method)
            .uri(self.endpoint.url(path, request.query));
        if let Some(headers) = builder.headers_mut() {
            add_headers(headers, request);
        }
        let content = request.body.map_or(&[][..], |(_, content)| content);
        let response = builder
            .body(content)
            .map_err(ureq::Error::from)
            .and_then(|request| {
                let request = self.agent.configure_request(request);
                self.agent.run(request.timeout_global(Some(left)).build())
            })
            .map_err(|err| {
                let err = TransportError::from_ureq(&err);
                match &self.proxy {
                    Some(proxy) => err.through(proxy),
                    None => err,
                }
            })?;
        let (parts, mut body) = response.into_parts();
        let status = parts.status.as_u16();
        debug!("{method} {}{path}: {status}", self.endpoint.host());
        let limit = LARGEST_ANSWER.min(ALL_ANSWERS - RECEIVED.load(Ordering::Relaxed));
        let body = body.with_config().limit(limit).read_to_vec();
        let received = body.as_ref().map_or(limit, |body| body.len() as u64);
        RECEIVED.fetch_add(received, Ordering::Relaxed);
        let body = body
            .map(SecretSlice::from)
            // The status line arrived, so the request was read.
            .map_err(|err| TransportError::from_ureq(&err).after_sending());
        Ok(Response {
            status,
            headers: parts.headers,
            body,
        })
    }
}

/// The value of an `Authorization` header of the scheme `Basic`.
pub fn basic(username: &str, password: &Secret) -> SecretString {
    let pair = SecretString::from(format!("{username}:{}", password.expose_secret()));
    format!("Basic {}", BASE64_STANDARD.encode(pair.expose_secret())).into()
}

fn add_headers(headers: &mut HeaderMap, request: &Request<'_>) {
    let authorization = request.authorization.map(ExposeSecret::expose_secret);
    if let Some(Ok(mut value)) = authorization.map(HeaderValue::from_str) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    if let Some(Ok(contract)) = request.contract.map(HeaderValue::from_str) {
        headers.insert("X-Contract-Number", contract);
    }
    if let Some((content_type, _)) = request.body {
        let value = HeaderValue::from_static(content_type);
        headers.insert(header::CONTENT_TYPE, value);
    }
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::ACCEPT, json);
}

/// Waits before another attempt: for `retry_after` if the server sent it, else for a random time that
/// grows with each attempt. Returns `false` at once if the deadline does not allow it.
pub fn pause(deadline: Deadline, retry_after: Option<Duration>, attempt: u32) -> bool {
    let jitter = fastrand::f64().mul_add(0.5, 0.75);
    let pause = retry_after.unwrap_or_else(|| FIRST_PAUSE.mul_f64(jitter) * 3_u32.pow(attempt - 1));
    let in_time = pause < deadline.left();
    if in_time {
        debug!("next attempt in {pause:?}");
        thread::sleep(pause);
    }
    in_time
}
