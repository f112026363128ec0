//! Kubernetes: the kubelet's credential provider, pull secrets, and their refresh in a cluster.
//!
//! A Secret is changed in place by server-side apply. If it were deleted and created again, pods
//! would have none in between, and kubelets would verify cached images again, because they record
//! the UID of the Secret that an image was pulled with.

mod cluster;
pub mod kubelet;
mod names;
mod objects;
mod refusal;
mod secret;

#[cfg(any(test, fuzzing))]
pub(crate) use cluster::message;
pub use cluster::{Cluster, SERVICE_ACCOUNT_DIR};
pub use names::{Labels, Name, label, labels};
pub use objects::SecretRef;
pub use secret::{Document, Metadata};

use crate::config::ConfigFile;
use crate::registry_host::RegistryHost;

/// The profile for a credential that is used in a cluster: `pull`, unless this run or the registry's
/// entry names another. It outranks the actions of the environment and of `config.json`, which are
/// for docker on the same machine.
pub fn profile<'a>(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&'a str>,
) -> Option<&'a str> {
    let own = config.registries.get(host);
    let names_one = own.is_some_and(|entry| entry.profile.is_some());
    profile.or_else(|| (!names_one).then_some("pull"))
}
