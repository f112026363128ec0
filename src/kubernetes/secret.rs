//! The pull secret: its content and its formats.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::names::{Labels, Name};
use crate::credential::Credential;
use crate::env;
use crate::error::{is_unsafe, is_unsafe_in_lines};
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

/// The annotation with the expiry of the credential, in RFC 3339.
const EXPIRES_AT: &str = "docker-credential-ionos/expires-at";

/// The annotation with the hash of the settings and the payload.
const FINGERPRINT: &str = "docker-credential-ionos/fingerprint";

/// The type of an image pull secret.
pub(super) const PULL_SECRET: &str = "kubernetes.io/dockerconfigjson";

const KEY: &str = ".dockerconfigjson";

/// Metadata of a Secret.
#[derive(Debug, Clone)]
pub struct Metadata<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its namespace; `None` leaves that to kubectl.
    pub namespace: Option<&'a Name>,
    /// Its labels.
    pub labels: &'a Labels,
    /// When the first of its credentials expires, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// What the credentials depend on, for the fingerprint; without it there is none.
    pub settings: Option<&'a str>,
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
            metadata["annotations"][EXPIRES_AT] = env::rfc3339(expires_at).into();
        }
        metadata
    }
}

/// A Secret to send or print. Not `Debug`, because it contains secrets.
pub struct Document(Value);

impl Document {
    /// The Secret that `kubectl create secret docker-registry` creates, for `payload`
    /// (`{"auths":…}`).
    pub fn pull_secret(metadata: &Metadata<'_>, payload: &SecretString) -> Self {
        // A cluster may quote it.
        let data = Secret::from(BASE64_STANDARD.encode(payload.expose_secret()));
        let data = data.expose_secret();
        let mut object = metadata.value(&[]);
        if let Some(settings) = metadata.settings {
            object["annotations"][FINGERPRINT] = fingerprint(settings, data).into();
        }
        Self(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": object,
            "type": PULL_SECRET,
            "data": { KEY: data },
        }))
    }

    /// A Helm chart repository of Argo CD.
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

    /// The object as JSON, for the API of a cluster.
    pub fn json(&self) -> SecretString {
        self.0.to_string().into()
    }

    /// The object as YAML, for kubectl and people.
    pub fn yaml(&self) -> SecretString {
        // A long value stays on its line, as kubectl prints it.
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        let yaml = serde_saphyr::to_string_with_options(&self.0, options);
        match yaml {
            Ok(yaml) if !yaml.contains(is_unsafe_in_lines) => yaml.into(),
            // JSON is YAML too, and YAML has this escape for every character.
            _ => {
                let escaped = |c: char| match c {
                    c if is_unsafe(c) => format!("\\U{:08x}", u32::from(c)),
                    c => c.to_string(),
                };
                let json = self.0.to_string();
                json.chars().map(escaped).collect::<String>().into()
            }
        }
    }
}

/// Changes if the settings or the payload change. A minted password cannot be guessed from it.
fn fingerprint(settings: &str, payload: &str) -> String {
    let hash = digest(&SHA256, format!("{settings}\n{payload}").as_bytes());
    BASE64_STANDARD.encode(hash)
}

/// The fields that are used of a Secret in the cluster.
#[derive(Debug, Deserialize)]
pub struct ExistingSecret {
    #[serde(default)]
    metadata: Value,
    /// Its type, which cannot be changed.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether its data cannot be changed.
    #[serde(default)]
    pub immutable: bool,
    data: Option<BTreeMap<String, SecretString>>,
}

impl ExistingSecret {
    /// When its credential expires, if it was written with these settings and has these labels.
    pub fn expires_at(&self, settings: &str, labels: &Labels) -> Option<i64> {
        let annotation = |name: &str| self.metadata["annotations"][name].as_str();
        let has = |(key, value): (&String, &String)| self.metadata["labels"][key] == *value;
        let payload = self.data.as_ref()?.get(KEY)?.expose_secret();
        let is_same = annotation(FINGERPRINT)? == fingerprint(settings, payload);
        let expires_at: Timestamp = annotation(EXPIRES_AT)?.parse().ok()?;
        (is_same && labels.iter().all(has)).then(|| expires_at.as_second())
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
