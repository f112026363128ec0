//! Kubernetes: the pull secret, and keeping it fresh from inside a cluster.
//!
//! A Secret is changed in place by server-side apply. Deleting it and making it anew would leave
//! pods without one in between, and kubelets that remember which Secret pulled an image would pull
//! all of them again.

mod cluster;
mod in_cluster;
pub mod kubelet;
mod names;
mod objects;
mod refusal;
mod secret;

#[cfg(any(test, fuzzing))]
pub(crate) use cluster::message;
pub use in_cluster::{InCluster, SERVICE_ACCOUNT_DIR};
pub use names::{Label, Labels, Name, Namespace, labels};
pub use objects::{Applied, SecretRef};
pub use secret::{Document, EXPIRES_AT, Metadata, PULL_SECRET, Present, date};

use crate::config::ConfigFile;
use crate::registry_host::RegistryHost;

/// The profile for a credential that ends up in a cluster: one that may only pull, unless somebody
/// named another for this run or for the registry. It outranks the actions of the environment and
/// of `config.json`: those are there for docker on the same machine.
pub fn profile<'a>(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&'a str>,
) -> Option<&'a str> {
    let own = config.registries.get(host);
    let names_one = own.is_some_and(|entry| entry.profile.is_some());
    profile.or_else(|| (!names_one).then_some("pull"))
}
