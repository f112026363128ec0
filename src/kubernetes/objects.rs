//! The objects of a cluster that we change: a Secret, and the service accounts that use it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::cluster::{ClusterError, Patch};
use super::in_cluster::InCluster;
use super::names::{Name, Namespace};
use super::refusal::{Attempt, Verb};
use super::secret::{Document, PULL_SECRET, Present};
use crate::error::Failure;

/// Who owns the fields we apply.
const MANAGER: &str = env!("CARGO_PKG_NAME");

/// Somebody else changes the same object at the same moment: that often in a row is no accident.
const TRIES: u32 = 5;

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It was not there.
    Created,
    /// It was there.
    Changed,
    /// It was as it should be.
    Unchanged,
}

/// A Secret in one namespace.
#[derive(Debug, Clone, Copy)]
pub struct SecretRef<'a> {
    /// The cluster, and who asks it.
    pub in_cluster: &'a InCluster,
    /// Where.
    pub namespace: &'a Namespace,
    /// What it is called.
    pub name: &'a Name,
}

/// A service account, as far as we look at it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceAccount {
    metadata: Metadata,
    #[serde(default)]
    image_pull_secrets: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
}

impl SecretRef<'_> {
    /// The Secret that is there, if it is one that can be changed.
    pub fn read(&self) -> Result<Option<Present>, Failure> {
        let attempt = self.attempt(Verb::Get, "secrets", self.name);
        let present: Present = match self.in_cluster.cluster.get(&attempt.path()) {
            Ok(present) => present,
            Err(ClusterError::Refused { status: 404, .. }) => return Ok(None),
            Err(err) => return Err(attempt.failure(&err)),
        };
        if present.kind != PULL_SECRET {
            return Err(attempt.immutable(&format!("its type is {}", present.kind)));
        }
        if present.immutable {
            return Err(attempt.immutable("it is immutable"));
        }
        Ok(Some(present))
    }

    /// Makes the Secret what `document` says, whoever wrote it before. A dry run is the same
    /// question, and changes nothing.
    pub fn apply(&self, document: &Document, dry_run: bool) -> Result<Applied, Failure> {
        let attempt = self.attempt(Verb::Apply, "secrets", self.name);
        let mut query = vec![("fieldManager", MANAGER), ("force", "true")];
        if dry_run {
            query.extend([("dryRun", "All"), ("fieldValidation", "Strict")]);
        }
        let body = document.json();
        let mut tried = 1;
        loop {
            let cluster = &self.in_cluster.cluster;
            match cluster.patch(&attempt.path(), &query, Patch::Apply, &body) {
                Ok(true) => return Ok(Applied::Created),
                Ok(false) => return Ok(Applied::Changed),
                Err(ClusterError::Refused { status: 409, .. }) if tried < TRIES => tried += 1,
                Err(err) => return Err(attempt.failure(&err)),
            }
        }
    }

    /// Adds the Secret to those a service account pulls with, and leaves the others there. The list
    /// is one value to Kubernetes: an apply or a merge patch would replace it.
    pub fn add_to(&self, account: &Name, dry_run: bool) -> Result<Applied, Failure> {
        let cluster = &self.in_cluster.cluster;
        let reading = self.attempt(Verb::Get, "serviceaccounts", account);
        let patching = self.attempt(Verb::Patch, "serviceaccounts", account);
        let query: &[(&str, &str)] = if dry_run {
            &[("fieldManager", MANAGER), ("dryRun", "All")]
        } else {
            &[("fieldManager", MANAGER)]
        };
        let mut tried = 1;
        loop {
            let present: ServiceAccount = cluster
                .get(&reading.path())
                .map_err(|err| reading.failure(&err))?;
            let Some(patch) = self.addition(&present) else {
                return Ok(Applied::Unchanged);
            };
            let patch = patch.to_string().into();
            match cluster.patch(&patching.path(), query, Patch::Json, &patch) {
                Ok(_) => return Ok(Applied::Changed),
                // 422 is what a test that does not hold comes to: the list has changed since.
                Err(ClusterError::Refused {
                    status: 409 | 422, ..
                }) if tried < TRIES => tried += 1,
                Err(err) => return Err(patching.failure(&err)),
            }
        }
    }

    /// `None` if the Secret is in the list already.
    fn addition(&self, present: &ServiceAccount) -> Option<Value> {
        let entry = json!({ "name": self.name.as_str() });
        let list = present.image_pull_secrets.as_deref().unwrap_or_default();
        if list.iter().any(|other| other["name"] == entry["name"]) {
            return None;
        }
        // A list that is not there cannot be tested, so the object's version stands for it.
        Some(if list.is_empty() {
            json!([
                {"op": "test", "path": "/metadata/resourceVersion", "value": present.metadata.resource_version},
                {"op": "add", "path": "/imagePullSecrets", "value": [entry]},
            ])
        } else {
            json!([
                {"op": "test", "path": "/imagePullSecrets", "value": list},
                {"op": "add", "path": "/imagePullSecrets/-", "value": entry},
            ])
        })
    }

    fn attempt<'a>(&'a self, verb: Verb, resource: &'static str, name: &'a Name) -> Attempt<'a> {
        Attempt {
            verb,
            resource,
            name,
            namespace: self.namespace,
            account: &self.in_cluster.account,
            host: self.in_cluster.cluster.host(),
        }
    }
}
