//! What is written to the disk, and when.

use std::time::Duration;

use super::{OTHER_HOST, fake};
use crate::support::fake_ionos::{DEMO_HOST, Fault};
use crate::support::helper::{Helper, Home};
use crate::support::strace::{self, Renamed};

/// What of the ledger and the cache a run wrote.
fn written(helper: &Helper, args: &[&str], stdin: &str) -> Vec<Renamed> {
    let is_kept = |it: &Renamed| {
        let is_record = it.to.contains("/ledger/") && !it.to.ends_with("/installation.json");
        is_record || it.to.contains("/.cache/") && it.to.contains(".json")
    };
    let mut renamed = strace::renames(helper, args, stdin);
    renamed.retain(is_kept);
    renamed
}

#[test]
fn records_and_entries_are_synced_before_they_replace_others() {
    if !strace::is_installed() {
        return;
    }
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let unsynced = |args: &[&str], host| {
        let mut written = written(&helper, args, host);
        assert!(!written.is_empty());
        written.retain(|it| !it.is_synced);
        written.into_iter().map(|it| it.to).collect::<Vec<_>>()
    };
    assert_eq!(unsynced(&["get"], DEMO_HOST), [""; 0], "new");
    home.age_entry(7 * 3600);
    assert_eq!(unsynced(&["get"], DEMO_HOST), [""; 0], "refreshed");
    fake.fault(Fault::cut_body().on_method("POST"));
    assert_eq!(unsynced(&["get"], OTHER_HOST), [""; 0], "failed");
    fake.fault(Fault::status(503).always());
    assert_eq!(unsynced(&["erase"], DEMO_HOST), [""; 0], "erased");
}

#[test]
fn logout_writes_each_record_once_while_the_api_is_silent() {
    const TOKENS: usize = 20;
    if !strace::is_installed() {
        return;
    }
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let uncached = helper.clone().env("IONOS_CR_DISABLE_CACHE", "1");
    for _ in 0..TOKENS {
        let _ = uncached.get(DEMO_HOST).credential();
    }
    fake.fault(Fault::delay(Duration::from_secs(10)).always());
    // One more for the attempt, and one for the time that it took.
    assert_eq!(written(&helper, &["erase"], DEMO_HOST).len(), TOKENS + 2);
}
