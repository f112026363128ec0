//! Requests that are interrupted, refused, or finished late.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::{OTHER_HOST, contact, fake, names};
use crate::support::fake_ionos::{DEMO_HOST, Fault};
use crate::support::helper::Home;

#[cfg(target_os = "linux")]
#[test]
fn signals_during_a_mint_leave_a_record_and_the_token_is_deleted() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(
            Fault::delay(Duration::from_secs(30))
                .after()
                .on("POST", "/tokens"),
        );
        // Longer than a machine may be paused.
        let patient = helper.clone().env("IONOS_CR_TIMEOUT", "60s");
        // The parent of the tests may have made them ignore signals.
        let patient = patient.program(std::path::Path::new("/usr/bin/env"));
        let program = crate::support::helper::BIN;
        let running = patient.start(&["--default-signal", program, "get"], DEMO_HOST);
        while fake.tokens().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal(signal);
        let _ = running.finish();
        assert_eq!((fake.tokens().len(), home.pending().len()), (1, 1));
        let next = helper.get(DEMO_HOST).credential();
        assert_eq!(names(&fake), [next.username], "{signal:?}");
        assert!(home.pending().is_empty());
    }
}

#[test]
fn token_created_late_is_found_at_a_later_contact() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(OTHER_HOST).credential();
    helper.erase(OTHER_HOST).says("");
    fake.fault(Fault::delay(Duration::from_secs(3)).on("POST", "/tokens"));
    let hasty = helper.clone().env("IONOS_CR_TIMEOUT", "500ms");
    let _ = hasty.get(DEMO_HOST).failure();
    assert_eq!(home.pending().len(), 1);
    // The first look-up finds no token.
    contact(&helper);
    assert_eq!(home.pending()[0]["looks"], 2);
    while fake.tokens().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn doubtful_request_is_looked_up_for_15_minutes_by_the_apis_clock() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(500).on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    for (minutes, pending) in [(0, 1), (14, 1), (16, 0)] {
        fake.set_clock(minutes * 60);
        contact(&helper);
        assert_eq!(home.pending().len(), pending, "{minutes}");
    }
}

#[test]
fn token_in_an_unreadable_item_of_a_list_is_not_forgotten() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    let name = &fake.tokens()[0].name;
    let list = json!({"items": [{"id": "no UUID", "properties": {"name": name}}]});
    fake.fault(Fault::replace(200, &list).on("GET", "/tokens").always());
    for minutes in [0, 16, 32] {
        fake.set_clock(minutes * 60);
        contact(&helper);
        assert_eq!(home.pending().len(), 1, "{minutes}");
    }
    fake.clear_faults();
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn token_that_is_listed_in_upper_case_is_found() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    let token = &fake.tokens()[0];
    let list =
        json!({"items": [{"id": token.id, "properties": {"name": token.name.to_uppercase()}}]});
    fake.fault(Fault::replace(200, &list).on("GET", "/tokens").always());
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn token_whose_request_is_under_way_is_not_to_be_deleted() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "120s");
    let is_released = Arc::default();
    fake.fault(Fault::until(&is_released).after().on("POST", "/tokens"));
    let minting = helper.start(&["get"], DEMO_HOST);
    while fake.tokens().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let status = helper.run(&["status"], "");
    assert!(!status.stdout.contains("to be deleted"), "{status:?}");
    fake.set_clock(16 * 60);
    let done = helper.run(&["prune", "--yes", "--all-machines", DEMO_HOST], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    helper.erase(DEMO_HOST).says("");
    contact(&helper);
    is_released.store(true, Ordering::SeqCst);
    let credential = minting.finish().credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
}

#[test]
fn refused_requests_leave_one_record_however_often_they_are_repeated() {
    for status in [400, 401, 403, 404, 429] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        // A server may create the token and then answer with an error.
        fake.fault(Fault::status(status).after().on("POST", "/tokens").times(1));
        fake.fault(Fault::status(status).on("POST", "/tokens").always());
        for n in 1..4 {
            // With another setting the remembered failure does not apply.
            let again = helper.clone().env("IONOS_CR_TIMEOUT", &format!("{n}s"));
            let _ = again.get(DEMO_HOST).failure();
        }
        assert_eq!(home.records().len(), 1, "{status}");
        fake.clear_faults();
        let credential = helper.get(DEMO_HOST).credential();
        assert_eq!(names(&fake), [credential.username], "{status}");
    }
}

#[test]
fn request_that_the_server_finishes_minutes_after_a_look_up_is_found_again() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::hang().late().on("POST", "/tokens"));
    let hasty = helper.clone().env("IONOS_CR_TIMEOUT", "500ms");
    let _ = hasty.get(DEMO_HOST).failure();
    fake.clear_faults();
    for minutes in [1, 5, 14] {
        fake.set_clock(minutes * 60);
        contact(&helper);
    }
    fake.finish_late_requests();
    assert_eq!(fake.tokens().len(), 1);
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}
