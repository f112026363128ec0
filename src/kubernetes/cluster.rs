//! The API of a Kubernetes cluster, for a pod in it.
//!
//! Only the cluster's own certificate authority is trusted. Every request may be repeated: a
//! server-side apply states the result, and a JSON patch tests before it adds. So transient errors
//! are retried.

use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::names::Name;
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line, shown, system};
use crate::files::UserFile;
use crate::http::{Client, Endpoint, Method, Request, Response, TransportError};
use crate::ionos::account::token as jwt;
use crate::json;
use crate::secret::{self, Secret};

/// The directory of a pod's service account.
pub const SERVICE_ACCOUNT_DIR: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The time for one request and its retries.
const ONE_CALL: Duration = Duration::from_secs(20);

/// The cluster of this pod, as the pod's service account. It keeps its connection.
#[derive(Debug)]
pub struct Cluster {
    client: Client,
    authorization: SecretString,
    /// The pod's own namespace.
    pub namespace: Option<Name>,
    /// The pod's service account as `NAMESPACE:NAME`, for messages.
    pub(super) account: String,
}

/// Why a request to a cluster failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterError {
    /// The cluster answered with an error.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The message of the cluster.
        message: Option<String>,
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
    /// Reads the files that the kubelet mounts into the pod. The kubelet refreshes the token, so
    /// they are read at each run. Nothing is sent yet.
    pub fn of_pod(dir: &Path) -> Result<Self, Failure> {
        let endpoint = endpoint()?;
        let read = |name: &str| read(&dir.join(name));
        let token = Secret::from(read("token")?.trim());
        let endpoint = endpoint.trusting_only(&read("ca.crt")?);
        let namespace = read("namespace").ok();
        Ok(Self {
            client: Client::new(endpoint)
                .map_err(|failure| failure.within(&shown(&dir.join("ca.crt"))))?,
            authorization: format!("Bearer {}", token.expose_secret()).into(),
            namespace: namespace.and_then(|name| Name::of_namespace(name.trim()).ok()),
            account: subject(&token).unwrap_or_else(|| "NAMESPACE:NAME".into()),
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
        let message = message(response.body()).and_then(|it| secret::quotable(&it));
        Err(ClusterError::Refused {
            status: response.status,
            message,
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

fn endpoint() -> Result<Endpoint, Failure> {
    let Some(host) = env::var("KUBERNETES_SERVICE_HOST") else {
        return Err(Failure::new(
            "not in a pod: KUBERNETES_SERVICE_HOST is not set",
            "run it in the cluster (see packaging/kubernetes), or pipe kubernetes-manifest to kubectl apply --server-side -f -",
        ));
    };
    let port = env::var("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".into());
    Endpoint::of_cluster(host.trim(), port.trim())
}

fn read(path: &Path) -> Result<String, Failure> {
    let cannot_read = |why: &str| {
        Failure::new(
            format!("cannot read {}: {why}", shown(path)),
            "give the pod a ServiceAccount and automountServiceAccountToken: true",
        )
    };
    let file = UserFile::read(path).map_err(|err| cannot_read(&system(&err)))?;
    let (content, _) = file.trusted().map_err(|err| err.failure(path))?;
    match String::from_utf8(content) {
        Ok(text) if !text.trim().is_empty() => Ok(text),
        Ok(_) => Err(cannot_read("the file is empty")),
        Err(_) => Err(cannot_read("not valid UTF-8")),
    }
}

/// `NAMESPACE:NAME` from the token's claims. Only for messages, so the signature is not checked.
fn subject(token: &Secret) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let Claims { sub } = jwt::claims(token.expose_secret())?;
    let name = sub.strip_prefix("system:serviceaccount:")?;
    Some(one_line(name))
}
