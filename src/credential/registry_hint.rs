//! What earlier requests learnt about a registry: its id, which saves a request, and the API's
//! clock. One file beside the cache entries, without a secret.

use serde::{Deserialize, Serialize};

use crate::config::Target;
use crate::credential::cache::Slot;
use crate::json;
use crate::registry_host::RegistryHost;
use crate::uuid::is_uuid;

const VERSION: u32 = 1;

/// A century in seconds. A larger skew is damage, and times computed with it may not be valid dates.
const LARGEST_SKEW: u64 = 100 * 366 * 24 * 3600;

/// What earlier requests learnt about a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryHint {
    version: u32,
    /// The registry's host: a file copied from another host is not used.
    host: String,
    /// How it was found: with another setting it may be another registry.
    target: Target,
    /// For the paths of its tokens.
    pub registry_id: String,
    /// The API's clock less ours in seconds, so that the expiry of the next request is right.
    pub skew: i64,
}

impl RegistryHint {
    /// A hint for `host`.
    pub fn new(host: &RegistryHost, target: &Target, registry_id: &str, skew: i64) -> Self {
        Self {
            version: VERSION,
            host: host.as_str().to_owned(),
            target: target.clone(),
            registry_id: registry_id.to_owned(),
            skew,
        }
    }

    /// The hint that the account of `slot` has for `host`.
    pub fn read(slot: &Slot, host: &RegistryHost, target: &Target) -> Option<Self> {
        let content = slot.dir()?.read(&file_name(slot))?;
        json::from_slice::<Self>(&content).ok().filter(|hint| {
            hint.version == VERSION
                && hint.host == host.as_str()
                && hint.target == *target
                && is_uuid(&hint.registry_id)
                && hint.skew.unsigned_abs() < LARGEST_SKEW
        })
    }

    /// Keeps it.
    pub fn write(&self, slot: &Slot) {
        slot.write_unsynced(&file_name(slot), self);
    }
}

fn file_name(slot: &Slot) -> String {
    format!("{}.registry", slot.account().as_str())
}
