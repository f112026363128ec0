//! The request of a kubelet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Failure;
use crate::json;
use crate::registry_host::RegistryHost;

/// The annotation of a service account that selects the profile. A kubelet passes it on only if its
/// configuration lists it under `tokenAttributes`.
pub const PROFILE_ANNOTATION: &str = "docker-credential-ionos/profile";

const KIND: &str = "CredentialProviderRequest";

/// A version of the credential provider protocol. The response must have the request's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiVersion {
    /// Since Kubernetes 1.26.
    #[serde(rename = "credentialprovider.kubelet.k8s.io/v1")]
    V1,
    /// Since Kubernetes 1.24.
    #[serde(rename = "credentialprovider.kubelet.k8s.io/v1beta1")]
    V1Beta1,
    /// Since Kubernetes 1.20.
    #[serde(rename = "credentialprovider.kubelet.k8s.io/v1alpha1")]
    V1Alpha1,
}

/// The fields that are used of a request. The service account's token is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The version for the response.
    pub api_version: ApiVersion,
    /// The registry's address as written in the image, which the kubelet compares with.
    pub address: String,
    /// The registry of the image.
    pub registry: RegistryHost,
    /// The profile that the service account selects.
    pub profile: Option<String>,
}

// A later kubelet may send more, so unknown fields are allowed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    kind: Option<String>,
    api_version: Option<Value>,
    image: Option<String>,
    service_account_annotations: Option<BTreeMap<String, String>>,
}

impl Request {
    /// Parses a request. No error quotes it: it may contain a service account's token.
    pub fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        if bytes.trim_ascii().is_empty() {
            return Err(unusable("it is empty"));
        }
        let raw: Raw = json::from_slice(bytes)
            .map_err(|_| unusable("it is not the JSON of an image credential provider"))?;
        if raw.kind.as_deref() != Some(KIND) {
            return Err(unusable(&format!("its kind is not {KIND}")));
        }
        let why = "its apiVersion is not credentialprovider.kubelet.k8s.io/v1, v1beta1 or v1alpha1";
        let api_version = serde_json::from_value(raw.api_version.unwrap_or_default())
            .map_err(|_| unusable(why))?;
        let image = raw.image.unwrap_or_default();
        let image = image.trim_ascii();
        if image.is_empty() {
            return Err(unusable("it has no image"));
        }
        let registry = RegistryHost::parse(image)
            .map_err(|_| unusable("its image does not begin with the host of a registry"))?;
        Ok(Self {
            api_version,
            address: address(image).to_owned(),
            registry,
            profile: raw
                .service_account_annotations
                .and_then(|mut annotations| annotations.remove(PROFILE_ANNOTATION))
                .filter(|name| !name.is_empty()),
        })
    }
}

/// Kubelets send no scheme, and would not compare one.
fn address(image: &str) -> &str {
    let rest = match image.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => image.trim_start_matches('/'),
    };
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The error for a request that cannot be answered.
pub(super) fn unusable(why: &str) -> Failure {
    Failure::new(
        format!("unusable request on stdin: {why}"),
        "this command is for the kubelet; \"docker-credential-ionos kubelet --check CONFIG\" checks its configuration",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(image: &str) -> String {
        format!(
            r#"{{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":{}}}"#,
            serde_json::to_string(image).unwrap()
        )
    }

    #[test]
    fn address_keeps_the_spelling_of_the_image() {
        for (image, address, registry) in [
            (
                "demo.cr.ionos.com/app",
                "demo.cr.ionos.com",
                "demo.cr.ionos.com",
            ),
            (
                "demo.cr.ionos.com:443/app:1@sha256:0",
                "demo.cr.ionos.com:443",
                "demo.cr.ionos.com",
            ),
            (
                "Demo.cr.ionos.com./app",
                "Demo.cr.ionos.com.",
                "demo.cr.ionos.com",
            ),
            (
                "https://demo.cr.ionos.com/v2/app",
                "demo.cr.ionos.com",
                "demo.cr.ionos.com",
            ),
            (
                "//demo.cr.ionos.com/x://y",
                "demo.cr.ionos.com",
                "demo.cr.ionos.com",
            ),
            ("[::1]:5000/app", "[::1]:5000", "[::1]:5000"),
        ] {
            let request = Request::parse(request(image).as_bytes()).unwrap();
            assert_eq!(request.address, address);
            assert_eq!(request.registry.as_str(), registry);
        }
    }

    #[test]
    fn annotation_selects_the_profile() {
        let text = request("a.b/c").replace(
            "\"image\"",
            &format!(r#""serviceAccountAnnotations":{{"{PROFILE_ANNOTATION}":"p"}},"image""#),
        );
        let request = Request::parse(text.as_bytes()).unwrap();
        assert_eq!(request.profile.as_deref(), Some("p"));
    }

    proptest! {
        #[test]
        fn any_input_is_a_request_or_a_one_line_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            crate::testing::kubelet_request(&bytes);
        }

        #[test]
        fn address_of_any_image_is_its_registry(image in "(https?://|//)?[a-zA-Z0-9.:@\\[\\] -]{0,30}[/?#]?\\PC{0,20}") {
            crate::testing::kubelet_request(request(&image).as_bytes());
        }
    }
}
