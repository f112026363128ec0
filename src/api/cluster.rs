//! The API of a Kubernetes cluster over HTTP, from a pod in it.
//!
//! Only the cluster's own certificate authority vouches for it. Everything that is asked here may
//! be asked twice (a server-side apply says what is to be, a JSON patch tests before it adds), so
//! trouble that passes is met with another try.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use log::debug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::{HeaderValue, Method, Request, header};

use super::endpoint::Endpoint;
use super::proxy::Proxy;
use super::quote::{holds_part_of, quotable};
use super::{ApiError, LARGEST_ANSWER, TRIES, pause, settings, tls, wire};
use crate::env::Deadline;
use crate::error::Failure;

/// For one call and its further tries.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// A client for one cluster and one service account. Keeps its connection.
#[derive(Debug)]
pub struct Cluster {
    agent: ureq::Agent,
    endpoint: Endpoint,
    token: SecretString,
    proxy: Option<Proxy>,
}

/// Why a cluster did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterError {
    /// It answered, and not with a success.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        said: Option<String>,
    },
    /// It gave no answer, or none that makes sense.
    Unanswered(ApiError),
}

/// The kinds of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch {
    /// A server-side apply.
    Apply,
    /// RFC 6902.
    Json,
}

impl Patch {
    fn content_type(self) -> &'static str {
        match self {
            // JSON is YAML.
            Self::Apply => "application/apply-patch+yaml",
            Self::Json => "application/json-patch+json",
        }
    }
}

struct Answer {
    status: u16,
    body: SecretString,
}

impl Cluster {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn new(endpoint: Endpoint, token: &SecretString, ca: &str) -> Result<Self, Failure> {
        let proxy = Proxy::from_env(&endpoint)?;
        let config = settings(proxy.as_ref());
        Ok(Self {
            agent: tls::agent_for_cluster(config, ca)?,
            endpoint,
            token: token.clone(),
            proxy,
        })
    }

    /// `host:port`, for messages.
    pub fn host(&self) -> &str {
        self.endpoint.host()
    }

    /// Reads an object.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClusterError> {
        let answer = self.ask(&Method::GET, path, &[], None)?;
        // serde's own error would quote the value it stumbled over.
        serde_json::from_str(answer.body.expose_secret()).map_err(|_| {
            ClusterError::Unanswered(ApiError::unusable(
                "an answer that is not a Kubernetes object",
            ))
        })
    }

    /// Patches an object; `true` if that made it.
    pub fn patch(
        &self,
        path: &str,
        query: &[(&str, &str)],
        kind: Patch,
        body: &SecretString,
    ) -> Result<bool, ClusterError> {
        let answer = self.ask(&Method::PATCH, path, query, Some((kind, body)))?;
        Ok(answer.status == 201)
    }

    fn ask(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<(Patch, &SecretString)>,
    ) -> Result<Answer, ClusterError> {
        let deadline = Deadline::after(ONE_CALL);
        let mut tried = 1;
        loop {
            let err = match self.send(method, path, query, body, deadline) {
                Err(err) => err,
                done => return done.map_err(|(_, err)| err),
            };
            let (trouble, err) = err;
            if tried == TRIES || !trouble.passes() || !pause(deadline, &trouble, tried) {
                return Err(err);
            }
            tried += 1;
        }
    }

    /// One try. The first of the two errors says whether another is worth it.
    fn send(
        &self,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<(Patch, &SecretString)>,
        deadline: Deadline,
    ) -> Result<Answer, (ApiError, ClusterError)> {
        let unanswered = |err: ApiError| (err.clone(), ClusterError::Unanswered(err));
        let left = deadline.left();
        if left.is_zero() {
            return Err(unanswered(ApiError::TimedOut { sent: false }));
        }
        let mut request = Request::builder()
            .method(method)
            .uri(self.endpoint.url(path, query))
            .header(header::ACCEPT, "application/json");
        if let Some(headers) = request.headers_mut() {
            let bearer = SecretString::from(format!("Bearer {}", self.token.expose_secret()));
            if let Ok(mut value) = HeaderValue::from_str(bearer.expose_secret()) {
                value.set_sensitive(true);
                headers.insert(header::AUTHORIZATION, value);
            }
            if let Some((kind, _)) = body {
                let value = HeaderValue::from_static(kind.content_type());
                headers.insert(header::CONTENT_TYPE, value);
            }
        }
        let content = body.map_or("", |(_, body)| body.expose_secret());
        let response = request
            .body(content.as_bytes())
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
                unanswered(match &self.proxy {
                    Some(proxy) => err.on_the_way_through(proxy),
                    None => err,
                })
            })?;
        let (parts, mut received) = response.into_parts();
        let status = parts.status.as_u16();
        debug!("cluster: {method} {path}: {status}");
        let received = received
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            .map_err(|err| ApiError::from_transport(&err).after_sending())
            .and_then(|bytes| {
                String::from_utf8(bytes)
                    .map(SecretString::from)
                    .map_err(|_| ApiError::unusable("an answer that is not text"))
            });
        if (200..300).contains(&status) {
            let body = received.map_err(unanswered)?;
            return Ok(Answer { status, body });
        }
        let said = received.ok().and_then(|text| message(&text));
        let said = said.and_then(|said| quotable(&said, |said| self.gives_away(said, content)));
        let retry_after = parts.headers.get(header::RETRY_AFTER);
        let retry_after =
            retry_after.and_then(|value| wire::parse_retry_after(value.to_str().ok()?));
        let trouble = ApiError::from_status(status, None, retry_after);
        Err((trouble, ClusterError::Refused { status, said }))
    }

    /// Whether the cluster's words hold a piece of the token or of what was sent as secret.
    fn gives_away(&self, said: &str, content: &str) -> bool {
        holds_part_of(said, self.token.expose_secret())
            || secrets_in(content)
                .iter()
                .any(|secret| holds_part_of(said, secret.expose_secret()))
    }
}

/// What of a Secret must not be shown: its values, and the passwords in them.
fn secrets_in(content: &str) -> Vec<SecretString> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Sent {
        data: std::collections::BTreeMap<String, SecretString>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Payload {
        auths: std::collections::BTreeMap<String, Login>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Login {
        auth: SecretString,
        password: SecretString,
    }
    let sent: Sent = serde_json::from_str(content).unwrap_or_default();
    let mut secrets: Vec<SecretString> = sent.data.into_values().collect();
    let payloads: Vec<Payload> = secrets
        .iter()
        .filter_map(|value| BASE64_STANDARD.decode(value.expose_secret()).ok())
        .filter_map(|payload| serde_json::from_slice(&payload).ok())
        .collect();
    for login in payloads
        .into_iter()
        .flat_map(|payload| payload.auths.into_values())
    {
        secrets.extend([login.auth, login.password]);
    }
    secrets
}

/// The words of a `Status`, which every refusal of a cluster is.
pub(super) fn message(body: &SecretString) -> Option<String> {
    #[derive(Deserialize)]
    struct Status {
        message: String,
    }
    let status: Status = serde_json::from_str(body.expose_secret()).ok()?;
    Some(status.message).filter(|message| !message.trim().is_empty())
}
