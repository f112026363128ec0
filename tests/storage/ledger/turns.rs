//! The order in which records are processed.

use serde_json::Value;

use super::{contact, fake, log_out_without_the_api};
use crate::support::damage::edit;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Helper, Home};

#[test]
fn failing_record_does_not_block_others() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    log_out_without_the_api(&fake, &helper);
    let bad = home.pending()[0]["tokenId"].as_str().unwrap().to_owned();
    fake.fault(Fault::status(500).on("DELETE", &bad).always());
    contact(&helper);
    contact(&helper);
    let left: Vec<Value> = home.pending();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["tokenId"], bad.as_str());
    assert_eq!(left[0]["failedWith"], 500);
}

/// Two tokens to delete. The last field is the id of the one of the demo registry.
fn two_pending() -> (FakeIonos, Home, Helper, String) {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    log_out_without_the_api(&fake, &helper);
    let pending = home.pending();
    let of_demo = pending.iter().find(|it| it["host"] == DEMO_HOST).unwrap();
    let id = of_demo["tokenId"].as_str().unwrap().to_owned();
    (fake, home, helper, id)
}

fn pending_ids(home: &Home) -> Vec<String> {
    let id = |it: Value| it["tokenId"].as_str().unwrap().to_owned();
    home.pending().into_iter().map(id).collect()
}

#[test]
fn failing_record_of_the_erased_host_does_not_block_other_hosts() {
    let (fake, home, helper, bad) = two_pending();
    fake.fault(Fault::status(500).on("DELETE", &bad).always());
    for _ in 0..2 {
        helper.erase(DEMO_HOST).says("");
    }
    assert_eq!(pending_ids(&home), [bad]);
}

#[test]
fn record_without_an_answer_does_not_block_other_hosts() {
    let (fake, home, helper, bad) = two_pending();
    fake.fault(Fault::hang().on("DELETE", &bad).always());
    // Each record gets less than a second of an erase, so a slow machine may need more than two.
    for _ in 0..20 {
        helper.erase(DEMO_HOST).says("");
        if pending_ids(&home).len() == 1 {
            break;
        }
    }
    assert_eq!(pending_ids(&home), [bad]);
}

#[test]
fn record_that_was_tried_before_the_clock_was_set_back_is_tried_again() {
    let (fake, home, helper, bad) = two_pending();
    fake.fault(Fault::status(500).on("DELETE", &bad).always());
    for record in home.pending() {
        if record["tokenId"] != *bad {
            let path = home.record(record["name"].as_str().unwrap());
            edit(&path, |record| {
                record["triedAt"] = 9_000_000_000_000_i64.into();
            });
        }
    }
    for _ in 0..2 {
        helper.erase(DEMO_HOST).says("");
    }
    assert_eq!(pending_ids(&home), [bad]);
}
