//! Files beside the cache entries, without a secret: the id of a registry, which saves a request, and
//! the last failure.
//!
//! A build asks up to five times for the same credential, so a failure is returned again for ten
//! seconds without another attempt. Processes that wait for the lock read it too.

use serde::{Deserialize, Serialize};

use crate::config::Target;
use crate::credential::cache::Slot;
use crate::env;
use crate::error::Failure;
use crate::ionos::account::AccountKey;
use crate::json;
use crate::registry_host::RegistryHost;
use crate::secret::redact;
use crate::uuid::is_uuid;

const VERSION: u32 = 1;

/// Long enough for the repetitions of one command, short enough for a person who corrects something
/// and tries again.
const FAILURE_MILLIS: i64 = 10_000;

/// A century in seconds: no clock is that wrong, and sums with it stay dates.
const BELIEVABLE_SKEW: u64 = 100 * 366 * 24 * 3600;

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

    /// The hint that `account` has for `host`.
    pub fn read(
        slot: &Slot,
        account: &AccountKey,
        host: &RegistryHost,
        target: &Target,
    ) -> Option<Self> {
        let content = slot.dir()?.read(&file_name(account))?;
        json::from_slice::<Self>(&content).ok().filter(|known| {
            known.version == VERSION
                && known.host == host.as_str()
                && known.target == *target
                && is_uuid(&known.registry_id)
                && known.skew.unsigned_abs() < BELIEVABLE_SKEW
        })
    }

    /// Keeps it.
    pub fn write(&self, slot: &Slot, account: &AccountKey) {
        save(slot, &file_name(account), self);
    }
}

fn file_name(account: &AccountKey) -> String {
    format!("{}.registry", account.as_str())
}

#[derive(Serialize, Deserialize)]
struct Failed {
    version: u32,
    at: i64,
    fingerprint: String,
    what: String,
    hint: String,
}

/// The failure of the last ten seconds, if it happened under the same circumstances.
pub(super) fn recent_failure(slot: &Slot, fingerprint: &str) -> Option<Failure> {
    let failed: Failed = json::from_slice(&slot.dir()?.read(&slot.name("failure"))?).ok()?;
    let age = env::now_millis().checked_sub(failed.at)?;
    ((0..FAILURE_MILLIS).contains(&age)
        && failed.version == VERSION
        && failed.fingerprint == fingerprint)
        .then(|| Failure::new(failed.what, failed.hint))
}

/// Remembers a failure.
pub(super) fn remember_failure(slot: &Slot, fingerprint: &str, failure: &Failure) {
    let failed = Failed {
        version: VERSION,
        at: env::now_millis(),
        fingerprint: fingerprint.to_owned(),
        what: redact(&failure.what).into_owned(),
        hint: redact(&failure.hint).into_owned(),
    };
    save(slot, &slot.name("failure"), &failed);
}

/// Forgets it after a success.
pub(super) fn forget_failure(slot: &Slot) {
    if let Some(dir) = slot.dir() {
        dir.remove(&slot.name("failure"));
    }
}

fn save(slot: &Slot, name: &str, value: &impl Serialize) {
    let written = serde_json::to_vec(value)
        .map_err(Into::into)
        .and_then(|json| slot.prepare()?.write(name, &json));
    if let Err(err) = written {
        log::debug!("nothing is remembered: {err:#}");
    }
}
