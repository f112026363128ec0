//! Logins as clients' files and pull secrets hold them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::credential::Credential;
use crate::registry_host::RegistryHost;

/// What an entry of `auths` holds beside `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthEntry {
    /// Nothing: docker from 28.3 refuses `DOCKER_AUTH_CONFIG` with anything else in it.
    Plain,
    /// `username` and `password`, as `kubectl create secret docker-registry` writes it.
    Kubectl,
}

#[derive(Serialize)]
struct Auths<'a> {
    auths: BTreeMap<&'a str, Login<'a>>,
}

/// In the order kubectl writes it.
#[derive(Serialize)]
struct Login<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    auth: String,
}

/// `{"auths":{"HOST":{"auth":"…"}}}` on one line.
pub fn auths<'a>(
    logins: impl IntoIterator<Item = (&'a RegistryHost, &'a Credential)>,
    entry: AuthEntry,
) -> SecretString {
    let auths = logins
        .into_iter()
        .map(|(host, credential)| (host.as_str(), login(credential, entry)))
        .collect();
    // Texts under texts: there is nothing in it that is not JSON.
    serde_json::to_string(&Auths { auths })
        .unwrap_or_default()
        .into()
}

fn login(credential: &Credential, entry: AuthEntry) -> Login<'_> {
    let Credential {
        username, secret, ..
    } = credential;
    let secret = secret.expose_secret();
    let as_kubectl = entry == AuthEntry::Kubectl;
    Login {
        username: as_kubectl.then_some(username),
        password: as_kubectl.then_some(secret),
        auth: BASE64_STANDARD.encode(format!("{username}:{secret}")),
    }
}
