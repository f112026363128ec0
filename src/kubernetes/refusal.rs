//! What a cluster's refusal means, and what to do about it.

use std::fmt;

use super::cluster::ClusterError;
use super::in_cluster::ServiceAccount;
use super::names::{Name, Namespace};
use crate::error::Failure;
use crate::http::TransportError;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Patch,
    /// A patch that makes what is not there.
    Apply,
}

/// One attempt at one object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) verb: Verb,
    /// As it stands in a path.
    pub(super) resource: &'static str,
    pub(super) name: &'a Name,
    pub(super) namespace: &'a Namespace,
    pub(super) account: &'a ServiceAccount,
    pub(super) host: &'a str,
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
    /// Names need no encoding: they were checked.
    pub(super) fn path(&self) -> String {
        let (namespace, resource, name) = (self.namespace, self.resource, self.name);
        format!("/api/v1/namespaces/{namespace}/{resource}/{name}")
    }

    /// The Secret cannot be changed into what it should be.
    pub(super) fn immutable(&self, why: &str) -> Failure {
        Failure::new(
            format!("{self} cannot be changed: {why}"),
            format!("take another --name, or {}", self.how_to_delete()),
        )
    }

    fn how_to_delete(&self) -> String {
        let (name, namespace) = (self.name, self.namespace);
        format!("delete it once: kubectl -n {namespace} delete secret {name}")
    }

    /// The line for a person.
    pub(super) fn failure(&self, err: &ClusterError) -> Failure {
        let (status, said) = match err {
            ClusterError::Refused { status, said } => (*status, said.as_deref()),
            ClusterError::Unanswered(err) => return self.unanswered(err),
        };
        let quoted = said.map(|said| format!(" \"{said}\"")).unwrap_or_default();
        let (what, hint) = match status {
            401 => (
                "the cluster does not know the ServiceAccount's token".into(),
                "start the pod anew for another token".into(),
            ),
            403 => self.forbidden(said),
            404 => self.missing(),
            409 => (
                "somebody else keeps changing it".into(),
                "the next run tries again; see who writes it with: kubectl get --show-managed-fields -o yaml".into(),
            ),
            422 => (
                "the cluster cannot take it".into(),
                if said.is_some_and(|said| said.contains("immutable")) {
                    format!("take another --name, or {}", self.how_to_delete())
                } else {
                    "an admission policy or another version of Kubernetes may forbid it; the cluster's words say what".into()
                },
            ),
            429 => (
                "the cluster has too many requests".into(),
                "the next run tries again".into(),
            ),
            500.. => (
                "the cluster failed".into(),
                "the next run tries again; if it stays, look at the cluster's control plane".into(),
            ),
            _ => (
                "the cluster refused the request".into(),
                "check what stands between this pod and the cluster's API".into(),
            ),
        };
        Failure::new(format!("{self}: {what}: {status}{quoted}"), hint)
    }

    fn forbidden(&self, said: Option<&str>) -> (String, String) {
        let Self {
            name,
            namespace,
            resource,
            account,
            ..
        } = self;
        let what = match self.verb {
            Verb::Get => "may not be read",
            Verb::Patch | Verb::Apply => "may not be changed",
        };
        if said.is_some_and(|said| said.contains("cannot create")) {
            // Nobody can be allowed to make a Secret of one name only.
            return (
                "it is not there and may not be made".into(),
                format!(
                    "make an empty one: kubectl -n {namespace} create secret generic {name} --type=kubernetes.io/dockerconfigjson --from-literal=.dockerconfigjson={{}}"
                ),
            );
        }
        let role = format!("docker-credential-ionos-{resource}");
        let hint = format!(
            "grant it: kubectl -n {namespace} create role {role} --verb=get,patch --resource={resource} --resource-name={name} && kubectl -n {namespace} create rolebinding {role} --role={role} --serviceaccount={account}"
        );
        (what.into(), hint)
    }

    fn missing(&self) -> (String, String) {
        let (name, namespace) = (self.name, self.namespace);
        if self.resource == "serviceaccounts" {
            return (
                "there is no such service account".into(),
                format!(
                    "kubectl -n {namespace} create serviceaccount {name}, or leave it out of --service-account"
                ),
            );
        }
        (
            "there is no such namespace".into(),
            format!("kubectl create namespace {namespace}, or leave it out of --namespace"),
        )
    }

    fn unanswered(&self, err: &TransportError) -> Failure {
        let host = self.host;
        let (what, hint) = match err {
            TransportError::Unreachable { why } => (
                format!("no connection to the cluster at {host}: {why}"),
                "check network policies, and HTTPS_PROXY and NO_PROXY if they are set",
            ),
            TransportError::Untrusted { why, .. } => (
                format!("no trusted connection to the cluster at {host}: {why}"),
                "ca.crt of the pod's ServiceAccount has to be the cluster's; what answers there may be a proxy",
            ),
            TransportError::TimedOut { .. } => (
                format!("the cluster at {host} gave no answer in time"),
                "the next run tries again",
            ),
            TransportError::Lost { why } => (
                format!("the cluster at {host} gave no usable answer: {why}"),
                "the next run tries again",
            ),
            TransportError::WithoutTls => (
                format!("no trusted connection to the cluster at {host}: it does not speak TLS"),
                "check what stands between this pod and the cluster's API",
            ),
        };
        Failure::new(format!("{self}: {what}"), hint)
    }
}
