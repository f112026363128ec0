//! The parts of a kubelet's `CredentialProviderConfig` that are checked.

use serde::Deserialize;
use serde_json::Value;

use super::ApiVersion;
use crate::json::Object;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Config {
    #[serde(rename = "apiVersion")]
    _api_version: ConfigVersion,
    #[serde(rename = "kind")]
    _kind: Kind,
    pub(super) providers: Vec<Value>,
}

#[derive(Deserialize)]
enum ConfigVersion {
    #[serde(rename = "kubelet.config.k8s.io/v1")]
    #[serde(alias = "kubelet.config.k8s.io/v1beta1")]
    #[serde(alias = "kubelet.config.k8s.io/v1alpha1")]
    Known,
}

#[derive(Deserialize)]
enum Kind {
    CredentialProviderConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) match_images: Vec<String>,
    #[serde(rename = "defaultCacheDuration")]
    _default_cache_duration: String,
    pub(super) api_version: ApiVersion,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<Object<Variable>>>,
    pub(super) token_attributes: Option<Object<TokenAttributes>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "a mapping")]
pub(super) struct TokenAttributes {
    #[serde(rename = "serviceAccountTokenAudience")]
    _audience: String,
    #[serde(rename = "cacheType")]
    _cache_type: CacheType,
    #[serde(rename = "requireServiceAccount")]
    _require_service_account: bool,
    #[serde(rename = "requiredServiceAccountAnnotationKeys")]
    _required_keys: Option<Vec<String>>,
    #[serde(rename = "optionalServiceAccountAnnotationKeys")]
    _optional_keys: Option<Vec<String>>,
}

#[derive(Deserialize)]
enum CacheType {
    ServiceAccount,
    Token,
}
