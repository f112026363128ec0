use serde::{Deserialize, Serialize};

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
