//! Logins as clients' files and pull secrets hold them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::credential::Credential;
use crate::registry::Registry;

/// What an entry of `auths` holds beside `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Nothing: docker from 28.3 refuses `DOCKER_AUTH_CONFIG` with anything else in it.
    Plain,
    /// `username` and `password`, as `kubectl create secret docker-registry` writes it.
    Kubectl,
}

/// `{"auths":{"HOST":{"auth":"…"}}}` on one line.
pub fn auths<'a>(
    logins: impl IntoIterator<Item = (&'a Registry, &'a Credential)>,
    entry: Entry,
) -> SecretString {
    let auths: Map<String, Value> = logins
        .into_iter()
        .map(|(host, credential)| (host.to_string(), login(credential, entry)))
        .collect();
    json!({ "auths": auths }).to_string().into()
}

fn login(credential: &Credential, entry: Entry) -> Value {
    let Credential {
        username, secret, ..
    } = credential;
    let secret = secret.expose_secret();
    let auth = BASE64_STANDARD.encode(format!("{username}:{secret}"));
    match entry {
        Entry::Plain => json!({ "auth": auth }),
        Entry::Kubectl => json!({ "username": username, "password": secret, "auth": auth }),
    }
}
