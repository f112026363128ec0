//! The last failure of a cache entry, in a file beside it.
//!
//! A build asks up to five times for the same credential, so a failure is returned again for ten
//! seconds without another attempt. Processes that wait for the lock read it too.

use serde::{Deserialize, Serialize};

use crate::credential::cache::Slot;
use crate::env;
use crate::error::Failure;
use crate::json;
use crate::secret::redact;

const VERSION: u32 = 1;

/// Long enough for the repetitions of one command, short enough for a person who corrects something
/// and tries again.
const FAILURE_MILLIS: i64 = 10_000;

#[derive(Serialize, Deserialize)]
struct Failed {
    version: u32,
    at: i64,
    fingerprint: String,
    what: String,
    hint: String,
}

/// The failure of the last ten seconds, if it happened under the same circumstances.
pub(super) fn read(slot: &Slot, fingerprint: &str) -> Option<Failure> {
    let failed: Failed = json::from_slice(&slot.dir()?.read(&slot.name("failure"))?).ok()?;
    let age = env::now_millis().checked_sub(failed.at)?;
    ((0..FAILURE_MILLIS).contains(&age)
        && failed.version == VERSION
        && failed.fingerprint == fingerprint)
        .then(|| Failure::new(failed.what, failed.hint))
}

/// Remembers a failure.
pub(super) fn write(slot: &Slot, fingerprint: &str, failure: &Failure) {
    let failed = Failed {
        version: VERSION,
        at: env::now_millis(),
        fingerprint: fingerprint.to_owned(),
        what: redact(&failure.what).into_owned(),
        hint: redact(&failure.hint).into_owned(),
    };
    slot.write_unsynced(&slot.name("failure"), &failed);
}

/// Forgets it after a success.
pub(super) fn forget(slot: &Slot) {
    if let Some(dir) = slot.dir() {
        dir.remove(&slot.name("failure"));
    }
}
