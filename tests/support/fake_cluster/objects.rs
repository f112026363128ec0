//! Namespaces, Secrets, service accounts and access rights.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::super::fake_ionos::http::Request;
use super::answers::{Answer, status};
use super::patch;

const USER: &str = "system:serviceaccount:refresher:docker-credential-ionos";

/// A verb on a resource with this name in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    pub verb: String,
    pub resource: String,
    /// `None` means any name.
    pub name: Option<String>,
    pub namespace: String,
}

impl Right {
    pub fn new(verb: &str, resource: &str, name: &str, namespace: &str) -> Self {
        Self {
            verb: verb.into(),
            resource: resource.into(),
            name: Some(name.into()),
            namespace: namespace.into(),
        }
    }
}

type Key = (String, String, String);

pub struct Objects {
    namespaces: BTreeSet<String>,
    /// The key is resource, namespace and name.
    stored: BTreeMap<Key, Value>,
    /// `None` allows everything.
    rights: Option<Vec<Right>>,
    used: BTreeSet<Right>,
    /// Namespaces that are being deleted.
    terminating: BTreeSet<String>,
    /// The name of the exhausted quota of each namespace.
    exceeded: BTreeMap<String, String>,
    /// The answer of an admission policy or webhook to every write.
    denial: Option<Answer>,
    version: u64,
}

impl Objects {
    pub(super) fn new(namespaces: &[&str]) -> Self {
        let mut objects = Self {
            namespaces: namespaces.iter().map(ToString::to_string).collect(),
            stored: BTreeMap::new(),
            rights: None,
            used: BTreeSet::new(),
            terminating: BTreeSet::new(),
            exceeded: BTreeMap::new(),
            denial: None,
            version: 100,
        };
        for namespace in namespaces {
            objects.put("serviceaccounts", namespace, "default", json!({}));
        }
        objects
    }

    /// Stores an object as another client would.
    pub fn put(&mut self, resource: &str, namespace: &str, name: &str, mut object: Value) {
        let key = key(resource, namespace, name);
        let uid = self.stored.get(&key).map_or_else(
            || json!(format!("{:032x}", fastrand::u128(..))),
            |present| present["metadata"]["uid"].clone(),
        );
        self.version += 1;
        let metadata = &mut object["metadata"];
        metadata["name"] = name.into();
        metadata["namespace"] = namespace.into();
        metadata["uid"] = uid;
        metadata["resourceVersion"] = self.version.to_string().into();
        self.stored.insert(key, object);
    }

    pub fn put_secret(&mut self, namespace: &str, name: &str, secret: Value) {
        self.put("secrets", namespace, name, secret);
    }

