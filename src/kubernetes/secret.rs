//! The pull secret: what is in it, and how it is written.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::names::{Labels, Name, Namespace};
use crate::credential::Credential;
use crate::registry_host::RegistryHost;

/// Tells when the credential in a Secret ends, in RFC 3339.
pub const EXPIRES_AT: &str = "docker-credential-ionos/expires-at";

/// The type of a Secret that a kubelet pulls with.
pub const PULL_SECRET: &str = "kubernetes.io/dockerconfigjson";

const KEY: &str = ".dockerconfigjson";

/// What a Secret is called, and what else is said about it.
#[derive(Debug, Clone)]
pub struct Metadata<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Where it is; `None` leaves that to kubectl.
    pub namespace: Option<&'a Namespace>,
    /// Its labels.
    pub labels: &'a Labels,
    /// When the first of its credentials ends, in seconds since 1970.
    pub expires_at: Option<i64>,
}

impl Metadata<'_> {
    fn value(&self, more_labels: &[(&str, &str)]) -> Value {
        let mut metadata = json!({ "name": self.name.as_str() });
        if let Some(namespace) = self.namespace {
            metadata["namespace"] = namespace.as_str().into();
        }
        for (key, value) in more_labels {
            metadata["labels"][*key] = (*value).into();
        }
        for (key, value) in self.labels {
            metadata["labels"][key] = value.as_str().into();
        }
        if let Some(expires_at) = self.expires_at {
            metadata["annotations"][EXPIRES_AT] = date(expires_at).into();
        }
        metadata
    }
}

/// A Secret as it is sent or printed. Not `Debug`: it holds what it is about.
pub struct Document(Value);

impl Document {
    /// What `kubectl create secret docker-registry` makes, for `payload` (`{"auths":…}`).
    pub fn pull_secret(metadata: &Metadata<'_>, payload: &SecretString) -> Self {
        let data = BASE64_STANDARD.encode(payload.expose_secret());
        Self(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata.value(&[]),
            "type": PULL_SECRET,
            "data": { KEY: data },
        }))
    }

    /// What Argo CD reads Helm charts in a registry with.
    pub fn argocd(metadata: &Metadata<'_>, host: &RegistryHost, credential: &Credential) -> Self {
        Self(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata.value(&[("argocd.argoproj.io/secret-type", "repository")]),
            "stringData": {
                "url": host.as_str(),
                "name": host.first_label(),
                "type": "helm",
                "enableOCI": "true",
                "username": credential.username,
                "password": credential.secret.expose_secret(),
            },
        }))
    }

    /// For the API of a cluster.
    pub fn json(&self) -> SecretString {
        self.0.to_string().into()
    }

    /// The object as YAML, for kubectl and people.
    pub fn yaml(&self) -> SecretString {
        // A long value stays on its line, as kubectl prints it.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        let yaml = serde_saphyr::to_string_with_options(&self.0, options);
        // JSON is YAML too.
        yaml.unwrap_or_else(|_| self.0.to_string()).into()
    }
}

/// A date as annotations have it.
pub fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

/// A Secret as the cluster has it, as far as we look at it.
#[derive(Debug, Default, Deserialize)]
pub struct Present {
    #[serde(default)]
    metadata: PresentMetadata,
    /// Cannot be changed once it is set.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether nothing can be changed.
    #[serde(default)]
    pub immutable: bool,
    #[serde(default)]
    data: Option<PresentData>,
}

#[derive(Debug, Default, Deserialize)]
struct PresentMetadata {
    #[serde(default)]
    annotations: Option<Labels>,
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Debug, Default, Deserialize)]
struct PresentData {
    #[serde(rename = ".dockerconfigjson", default)]
    payload: Option<SecretString>,
}

#[derive(Deserialize)]
struct Auths {
    auths: BTreeMap<String, Login>,
}

#[derive(Deserialize)]
struct Login {
    auth: SecretString,
}

impl Present {
    /// When its credential ends, if it says so and is what is wanted: for these hosts and no
    /// others, with these labels.
    pub fn good_until(&self, hosts: &[RegistryHost], labels: &Labels) -> Option<i64> {
        let metadata = &self.metadata;
        let has = |(key, value): (&String, &String)| {
            let present = metadata.labels.as_ref();
            present.is_some_and(|present| present.get(key) == Some(value))
        };
        if !labels.iter().all(has)
            || self.hosts()? != hosts.iter().map(RegistryHost::to_string).collect()
        {
            return None;
        }
        let written = metadata.annotations.as_ref()?.get(EXPIRES_AT)?;
        written.parse::<Timestamp>().ok().map(Timestamp::as_second)
    }

    fn hosts(&self) -> Option<BTreeSet<String>> {
        let payload = self.data.as_ref()?.payload.as_ref()?.expose_secret();
        let payload = BASE64_STANDARD.decode(payload).ok()?;
        let auths: Auths = serde_json::from_slice(&payload).ok()?;
        let filled = |(host, login): (String, Login)| {
            (!login.auth.expose_secret().is_empty()).then_some(host)
        };
        Some(auths.auths.into_iter().filter_map(filled).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_string_survives_yaml(text in proptest::prelude::any::<String>()) {
            let object = json!({ text.clone(): text });
            let yaml = Document(object.clone()).yaml();
            let read: Value = serde_saphyr::from_str(yaml.expose_secret()).unwrap();
            proptest::prop_assert_eq!(read, object);
        }
    }
}
