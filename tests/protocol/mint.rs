//! The requests with which `get` mints a token.

use std::time::Duration;

use serde_json::json;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, MINTED_MARKER};
use crate::support::helper::Home;

const HOUR: i64 = 3600;

#[test]
fn first_get_sends_two_requests_on_one_connection() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(credential.server_url, DEMO_HOST);
    assert!(credential.secret.contains(MINTED_MARKER));
    assert!(fake.accepts(&credential.username, &credential.secret));
    assert_eq!(
        fake.request_lines(),
        ["GET /registries", "POST /registries/ID/tokens"]
    );
    let connections: Vec<u64> = fake.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections[0], connections[1]);
}

#[test]
fn minted_token_has_a_name_scopes_and_an_expiry() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let tokens = fake.tokens();
    let [token] = &tokens[..] else {
        panic!("not one token")
    };
    assert!(token.name.starts_with("dci-") && token.name.len() <= 63);
    assert_eq!(
        token.scopes,
        json!([{"type": "repository", "name": "*", "actions": ["pull", "push"]}])
    );
    let body = fake.requests()[1].json();
    assert_eq!(body["properties"]["status"], "enabled");
    let left = expiry_in_seconds(&body);
    assert!(
        (12 * HOUR + 290..=12 * HOUR + 300).contains(&left),
        "{left}"
    );
}

pub(super) fn expiry_in_seconds(body: &serde_json::Value) -> i64 {
    let expiry = body["properties"]["expiryDate"].as_str().unwrap();
    assert_eq!(expiry.len(), "2026-01-01T00:00:00Z".len(), "{expiry}");
    let expiry: jiff::Timestamp = expiry.parse().unwrap();
    expiry.as_second() - docker_credential_ionos::env::now()
}

#[test]
fn configured_scopes_and_lifetime_are_requested() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let _ = home
        .helper_for(&fake)
        .env("IONOS_CR_ACTIONS", "delete,pull")
        .env("IONOS_CR_REPOSITORIES", "team/*, app")
        .env("IONOS_CR_TOKEN_TTL", "1h")
        .get(DEMO_HOST)
        .credential();
    let body = fake.requests()[1].json();
    assert_eq!(
        body["properties"]["scopes"],
        json!([
            {"type": "repository", "name": "app", "actions": ["pull", "delete"]},
            {"type": "repository", "name": "team/*", "actions": ["pull", "delete"]},
        ])
    );
    let left = expiry_in_seconds(&body);
    assert!((HOUR + 290..=HOUR + 300).contains(&left), "{left}");
}

#[test]
fn name_conflict_mints_under_another_name() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(409).on("POST", "/tokens"));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let names: Vec<_> = fake.requests()[1..3]
        .iter()
        .map(|request| request.json()["properties"]["name"].clone())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn token_with_lost_answer_is_deleted_and_another_minted() {
    for fault in [
        Fault::reset().after(),
        Fault::status(502).after(),
        Fault::status(504).after(),
        Fault::cut_body().after(),
        Fault::status(201).body("{}").after(),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(fault.on("POST", "/tokens"));
        let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
        assert_eq!(
            fake.request_lines()[1..4],
            [
                "POST /registries/ID/tokens",
                "POST /registries/ID/tokens",
                "GET /registries/ID/tokens"
            ]
        );
        let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
        assert_eq!(names, [credential.username]);
    }
}

#[test]
fn unusable_answers_are_named_and_not_the_names_they_took() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for _ in 0..3 {
        fake.fault(Fault::status(201).body("{}").after().on("POST", "/tokens"));
        // The API's own answer, a 409.
        fake.fault(Fault::delay(Duration::ZERO).on("POST", "/tokens"));
    }
    let done = home.helper_for(&fake).get(DEMO_HOST);
    let failure = done.failure();
    let cause = "gave no usable answer: an answer without the token's name and password";
    assert!(failure.contains(cause), "{failure}");
    assert_eq!(fake.tokens().len(), 0);
}

#[test]
fn possibly_created_token_is_deleted_at_the_next_contact() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::hang().after().on("POST", "/tokens"));
    let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "500ms");
    assert!(
        helper
            .get(DEMO_HOST)
            .failure()
            .contains("gave no answer in time")
    );
    assert_eq!(fake.tokens().len(), 1);
    let credential = helper
        .env("IONOS_CR_TIMEOUT", "8s")
        .get(DEMO_HOST)
        .credential();
    let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
    assert_eq!(names, [credential.username]);
    assert!(home.pending().is_empty());
}

#[test]
fn retry_after_is_obeyed_silently() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(503).on("GET", "/registries"));
    fake.fault(
        Fault::status(429)
            .header("Retry-After", "1")
            .on("GET", "/registries"),
    );
    fake.fault(
        Fault::status(429)
            .header("Retry-After", "0")
            .on("POST", "/tokens")
            .times(2),
    );
    fake.delay(Duration::from_millis(20));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(fake.count("GET", "/registries"), 3);
    assert_eq!(fake.count("POST", "/tokens"), 3);
    assert_eq!(fake.tokens().len(), 1);
}
