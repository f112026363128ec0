//! What is on the disk when the power fails.

use super::{OTHER_HOST, fake};
use crate::support::fake_ionos::{DEMO_HOST, Fault};
use crate::support::helper::Home;
use crate::support::strace;

#[test]
fn records_and_entries_are_synced_before_they_replace_others() {
    if !strace::is_installed() {
        return;
    }
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let unsynced = |args: &[&str], host| {
        let is_kept = |path: &String| {
            let is_record = path.contains("/ledger/") && !path.ends_with("/installation.json");
            is_record || path.contains("/.cache/") && path.contains(".json")
        };
        let mut renamed = strace::unsynced_renames(&helper, args, host);
        renamed.retain(is_kept);
        renamed
    };
    assert_eq!(unsynced(&["get"], DEMO_HOST), [""; 0], "new");
    home.age_entry(7 * 3600);
    assert_eq!(unsynced(&["get"], DEMO_HOST), [""; 0], "refreshed");
    fake.fault(Fault::cut_body().on_method("POST"));
    assert_eq!(unsynced(&["get"], OTHER_HOST), [""; 0], "failed");
    fake.fault(Fault::status(503).always());
    assert_eq!(unsynced(&["erase"], DEMO_HOST), [""; 0], "erased");
    assert!(!home.records().is_empty());
}
