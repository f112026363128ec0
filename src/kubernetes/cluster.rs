//! The API of a Kubernetes cluster, for a pod in it.
//!
//! Only the cluster's own certificate authority is trusted. Every request may be repeated: a
//! server-side apply states the result, and a JSON patch tests before it adds. So transient errors
//! are retried.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::env::Deadline;
use crate::error::Failure;
use crate::http::{Client, Endpoint, Method, Request, Response, TransportError};
use crate::json;
use crate::secret::{self, Secret};

/// The time for one request and its retries.
const ONE_CALL: std::time::Duration = std::time::Duration::from_secs(20);

/// A client for one cluster and one service account. It keeps its connection.
#[derive(Debug)]
pub struct Cluster {
    client: Client,
    authorization: SecretString,
}

/// Why a request to a cluster failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterError {
    /// The cluster answered with an error.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The message of the cluster.
        said: Option<String>,
    },
    /// There was no answer, or an unusable one.
    Unanswered(TransportError),
}

impl ClusterError {
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Unanswered(_) => None,
        }
    }
}

/// The content type of a server-side apply. JSON is YAML.
pub(super) const APPLY_PATCH: &str = "application/apply-patch+yaml";
/// The content type of RFC 6902.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";

impl Cluster {
    /// Creates a client. Nothing is sent yet.
    pub fn new(endpoint: Endpoint, token: &Secret) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(endpoint)?,
            authorization: format!("Bearer {}", token.expose_secret()).into(),
        })
    }

    /// `host:port`, for messages.
    pub fn host(&self) -> &str {
        self.client.endpoint().host()
    }

    /// Reads an object.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClusterError> {
        let response = self.send(Request::get(path, &[]))?;
        response.json().map_err(ClusterError::Unanswered)
    }

    /// Patches an object. Returns whether that created it.
    pub fn patch(
        &self,
        path: &str,
        query: &[(&str, &str)],
        content_type: &'static str,
        body: &SecretString,
    ) -> Result<bool, ClusterError> {
        let response = self.send(Request {
            method: Method::PATCH,
            body: Some((content_type, body.expose_secret().as_bytes())),
            ..Request::get(path, query)
        })?;
        Ok(response.status == 201)
    }

    fn send(&self, request: Request<'_>) -> Result<Response, ClusterError> {
        let request = Request {
            authorization: Some(&self.authorization),
            ..request
        };
        let response = self
            .client
            .send(&request, Deadline::after(ONE_CALL))
            .map_err(ClusterError::Unanswered)?;
        if response.is_success() {
            return Ok(response);
        }
        let said = message(response.body()).and_then(|said| secret::quotable(&said));
        Err(ClusterError::Refused {
            status: response.status,
            said,
        })
    }
}

/// The message of a `Status`, which is the body of every error of a cluster.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Status {
        message: String,
    }
    let status: Status = json::from_slice(body).ok()?;
    Some(status.message).filter(|message| !message.trim().is_empty())
}
