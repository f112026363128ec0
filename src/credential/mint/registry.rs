//! Finds a registry among those of the account.

use super::MintError;
use crate::config::Target;
use crate::ionos::api::{self, Api};
use crate::registry_host::RegistryHost;

/// Finds the registry of a host: among those whose name is the first label of the host, which is
/// one short page, then among all. The hostname must be equal, unless the configuration names the
/// registry.
pub fn registry(
    api: &Api,
    host: &RegistryHost,
    target: &Target,
) -> Result<api::Registry, MintError> {
    let name = match target {
        Target::Name(name) => name,
        _ => host.first_label(),
    };
    let is_named = |found: &api::Registry| found.name.eq_ignore_ascii_case(name);
    let is_it = |found: &api::Registry| match target {
        Target::Name(_) => is_named(found),
        Target::Id(id) => found.id.eq_ignore_ascii_case(id),
        Target::Hostname => {
            let hostname = found.hostname.as_deref().map(RegistryHost::parse);
            hostname.is_some_and(|it| it.as_ref() == Ok(host))
        }
    };
    let mut seen = Vec::new();
    for filter in [Some(name), None] {
        seen = api.registries(filter)?;
        if let Some(found) = seen.iter().find(|found| is_it(found)) {
            return Ok(found.clone());
        }
    }
    let unfinished = |found: &api::Registry| found.hostname.is_none() && is_named(found);
    Err(if seen.iter().any(unfinished) {
        MintError::BeingCreated(host.clone())
    } else {
        MintError::NoSuchRegistry {
            seen: seen.len(),
            skipped: api.skipped_items(),
            key: match target {
                Target::Name(_) => Some("registryName"),
                Target::Id(_) => Some("registryId"),
                Target::Hostname => None,
            },
        }
    })
}
