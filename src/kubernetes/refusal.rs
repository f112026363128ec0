//! What an error of the cluster means, and what to do about it.

use std::fmt;

use super::cluster::{Cluster, ClusterError};
use super::names::Name;
use crate::error::Failure;
use crate::http::TransportError;

/// A missing right to read an object.
pub(super) const TO_READ: &str = "may not be read";
/// A missing right to change an object.
pub(super) const TO_CHANGE: &str = "may not be changed";

/// A request for one object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// The plural name, as in a path.
    pub(super) resource: &'static str,
    pub(super) name: &'a Name,
    pub(super) namespace: &'a Name,
    pub(super) cluster: &'a Cluster,
}

/// `secret NAME in namespace NAMESPACE`.
impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.resource {
            "serviceaccounts" => "service account",
            _ => "secret",
        };
        let (name, namespace) = (self.name, self.namespace);
        write!(f, "{kind} {name} in namespace {namespace}")
    }
}

impl Attempt<'_> {
    /// The path of the object. Its names are checked, so they need no encoding.
    pub(super) fn path(&self) -> String {
        let (namespace, resource, name) = (self.namespace, self.resource, self.name);
        format!("/api/v1/namespaces/{namespace}/{resource}/{name}")
    }

    /// The error for a Secret that cannot become an image pull secret.
    pub(super) fn immutable(&self, why: &str) -> Failure {
        Failure::new(
            format!("{self} cannot be changed: {why}"),
            format!("choose another --name, or {}", self.how_to_delete()),
        )
    }

    fn how_to_delete(&self) -> String {
        let (name, namespace) = (self.name, self.namespace);
        format!("delete it once: kubectl -n {namespace} delete secret {name}")
    }

    /// The message for an error. `right` is the one that was needed.
    pub(super) fn failure(&self, right: &str, err: &ClusterError) -> Failure {
        let (status, message) = match err {
            ClusterError::Refused { status, message } => (*status, message.as_deref()),
            ClusterError::Unanswered(err) => return self.unanswered(err),
        };
        let quoted = message.map(|it| format!(" \"{it}\"")).unwrap_or_default();
        let (what, hint) = match status {
            401 => (
                "the cluster does not accept the ServiceAccount's token".into(),
                "restart the pod to get another token".into(),
            ),
            400..=499 if is_denial(message) => (
                "an admission policy denies it".into(),
                "comply with the policy by --name or --label, or change it; more rights do not help".into(),
            ),
            403 => self.forbidden(right, message),
            404 => self.missing(),
            409 => (
                "another writer keeps changing it".into(),
                "the next run tries again; kubectl get --show-managed-fields -o yaml shows the writers".into(),
            ),
            422 => (
                "the cluster does not accept it".into(),
                if message.is_some_and(|it| it.contains("immutable")) {
                    format!("choose another --name, or {}", self.how_to_delete())
                } else {
                    "the cluster's message says why; an admission webhook or another version of Kubernetes may be the cause".into()
                },
            ),
            429 => (
                "the cluster gets too many requests".into(),
                "the next run tries again".into(),
            ),
            500.. if message.is_some_and(|it| it.contains("failed calling webhook")) => (
                "an admission webhook does not answer".into(),
                "the next run tries again; check the webhook that the message names".into(),
            ),
            500.. => (
                "the cluster failed".into(),
                "the next run tries again; if this persists, check the cluster's control plane".into(),
            ),
            _ => (
                "the cluster refused the request".into(),
                "check for a proxy between this pod and the cluster's API".into(),
            ),
        };
        Failure::new(format!("{self}: {what}: {status}{quoted}"), hint)
    }

    fn forbidden(&self, right: &str, message: Option<&str>) -> (String, String) {
        let Self {
            name,
            namespace,
            resource,
            cluster,
        } = self;
        let says = |words: &str| message.is_some_and(|it| it.contains(words));
        if says("exceeded quota") {
            return (
                "a quota of the namespace is exceeded".into(),
                format!(
                    "raise the quota or delete what it counts: kubectl -n {namespace} describe resourcequota"
                ),
            );
        }
        if says("is being terminated") {
            return (
                "the namespace is being deleted".into(),
                "leave it out of --namespace".into(),
            );
        }
        if message.is_some() && !says(" cannot ") {
            return (
                "the cluster forbids it".into(),
                "the cluster's message says why; the ServiceAccount has the right".into(),
            );
        }
        if says("cannot create") {
            // The right to create cannot be limited to a name.
            return (
                "it does not exist and may not be created".into(),
                format!(
                    "create an empty one: kubectl -n {namespace} create secret generic {name} --type=kubernetes.io/dockerconfigjson --from-literal=.dockerconfigjson={{}}"
                ),
            );
        }
        let role = format!("docker-credential-ionos-{resource}");
        let hint = format!(
            "grant it: kubectl -n {namespace} create role {role} --verb=get,patch --resource={resource} --resource-name={name} && kubectl -n {namespace} create rolebinding {role} --role={role} --serviceaccount={}",
            cluster.account
        );
        (right.into(), hint)
    }

    fn missing(&self) -> (String, String) {
        let (name, namespace) = (self.name, self.namespace);
        let (what, create, option) = if self.resource == "serviceaccounts" {
            let create = format!("kubectl -n {namespace} create serviceaccount {name}");
            ("it does not exist", create, "--service-account")
        } else {
            let create = format!("kubectl create namespace {namespace}");
            ("the namespace does not exist", create, "--namespace")
        };
        let hint = format!("create it with {create}, or leave it out of {option}");
        (what.into(), hint)
    }

    fn unanswered(&self, err: &TransportError) -> Failure {
        let hint = match err {
            TransportError::Unreachable { .. } => {
                "check network policies, and HTTPS_PROXY and NO_PROXY if they are set"
            }
            TransportError::Untrusted { .. } => {
                "ca.crt of the pod's ServiceAccount must be that of the cluster; a proxy may have answered"
            }
            TransportError::WithoutTls | TransportError::Foreign => {
                "check for a proxy between this pod and the cluster's API"
            }
            _ => "the next run tries again",
        };
        let failure = err.failure(&format!("the cluster at {}", self.cluster.host()));
        Failure::new(failure.what, hint).within(&self.to_string())
    }
}

/// Admission plugins that run policies and webhooks use these words with several statuses.
fn is_denial(message: Option<&str>) -> bool {
    let words = [" denied request", " denied the request"];
    message.is_some_and(|message| words.iter().any(|it| message.contains(it)))
}
