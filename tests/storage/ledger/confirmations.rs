//! What confirms that a token is deleted.

use super::{HOUR, OTHER_HOST, contact, fake, names};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Helper, Home};

/// Leaves one token that could not be deleted at logout, an hour ago.
fn log_out_with(fault: Fault) -> (FakeIonos, Home, Helper) {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.fault(fault);
    helper.erase(DEMO_HOST).says("");
    fake.clear_faults();
    assert_eq!(home.pending().len(), 1);
    fake.set_clock(HOUR);
    (fake, home, helper)
}

#[test]
fn login_page_in_answer_to_a_deletion_does_not_confirm_it() {
    let page = Fault::status(200).html().on("DELETE", "/tokens").always();
    let (fake, home, helper) = log_out_with(page);
    assert_eq!(names(&fake).len(), 1);
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn not_found_for_a_registry_that_is_listed_does_not_confirm_a_deletion() {
    for path in ["", "/tokens"] {
        let (fake, home, helper) = log_out_with(Fault::status(503).on("DELETE", "").always());
        fake.fault(Fault::status(404).on_path(path).always());
        helper.erase(DEMO_HOST).says("");
        assert_eq!(home.pending().len(), 1, "{path}");
        fake.clear_faults();
        contact(&helper);
        assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
    }
}

#[test]
fn record_of_a_deleted_registry_is_forgotten() {
    let (fake, home, helper) = log_out_with(Fault::status(503).on("DELETE", "").always());
    let id = home.pending()[0]["registryId"].as_str().unwrap().to_owned();
    fake.remove_registry(&id);
    let _ = helper.get(OTHER_HOST).credential();
    assert!(home.pending().is_empty());
}