    /// Stores the placeholder Secret of packaging/kubernetes.
    pub fn put_placeholder(&mut self, namespace: &str, name: &str) {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": "e30="},
        });
        self.put_secret(namespace, name, secret);
    }

    pub fn put_service_account(&mut self, namespace: &str, name: &str, pull_secrets: &[&str]) {
        let mut account = json!({ "apiVersion": "v1", "kind": "ServiceAccount" });
        let list = pull_secrets.iter().map(|name| json!({ "name": name }));
        if !pull_secrets.is_empty() {
            account["imagePullSecrets"] = list.collect();
        }
        self.put("serviceaccounts", namespace, name, account);
    }

    pub fn secret(&self, namespace: &str, name: &str) -> Option<&Value> {
        self.stored.get(&key("secrets", namespace, name))
    }

    pub fn edit_secret(&mut self, namespace: &str, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut secret = self.secret(namespace, name).unwrap().clone();
        edit(&mut secret);
        self.put_secret(namespace, name, secret);
    }

    pub fn pull_secrets(&self, namespace: &str, account: &str) -> Vec<String> {
        let account = &self.stored[&key("serviceaccounts", namespace, account)];
        let list = account["imagePullSecrets"].as_array();
        let names = list.into_iter().flatten();
        names
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Allows only these rights from now on.
    pub fn allow_only(&mut self, rights: Vec<Right>) {
        self.rights = Some(rights);
    }

    /// Marks the namespace as being deleted: it takes changes and no new objects.
    pub fn terminate(&mut self, namespace: &str) {
        self.terminating.insert(namespace.into());
    }

    /// Refuses every new object in the namespace by this quota.
    pub fn exceed_quota(&mut self, namespace: &str, quota: &str) {
        self.exceeded.insert(namespace.into(), quota.into());
    }

    /// Denies every write by admission, dry runs included.
    pub fn deny_writes(&mut self, answer: Answer) {
        self.denial = Some(answer);
    }

    /// Every right that a request needed.
    pub fn rights_used(&self) -> BTreeSet<Right> {
        self.used.clone()
    }

    pub(super) fn answer(&mut self, request: &Request) -> Answer {
        let path: Vec<&str> = request.path.split('/').collect();
        let ["", "api", "v1", "namespaces", namespace, resource, name] = path[..] else {
            return status(
                404,
                "NotFound",
                "the server could not find the requested resource",
            );
        };
        if !["secrets", "serviceaccounts"].contains(&resource) {
            return status(
                404,
                "NotFound",
                "the server could not find the requested resource",
            );
        }
        match request.method.as_str() {
            "GET" => self.get(resource, namespace, name),
            "PATCH" => self.patch(request, resource, namespace, name),
            other => self
                .check(&other.to_lowercase(), resource, namespace, name)
                .err()
                .unwrap_or_else(|| status(405, "MethodNotAllowed", "the fake does not do this")),
        }
    }

    fn check(
        &mut self,
        verb: &str,
        resource: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Answer> {
        let wanted = Right::new(verb, resource, name, namespace);
        self.used.insert(wanted.clone());
        let allowed = self.rights.as_ref().is_none_or(|rights| {
            rights.iter().any(|right| {
                // Kubernetes does not know the name of a new object when it checks rights.
                let same_name = match &right.name {
                    None => true,
                    Some(_) if verb == "create" => false,
                    name => *name == wanted.name,
                };
                let whole = (&right.verb, &right.resource, &right.namespace);
                same_name && whole == (&wanted.verb, &wanted.resource, &wanted.namespace)
            })
        });
        if allowed {
            return Ok(());
        }
        let message = format!(
            "{resource} \"{name}\" is forbidden: User \"{USER}\" cannot {verb} resource \"{resource}\" in API group \"\" in the namespace \"{namespace}\""
        );
        Err(status(403, "Forbidden", &message))
    }

    fn get(&mut self, resource: &str, namespace: &str, name: &str) -> Answer {
        if let Err(refusal) = self.check("get", resource, namespace, name) {
            return refusal;
        }
        match self.stored.get(&key(resource, namespace, name)) {
            Some(object) => Answer::object(200, object),
            None => not_found(resource, name),
        }
    }

    fn patch(&mut self, request: &Request, resource: &str, namespace: &str, name: &str) -> Answer {
        if let Err(refusal) = self.check("patch", resource, namespace, name) {
            return refusal;
        }
        let dry_run = match request.query("dryRun") {
            None => false,
            Some("All") => true,
            Some(_) => return status(422, "Invalid", "dryRun: Unsupported value"),
        };
        let present = self.stored.get(&key(resource, namespace, name)).cloned();
        let patched = match request.header("content-type") {
            Some("application/apply-patch+yaml") => {
                if present.is_none() {
                    if let Err(refusal) = self.check("create", resource, namespace, name) {
                        return refusal;
                    }
                    if !self.namespaces.contains(namespace) {
                        return not_found("namespaces", namespace);
                    }
                    if self.terminating.contains(namespace) {
                        let message = format!(
                            "{resource} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated"
                        );
                        return status(403, "Forbidden", &message);
                    }
                }
                patch::apply(request, present.as_ref(), namespace, name)
            }
            Some("application/json-patch+json") => match &present {
                None => Err(not_found(resource, name)),
                Some(present) => patch::json_patch(request, present),
            },
            other => Err(status(
                415,
                "UnsupportedMediaType",
                &format!("the body of the request was in an unknown format: {other:?}"),
            )),
        };
        let patched = match patched {
            Ok(patched) => patched,
            Err(refusal) => return refusal,
        };
        if resource == "secrets"
            && let Err(why) = check_secret(&patched, present.as_ref())
        {
            let message = format!("Secret \"{name}\" is invalid: {why}");
            return status(422, "Invalid", &message);
        }
        if let Some(denial) = &self.denial {
            return denial.clone();
        }
        // The quota is the last admission plugin. It counts new objects, also in a dry run.
        if present.is_none()
            && let Some(quota) = self.exceeded.get(namespace)
        {
            let message = format!(
                "{resource} \"{name}\" is forbidden: exceeded quota: {quota}, requested: count/{resource}=1, used: count/{resource}=1, limited: count/{resource}=1"
            );
            return status(403, "Forbidden", &message);
        }
        let code = if present.is_none() { 201 } else { 200 };
        // Kubernetes keeps the resource version of an unchanged object.
        if dry_run || present.as_ref() == Some(&patched) {
            return Answer::object(code, &patched);
        }
        self.put(resource, namespace, name, patched);
        Answer::object(code, &self.stored[&key(resource, namespace, name)])
    }
}

fn check_secret(new: &Value, old: Option<&Value>) -> Result<(), String> {
    if let Some(old) = old {
        if old["type"] != new["type"] {
            return Err(format!(
                "type: Invalid value: {}: field is immutable",
                new["type"]
            ));
        }
        if old["immutable"] == true && old["data"] != new["data"] {
            return Err("data: Forbidden: field is immutable when `immutable` is set".into());
        }
    }
    if new["type"] != "kubernetes.io/dockerconfigjson" {
        return Ok(());
    }
    let Some(payload) = new["data"][".dockerconfigjson"].as_str() else {
        return Err("data[.dockerconfigjson]: Required value".into());
    };
    let payload = BASE64_STANDARD.decode(payload).unwrap_or_default();
    match serde_json::from_slice(&payload) {
        Ok(Value::Object(_)) => Ok(()),
        _ => Err("data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character".into()),
    }
}

fn not_found(resource: &str, name: &str) -> Answer {
    status(404, "NotFound", &format!("{resource} \"{name}\" not found"))
}

fn key(resource: &str, namespace: &str, name: &str) -> Key {
    (resource.into(), namespace.into(), name.into())
}
