//! The kubelet's side: runs the plugin, decodes the response and selects a credential.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::fake_ionos::FakeIonos;
use crate::support::helper::{Done, Helper, Home};

pub(super) const V1: &str = "credentialprovider.kubelet.k8s.io/v1";
pub(super) const V1BETA1: &str = "credentialprovider.kubelet.k8s.io/v1beta1";
pub(super) const V1ALPHA1: &str = "credentialprovider.kubelet.k8s.io/v1alpha1";

/// The program as a systemd service: no home, only a cache directory.
pub(super) fn plugin(home: &Home, fake: &FakeIonos) -> Helper {
    let cache = home.at(".cache");
    home.helper_for(fake)
        .without("HOME")
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_CACHE_HOME", cache.to_str().unwrap())
}

/// A request as the kubelet sends it.
pub(super) fn request(api_version: &str, image: &str) -> String {
    format!(
        "{{\"kind\":\"CredentialProviderRequest\",\"apiVersion\":\"{api_version}\",\"image\":\"{image}\"}}\n"
    )
}

/// A request with a service account token.
pub(super) fn request_of(image: &str, token: &str, annotations: &Value) -> String {
    let request = json!({
        "kind": "CredentialProviderRequest",
        "apiVersion": V1,
        "image": image,
        "serviceAccountToken": token,
        "serviceAccountAnnotations": annotations,
    });
    format!("{request}\n")
}

/// A response without anything that makes the kubelet reject it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Response {
    pub(super) kind: String,
    pub(super) api_version: String,
    pub(super) cache_key_type: CacheKeyType,
    pub(super) cache_duration: Option<String>,
    pub(super) auth: Option<BTreeMap<String, Login>>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) enum CacheKeyType {
    Image,
    Registry,
    Global,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: String,
}

/// Decodes a response as the kubelet does. `configured` is the version in the kubelet's
/// configuration.
#[track_caller]
pub(super) fn accept(done: &Done, configured: &str) -> Response {
    assert_eq!(done.code, Some(0), "{done:?}");
    let response: Response = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(response.kind, "CredentialProviderResponse");
    assert_eq!(response.api_version, configured);
    if let Some(duration) = &response.cache_duration {
        let _ = go_duration(duration);
    }
    let line = done.stdout.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{done:?}");
    response
}

impl Response {
    pub(super) fn cached_for(&self) -> Duration {
        go_duration(self.cache_duration.as_deref().unwrap())
    }

    /// The credential that the kubelet uses for `image`.
    pub(super) fn lookup(&self, image: &str) -> Option<&Login> {
        let (host, path) = image.split_once('/').unwrap();
        self.auth.as_ref()?.iter().find_map(|(key, login)| {
            let (key_host, key_path) = key.split_once('/').unwrap_or((key, ""));
            (matches(key_host, host) && path.starts_with(key_path)).then_some(login)
        })
    }

    /// The only credential, for `key`.
    #[track_caller]
    pub(super) fn only(&self, key: &str) -> &Login {
        let auth = self.auth.as_ref().expect("credentials");
        assert_eq!(auth.keys().collect::<Vec<_>>(), [key]);
        let login = &auth[key];
        assert!(!login.username.is_empty() && !login.password.is_empty());
        login
    }

    #[track_caller]
    pub(super) fn is_none(&self) {
        assert_eq!(self.auth, None);
        assert_eq!(self.cache_duration.as_deref(), Some("0s"));
        assert_eq!(self.cache_key_type, CacheKeyType::Registry);
    }
}

/// Compares case-sensitively, with the port, label by label.
fn matches(key: &str, host: &str) -> bool {
    let split = |text: &str| {
        let (host, port) = text.split_once(':').unwrap_or((text, ""));
        let labels: Vec<_> = host.split('.').map(ToOwned::to_owned).collect();
        (labels, port.to_owned())
    };
    let ((key, key_port), (host, port)) = (split(key), split(host));
    key_port == port
        && key.len() == host.len()
        && key
            .iter()
            .zip(&host)
            .all(|(key, label)| key == "*" || key == label)
}

/// Parses a Go duration: numbers with units.
#[track_caller]
fn go_duration(text: &str) -> Duration {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit()).expect("a unit");
        let number: u64 = rest[..unit].parse().expect("a number");
        let seconds = match &rest[unit..=unit] {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            other => panic!("unit {other} in {text}"),
        };
        sum += Duration::from_secs(number * seconds);
        rest = &rest[unit + 1..];
    }
    assert!(!text.is_empty());
    sum
}
