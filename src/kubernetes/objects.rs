//! The objects of a cluster that are changed: a Secret, and the service accounts that use it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::cluster::{APPLY_PATCH, Cluster, JSON_PATCH};
use super::names::Name;
use super::refusal::{Attempt, TO_CHANGE, TO_READ};
use super::secret::{Document, ExistingSecret, PULL_SECRET};
use crate::error::Failure;

/// The field manager of server-side apply.
const MANAGER: &str = env!("CARGO_PKG_NAME");

/// Attempts when other writers change the same object at the same time.
const TRIES: u32 = 5;

/// A Secret in one namespace.
#[derive(Debug, Clone, Copy)]
pub struct SecretRef<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Its namespace.
    pub namespace: &'a Name,
    /// Its name.
    pub name: &'a Name,
}

/// The fields that are used of a service account.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceAccount {
    metadata: Value,
    image_pull_secrets: Option<Vec<Value>>,
}

impl SecretRef<'_> {
    /// Reads the Secret. One that cannot become an image pull secret is an error.
    pub fn read(&self) -> Result<Option<ExistingSecret>, Failure> {
        let attempt = self.attempt("secrets", self.name);
        let existing: ExistingSecret = match self.cluster.get(&attempt.path()) {
            Ok(existing) => existing,
            Err(err) if err.status() == Some(404) => return Ok(None),
            Err(err) => return Err(attempt.failure(TO_READ, &err)),
        };
        if existing.kind != PULL_SECRET {
            return Err(attempt.immutable(&format!("its type is {}", existing.kind)));
        }
        if existing.immutable {
            return Err(attempt.immutable("it is immutable"));
        }
        Ok(Some(existing))
    }

    /// Writes the Secret by server-side apply and takes over fields of other writers. A dry run
    /// passes the same checks of the cluster and changes nothing. Returns whether it did not exist.
    pub fn apply(&self, document: &Document, dry_run: bool) -> Result<bool, Failure> {
        let attempt = self.attempt("secrets", self.name);
        let mut query = vec![("fieldManager", MANAGER), ("force", "true")];
        if dry_run {
            query.extend([("dryRun", "All"), ("fieldValidation", "Strict")]);
        }
        let (path, body) = (attempt.path(), document.json());
        let mut tried = 1;
        loop {
            match self.cluster.patch(&path, &query, APPLY_PATCH, &body) {
                Ok(is_created) => return Ok(is_created),
                Err(err) if err.status() == Some(409) && tried < TRIES => tried += 1,
                Err(err) => return Err(attempt.failure(TO_CHANGE, &err)),
            }
        }
    }

    /// Adds the Secret to the image pull secrets of a service account and keeps the others.
    /// Kubernetes treats the list as one value: an apply or a merge patch would replace it.
    /// Returns whether it was missing there.
    pub fn add_to(&self, account: &Name, dry_run: bool) -> Result<bool, Failure> {
        let attempt = self.attempt("serviceaccounts", account);
        let mut query = vec![("fieldManager", MANAGER)];
        if dry_run {
            query.push(("dryRun", "All"));
        }
        let path = attempt.path();
        let mut tried = 1;
        loop {
            let existing: Result<ServiceAccount, _> = self.cluster.get(&path);
            let existing = existing.map_err(|err| attempt.failure(TO_READ, &err))?;
            let Some(addition) = self.addition(&existing) else {
                return Ok(false);
            };
            let body = addition.to_string().into();
            match self.cluster.patch(&path, &query, JSON_PATCH, &body) {
                Ok(_) => return Ok(true),
                // A failed test is a 422: the list has changed since it was read.
                Err(err) if [Some(409), Some(422)].contains(&err.status()) && tried < TRIES => {
                    tried += 1;
                }
                Err(err) => return Err(attempt.failure(TO_CHANGE, &err)),
            }
        }
    }

    /// The patch that adds the Secret; `None` if the list has it.
    fn addition(&self, existing: &ServiceAccount) -> Option<Value> {
        let entry = json!({ "name": self.name.as_str() });
        let list = existing.image_pull_secrets.as_deref().unwrap_or_default();
        if list.iter().any(|other| other["name"] == entry["name"]) {
            return None;
        }
        // A missing list cannot be tested, so the object's version is tested instead.
        Some(if list.is_empty() {
            json!([
                {"op": "test", "path": "/metadata/resourceVersion", "value": existing.metadata["resourceVersion"]},
                {"op": "add", "path": "/imagePullSecrets", "value": [entry]},
            ])
        } else {
            json!([
                {"op": "test", "path": "/imagePullSecrets", "value": list},
                {"op": "add", "path": "/imagePullSecrets/-", "value": entry},
            ])
        })
    }

    fn attempt<'a>(&'a self, resource: &'static str, name: &'a Name) -> Attempt<'a> {
        Attempt {
            resource,
            name,
            namespace: self.namespace,
            cluster: self.cluster,
        }
    }
}
