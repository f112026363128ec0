//! What a pod gets to use the API of its cluster.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::cluster::Cluster;
use super::names::Name;
use crate::env;
use crate::error::{Failure, one_line, shown, system};
use crate::files::UserFile;
use crate::http::Endpoint;
use crate::json;
use crate::secret::Secret;

/// The directory of a pod's service account.
pub const SERVICE_ACCOUNT_DIR: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The service account of this pod.
#[derive(Debug)]
pub struct InCluster {
    /// The cluster's API.
    pub cluster: Cluster,
    /// The pod's own namespace.
    pub namespace: Option<Name>,
    /// The pod's service account as `NAMESPACE:NAME`, for messages.
    pub account: String,
}

impl InCluster {
    /// Reads the files that the kubelet mounts into the pod. The kubelet refreshes the token, so they are
    /// read at each run.
    pub fn find(dir: &Path) -> Result<Self, Failure> {
        let endpoint = endpoint()?;
        let read = |name: &str| read(&dir.join(name));
        let token = Secret::from(read("token")?.trim());
        let ca = read("ca.crt")?;
        let namespace = read("namespace").ok();
        let namespace = namespace.and_then(|name| Name::of_namespace(name.trim()).ok());
        let account = subject(&token).unwrap_or_else(|| "NAMESPACE:NAME".into());
        let cluster = Cluster::new(endpoint.trusting_only(&ca), &token)
            .map_err(|failure| failure.within(&shown(&dir.join("ca.crt"))))?;
        Ok(Self {
            cluster,
            namespace,
            account,
        })
    }
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
    let claims = token.expose_secret().split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = json::from_slice(&claims).ok()?;
    let name = claims.sub.strip_prefix("system:serviceaccount:")?;
    Some(one_line(name))
}
