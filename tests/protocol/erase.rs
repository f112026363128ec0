//! `erase`: what is deleted on disk and revoked at the API.

use std::time::{Duration, Instant};

use crate::network::api_failures::revocations;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::Home;

#[test]
fn erase_revokes_the_token_with_one_request() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    fake.clear_requests();
    // docker logout calls erase twice with the bare host, and with both schemes if we are the
    // credsStore.
    for form in [
        DEMO_HOST,
        DEMO_HOST,
        "http://demo.cr.de-fra.ionos.com",
        "https://demo.cr.de-fra.ionos.com",
    ] {
        helper.erase(form).says("");
    }
    assert!(fake.tokens().is_empty());
    assert_eq!(fake.requests().len(), 1);
    assert_eq!(fake.count("DELETE", "/tokens/"), 1);
    let is_kept = |file: &String| {
        file.ends_with("installation.json") || file.rsplit('.').next() == Some("lock")
    };
    assert!(home.files().iter().all(is_kept), "{:?}", home.files());
    helper.list().says("{}\n");
}

#[test]
fn erase_deletes_all_scopes_and_accounts_of_one_host() {
    let fake = FakeIonos::builder()
        .account_token(ACCOUNT_TOKEN)
        .account_token(OTHER_ACCOUNT_TOKEN)
        .start();
    fake.add_registry(crate::support::fake_ionos::RegistrySpec::new("other"));
    let home = Home::new();
    let one = home.helper_for(&fake).env("IONOS_TOKEN", ACCOUNT_TOKEN);
    let two = home
        .helper_for(&fake)
        .env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN);
    let _ = one.get(DEMO_HOST).credential();
    let _ = two.get(DEMO_HOST).credential();
    let other = one.get("other.cr.de-fra.ionos.com").credential();
    assert_eq!(home.entries().len(), 3);
    one.erase(DEMO_HOST).says("");
    assert_eq!(home.entries().len(), 1);
    assert_eq!(one.get("other.cr.de-fra.ionos.com").credential(), other);
    // The token of the other account is deleted when that account next contacts the API.
    assert_eq!(fake.tokens().len(), 2);
    let _ = two.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 2, "one deleted, one minted");
}

#[test]
fn erase_with_failing_api_succeeds_and_revokes_at_next_contact() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    for fault in [Fault::status(503), Fault::reset(), Fault::hang()] {
        fake.fault(fault.on("DELETE", "/tokens/"));
        helper.erase(DEMO_HOST).says("");
        fake.clear_faults();
        assert!(fake.accepts(&first.username, &first.secret));
    }
    let pending = home.pending();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0]["name"], *first.username);
    assert_eq!(pending[0]["state"], "revoke");
    let next = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    assert!(fake.accepts(&next.username, &next.secret));
    assert_eq!(home.pending().len(), 0);
}

#[test]
fn erase_without_home_keeps_the_pending_revocation_in_the_cache() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake).without("HOME").env(
        "IONOS_CR_CACHE_DIR",
        home.path().join("cache").to_str().unwrap(),
    );
    let _ = helper.get(DEMO_HOST).credential();
    fake.fault(Fault::status(503).on("DELETE", "/tokens/"));
    helper.erase(DEMO_HOST).says("");
    let next = helper.get(DEMO_HOST).credential();
    let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
    assert_eq!(names, [next.username]);
}

#[test]
fn erase_without_a_valid_account_succeeds_and_revokes_later() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    helper
        .clone()
        .without("IONOS_TOKEN")
        .erase(DEMO_HOST)
        .says("");
    assert_eq!(fake.tokens().len(), 1);
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    helper
        .clone()
        .env("IONOS_TOKEN", "wrong")
        .erase(DEMO_HOST)
        .says("");
    assert_eq!(fake.tokens().len(), 1);
    helper
        .env("IONOS_API_URL", "http://api.example")
        .erase(DEMO_HOST)
        .says("");
}

#[test]
fn erase_with_revoke_on_erase_false_keeps_the_token() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .env("IONOS_CR_REVOKE_ON_ERASE", "false");
    let first = helper.get(DEMO_HOST).credential();
    helper.erase(DEMO_HOST).says("");
    assert!(fake.accepts(&first.username, &first.secret));
    assert_eq!(fake.count("DELETE", ""), 0);
    assert!(home.entries().is_empty());
}

#[test]
fn erase_of_an_already_deleted_token_leaves_nothing_pending() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.expire_tokens();
    helper.erase(DEMO_HOST).says("");
    assert_eq!(home.pending().len(), 0);
}

#[test]
fn erase_of_any_input_succeeds() {
    let home = Home::new();
    for input in [
        "",
        "ghcr.io",
        "user@x",
        "\0",
        "https://index.docker.io/v1/",
        DEMO_HOST,
    ] {
        home.helper().erase(input).says("");
    }
    home.helper().run(&["erase"], b"\xff").says("");
    home.helper().without("HOME").erase(DEMO_HOST).says("");
    home.helper()
        .env("IONOS_CR_CACHE_DIR", "relative")
        .erase(DEMO_HOST)
        .says("");
}

#[test]
fn erase_waits_once_for_an_api_that_does_not_answer() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.fault(Fault::hang().on("DELETE", "/tokens").always());
    // The server URLs that docker logout sends.
    let start = Instant::now();
    for form in ["", "https://", "http://"] {
        helper.erase(&format!("{form}{DEMO_HOST}")).says("");
    }
    assert!(
        start.elapsed() < Duration::from_secs(6),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(revocations(&home), 1);
    // A working API is used at once.
    fake.clear_faults();
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), revocations(&home)), (0, 0));
}

#[test]
fn erase_with_invalid_revoke_on_erase_keeps_the_token() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .env("IONOS_CR_REVOKE_ON_ERASE", "flase");
    let _ = helper.get(DEMO_HOST).credential();
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.entries().len()), (1, 0));
    let found = helper.run(&["doctor"], "").stdout;
    assert!(
        found.contains("IONOS_CR_REVOKE_ON_ERASE is neither true nor false"),
        "{found}"
    );
}
