//! Logins in the format of clients' files and pull secrets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::credential::Credential;
use crate::error::Failure;
use crate::output;
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

/// The keys of an entry of `auths` beside `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthEntry {
    /// None: Docker 28.3 and later refuses a `DOCKER_AUTH_CONFIG` with other keys.
    Plain,
    /// `username` and `password`, as `kubectl create secret docker-registry` writes them.
    Kubectl,
}

/// In kubectl's order.
#[derive(Serialize)]
struct Login<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(serialize_with = "crate::secret::expose")]
    auth: Secret,
}

/// `{"auths":{"HOST":{"auth":"…"}}}` on one line. Fails if a user name has a colon, which ends the
/// user name in `auth`.
pub fn auths(
    logins: &[(RegistryHost, Credential)],
    entry: AuthEntry,
) -> Result<SecretString, Failure> {
    let mut auths = BTreeMap::new();
    for (host, credential) in logins {
        let Credential {
            username, secret, ..
        } = credential;
        if username.contains(':') {
            return Err(Failure::new(
                format!("the user name for {host} has a colon, which auths cannot hold"),
                format!(
                    "log in with another user name, or use: docker-credential-ionos env {host}"
                ),
            ));
        }
        let password = secret.expose_secret();
        let as_kubectl = entry == AuthEntry::Kubectl;
        let login = Login {
            username: as_kubectl.then_some(username),
            password: as_kubectl.then_some(password),
            // Also a secret: the cluster gets it in base64 again.
            auth: BASE64_STANDARD
                .encode(format!("{username}:{password}"))
                .into(),
        };
        auths.insert(host.as_str(), login);
    }
    // A map of strings always serializes.
    Ok(output::json(&BTreeMap::from([("auths", auths)]))
        .unwrap_or_default()
        .into())
}
