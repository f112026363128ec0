//! Orphaned tokens: created at the API, but the answer with the password was lost.

use serde_json::json;

use crate::network::api_failures::{BROKEN, LATER, api_recovers, asked, line, revocations};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, FaultKind};
use crate::support::helper::Home;

#[test]
fn token_created_despite_an_error_answer_is_deleted() {
    let empty = json!({"properties": {"credentials": {"username": "u", "password": ""}}});
    for fault in [
        Fault::reset(),
        Fault::close(),
        Fault::cut_body(),
        Fault::huge_body(1 << 30),
        Fault::status(502).html(),
        Fault::status(503),
        Fault::status(504),
        Fault::status(408),
        Fault::status(200).html(),
        Fault::status(201).empty(),
        Fault::replace(201, &empty),
    ] {
        for made in [false, true] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            // The token was created: the answer is half of its body.
            let made = made || matches!(fault.kind, FaultKind::CutBody);
            let fault = if made {
                fault.clone().after()
            } else {
                fault.clone()
            };
            fake.fault(fault.clone().on("POST", "/tokens"));
            let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
            let cleaned_up = if made { " search delete mint" } else { "" };
            assert_eq!(
                asked(&fake),
                format!("find mint mint{cleaned_up}"),
                "{fault:?}"
            );
            assert!(fake.accepts(&credential.username, &credential.secret));
            assert_eq!(
                (fake.tokens().len(), revocations(&home)),
                (1, 0),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn token_created_again_by_a_late_request_is_deleted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    // The second request with the name succeeds, and the server finishes the first one after logout.
    fake.fault(Fault::reset().late().on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).credential();
    helper.erase(DEMO_HOST).says("");
    assert!(fake.tokens().is_empty());
    fake.finish_late_requests();
    assert_eq!(fake.tokens().len(), 1);
    let next = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    assert!(fake.accepts(&next.username, &next.secret));
}

#[test]
fn token_created_despite_a_500_is_deleted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(500).after().on("POST", "/tokens").always());
    // The passwords of these tokens are lost, so repeating the request does not help.
    assert_eq!(helper.get(DEMO_HOST).failure(), line(&fake, BROKEN, LATER));
    assert!(!fake.tokens().is_empty());
    api_recovers(&fake, &home, &helper);
}

#[test]
fn undeletable_orphan_is_deleted_at_the_next_contact() {
    for (method, path) in [("GET", "/tokens"), ("DELETE", "/tokens/")] {
        for fault in [Fault::status(403), Fault::status(500), Fault::reset()] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let helper = home.helper_for(&fake);
            fake.fault(Fault::status(502).after().on("POST", "/tokens"));
            fake.fault(fault.on(method, path).always());
            let first = helper.get(DEMO_HOST).credential();
            assert_eq!((fake.tokens().len(), revocations(&home)), (2, 1));
            fake.clear_faults();
            home.age_entry(7 * 3600);
            let second = helper.get(DEMO_HOST).credential();
            let mut names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
            names.sort();
            let mut wanted = [first.username, second.username];
            wanted.sort();
            assert_eq!(names, wanted);
            assert_eq!(revocations(&home), 0);
        }
    }
}

#[test]
fn doubtful_token_is_kept_after_a_later_failure() {
    for last in [401, 403, 429, 500] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(Fault::status(504).after().on("POST", "/tokens"));
        fake.fault(Fault::status(last).on("POST", "/tokens").always());
        let line = helper.get(DEMO_HOST);
        assert!(line.failure().contains(&format!(": {last}")), "{line:?}");
        assert_eq!((fake.tokens().len(), revocations(&home)), (1, 1), "{last}");
        api_recovers(&fake, &home, &helper);
    }
}

#[test]
fn connection_closed_between_requests_is_reopened() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::drop_idle().on("GET", "/registries"));
    fake.fault(Fault::reset_before_read());
    let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
    assert_eq!(fake.tokens().len(), 1);
    // The same if only a POST is needed.
    home.age_entry(13 * 3600);
    fake.fault(Fault::reset_before_read().times(2));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!((fake.tokens().len(), revocations(&home)), (2, 0));
}

#[test]
fn token_name_from_the_api_does_not_choose_a_path() {
    let long = "n".repeat(300);
    for name in ["../../../../.docker/config", "/a/b", "..", ".hidden", &long] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        let docker = home.file(".docker/config.json", "{}");
        let token = json!({
            "id": "5d3c1b1e-3a55-4c5b-9b1f-0d9c3f0f1a11",
            "properties": { "name": "n", "credentials": { "username": name, "password": "p" } },
        });
        fake.fault(Fault::replace(201, &token).on("POST", "/tokens"));
        fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
        assert_eq!(helper.get(DEMO_HOST).credential().username, name);
        helper.erase(DEMO_HOST).says("");
        assert_eq!(std::fs::read_to_string(docker).unwrap(), "{}", "{name}");
        // The record is kept and the token is deleted at the next contact.
        assert_eq!(revocations(&home), 1, "{name}");
        fake.clear_faults();
        let _ = helper.get(DEMO_HOST).credential();
        assert_eq!(revocations(&home), 0, "{name}");
    }
}

/// The API says that a new token expires at this time.
fn ends_at(date: &str) -> Fault {
    let token = json!({
        "id": "5d3c1b1e-3a55-4c5b-9b1f-0d9c3f0f1a11",
        "properties": { "name": "n", "expiryDate": date, "credentials": { "username": "n", "password": "p" } },
    });
    Fault::replace(201, &token).on("POST", "/tokens")
}

#[test]
fn token_that_expires_at_once_is_deleted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(ends_at("2001-01-01T00:00:00Z"));
    assert!(helper.get(DEMO_HOST).failure().contains("expires at once"));
    assert_eq!(asked(&fake), "find mint delete");
    // The 404 to the deletion is checked at the next contact.
    assert_eq!(revocations(&home), 1);
    api_recovers(&fake, &home, &helper);
}

#[test]
fn undeletable_token_that_expires_at_once_is_deleted_later() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(ends_at("2001-01-01T00:00:00Z"));
    fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
    assert!(helper.get(DEMO_HOST).failure().contains("expires at once"));
    // A contact forgets what has expired.
    helper.erase(DEMO_HOST).says("");
    assert_eq!(revocations(&home), 1);
    api_recovers(&fake, &home, &helper);
}

#[test]
fn invalid_expiry_in_the_answer_is_replaced_by_the_requested_one() {
    for date in [
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2099-01-01T00:00:00Z",
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(ends_at(date));
        let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
        home.edit_entry(|entry| {
            let at = |key: &str| entry[key].as_i64().unwrap();
            let life = at("expiresAt") - at("issuedAt");
            assert!(
                (12 * 3600..=12 * 3600 + 300).contains(&life),
                "{date}: {life}"
            );
        });
    }
}
