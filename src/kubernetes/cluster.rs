//! The API of a Kubernetes cluster over HTTP, from a pod in it.
//!
//! Only the cluster's own certificate authority vouches for it. Everything that is asked here may
//! be asked twice (a server-side apply says what is to be, a JSON patch tests before it adds), so
//! trouble that passes is met with another try.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::env::Deadline;
use crate::error::Failure;
use crate::http::{
    Client, Endpoint, Method, Request, Response, TransportError, holds_part_of, quotable,
};

/// For one call and its further tries.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// A client for one cluster and one service account. Keeps its connection.
#[derive(Debug)]
pub struct Cluster {
    client: Client,
    token: SecretString,
    authorization: SecretString,
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
    Unanswered(TransportError),
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

impl Cluster {
    /// Gets ready to ask. Nothing is sent yet.
    pub fn new(endpoint: Endpoint, token: &SecretString) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(endpoint)?,
            token: token.clone(),
            authorization: format!("Bearer {}", token.expose_secret()).into(),
        })
    }

    /// `host:port`, for messages.
    pub fn host(&self) -> &str {
        self.client.endpoint().host()
    }

    /// Reads an object.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClusterError> {
        let response = self.send(&Request::get(path, &[]))?;
        response.json().map_err(ClusterError::Unanswered)
    }

    /// Patches an object; `true` if that made it.
    pub fn patch(
        &self,
        path: &str,
        query: &[(&str, &str)],
        kind: Patch,
        body: &SecretString,
    ) -> Result<bool, ClusterError> {
        let response = self.send(&Request {
            method: Method::PATCH,
            body: Some((kind.content_type(), body.expose_secret().as_bytes())),
            ..Request::get(path, query)
        })?;
        Ok(response.status == 201)
    }

    fn send(&self, request: &Request<'_>) -> Result<Response, ClusterError> {
        let request = Request {
            authorization: Some(&self.authorization),
            method: request.method.clone(),
            ..*request
        };
        let response = self
            .client
            .send(&request, Deadline::after(ONE_CALL))
            .map_err(ClusterError::Unanswered)?;
        if response.is_success() {
            return Ok(response);
        }
        let content = request.body.map_or(&[][..], |(_, content)| content);
        let said = message(response.body());
        let said = said.and_then(|said| quotable(&said, |said| self.gives_away(said, content)));
        Err(ClusterError::Refused {
            status: response.status,
            said,
        })
    }

    /// Whether the cluster's words hold a piece of the token or of what was sent as secret.
    fn gives_away(&self, said: &str, content: &[u8]) -> bool {
        holds_part_of(said, self.token.expose_secret())
            || secrets_in(content)
                .iter()
                .any(|secret| holds_part_of(said, secret.expose_secret()))
    }
}

/// What of a Secret must not be shown: its values, and the passwords in them.
fn secrets_in(content: &[u8]) -> Vec<SecretString> {
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
    let sent: Sent = serde_json::from_slice(content).unwrap_or_default();
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
pub(crate) fn message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Status {
        message: String,
    }
    let status: Status = serde_json::from_slice(body).ok()?;
    Some(status.message).filter(|message| !message.trim().is_empty())
}
