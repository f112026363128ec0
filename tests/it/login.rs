//! `store`, `erase` and `list`: what a person logs in with, and being rid of it.

use serde_json::{Value, json};

use crate::damage::edit;
use crate::faults::revocations;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::{Home, walk};

#[test]
fn docker_login_with_our_own_credential_keeps_nothing() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let minted = helper.get(DEMO_HOST).credential();
    let before = home.files();
    helper
        .store(DEMO_HOST, &minted.username, &minted.secret)
        .says("");
    // Under any name: some clients do not hand the user name back.
    helper.store(DEMO_HOST, "somebody", &minted.secret).says("");
    assert_eq!(home.files(), before);
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
}

#[test]
fn a_refused_minted_credential_or_an_identity_token_is_accepted_and_not_kept() {
    // docker since 27.2 stores what the registry just refused; `<token>` comes from token services.
    let home = Home::new();
    for username in ["dci-build-7-20261123t213001z-abcdefgh", "<token>"] {
        home.helper().store(DEMO_HOST, username, "old").says("");
    }
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn a_login_somebody_typed_wins_until_logout() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let minted = helper.get(DEMO_HOST).credential();
    // Go's encoder escapes these; oras sends no line end.
    let login = r#"{"ServerURL":"https://demo.cr.de-fra.ionos.com/v2/","Username":"jane\u003c","Secret":"typed","extra":1}"#;
    helper.run(&["store"], login).says("");
    for form in [DEMO_HOST, "https://demo.cr.de-fra.ionos.com"] {
        let stored = helper.get(form).credential();
        assert_eq!(stored.username, "jane<");
        assert_eq!(stored.secret, "typed");
        assert_eq!(stored.server_url, form);
    }
    helper
        .list()
        .says("{\"demo.cr.de-fra.ionos.com\":\"jane<\"}\n");
    helper.erase(DEMO_HOST).says("");
    let next = helper.get(DEMO_HOST).credential();
    assert_ne!(next.secret, "typed");
    assert_ne!(next.secret, minted.secret);
}

#[test]
fn a_login_needs_no_account_and_the_newest_wins() {
    let home = Home::new();
    home.helper().store(DEMO_HOST, "jane", "one").says("");
    home.helper().store(DEMO_HOST, "jane", "two").says("");
    assert_eq!(home.helper().get(DEMO_HOST).credential().secret, "two");
}

#[test]
fn a_login_for_another_registry_is_refused_aloud() {
    let home = Home::new();
    for host in [
        "https://index.docker.io/v1/",
        "ghcr.io",
        "user@demo.cr.ionos.com",
    ] {
        let done = home.helper().store(host, "jane", "hub-secret");
        done.fails("this login is not for an IONOS registry and is not kept; use docker-credential-ionos under credHelpers for IONOS hosts, not as credsStore");
    }
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn what_is_no_login_is_refused_without_quoting_it() {
    let home = Home::new();
    let line = "the login to store is not the JSON of Docker's protocol; log in with docker login, podman login or the like";
    for input in [
        "",
        "null",
        "demo.cr.de-fra.ionos.com",
        r#"{"ServerURL":"demo.cr.de-fra.ionos.com","Username":"u","Secret":["s3cret"]}"#,
        r#"{"ServerURL":"demo.cr.de-fra.ionos.com","Username":"u","Secret":"s3cret"} trailing"#,
    ] {
        home.helper().run(&["store"], input).fails(line);
    }
    home.helper().run(&["store"], b"\xff\xfe").fails(line);
    let long = "x".repeat(4096);
    assert_eq!(
        home.helper().store(DEMO_HOST, "u", &long).failure(),
        "cannot store the login for demo.cr.de-fra.ionos.com: it is too long for one answer (4 KiB); log in with a shorter password"
    );
    assert_eq!(
        home.helper().store(DEMO_HOST, "u", "").failure(),
        "cannot store the login for demo.cr.de-fra.ionos.com: it has no password; log in with one"
    );
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn a_login_that_cannot_be_kept_is_a_failure() {
    let home = Home::new();
    let line = home.helper().without("HOME").store(DEMO_HOST, "u", "s");
    line.fails("cannot store the login for demo.cr.de-fra.ionos.com: the login is not kept: there is no home directory to keep it in; give this user a writable home directory");
}

#[test]
fn logout_revokes_the_token_and_asks_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    fake.clear_requests();
    // docker logout calls twice with the bare host, and with both schemes as credsStore.
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
    assert!(
        home.files()
            .iter()
            .all(|file| file.rsplit('.').next() == Some("lock")),
        "{:?}",
        home.files()
    );
    helper.list().says("{}\n");
}

#[test]
fn logout_forgets_every_scope_and_account_and_no_other_host() {
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
    // The other account's token is deleted when that account next talks to the API.
    assert_eq!(fake.tokens().len(), 2);
    let _ = two.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 2, "one deleted, one minted");
}

#[test]
fn logout_succeeds_when_the_api_does_not_and_revokes_at_the_next_contact() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    for fault in [Fault::status(503), Fault::reset(), Fault::hang()] {
        fake.fault(fault.on("DELETE", "/tokens/"));
        helper.erase(DEMO_HOST).says("");
        fake.clear_faults();
        assert!(fake.accepts(&first.username, &first.secret));
    }
    let pending: Vec<_> = home
        .files()
        .into_iter()
        .filter(|f| f.contains("revocations"))
        .collect();
    assert_eq!(
        pending,
        [format!(
            ".local/share/docker-credential-ionos/revocations/{}.json",
            first.username
        )]
    );
    let next = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
    assert!(fake.accepts(&next.username, &next.secret));
    assert!(
        !home
            .files()
            .iter()
            .any(|file| file.contains("revocations/"))
    );
}

#[test]
fn without_a_home_the_cache_remembers_what_to_revoke() {
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
fn logout_without_account_or_with_a_refused_one_is_well_and_remembers() {
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
fn logout_can_leave_the_token_alive() {
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
fn a_token_that_is_gone_already_counts_as_revoked() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.expire_tokens();
    helper.erase(DEMO_HOST).says("");
    assert!(
        !home
            .files()
            .iter()
            .any(|file| file.contains("revocations/"))
    );
}

#[test]
fn erase_of_anything_is_well() {
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
fn list_names_what_is_good_and_asks_nobody() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.add_registry(crate::support::fake_ionos::RegistrySpec::new("other"));
    let helper = home.helper_for(&fake);
    let minted = helper.get(DEMO_HOST).credential();
    let other = helper.get("other.cr.de-fra.ionos.com").credential();
    home.helper()
        .store("a.cr.ionos.com", "jane", "typed")
        .says("");
    fake.clear_requests();
    let listed: Value = serde_json::from_str(&helper.list().stdout).unwrap();
    assert_eq!(
        listed,
        json!({"a.cr.ionos.com": "jane", DEMO_HOST: minted.username, "other.cr.de-fra.ionos.com": other.username})
    );
    assert!(fake.requests().is_empty());
    home.helper().without("HOME").list().says("{}\n");
    home.helper()
        .env("IONOS_CR_CACHE_DIR", "relative")
        .without("HOME")
        .list()
        .says("{}\n");
}

#[test]
fn list_leaves_out_what_expired() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    home.age_entry(13 * 3600);
    helper.list().says("{}\n");
}

#[test]
fn one_logout_waits_for_a_silent_api_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.fault(Fault::hang().on("DELETE", "/tokens").always());
    // The forms that docker logout goes through.
    for form in ["", "https://", "http://"] {
        helper.erase(&format!("{form}{DEMO_HOST}")).says("");
    }
    assert_eq!(
        (fake.count("DELETE", "/tokens"), revocations(&home)),
        (1, 1)
    );
    // The next logout tries again.
    let pending = home.data().join("revocations");
    let [pending] = &walk(&pending)[..] else {
        panic!("not one revocation");
    };
    edit(pending, |file| {
        file["waitedAt"] = (file["waitedAt"].as_i64().unwrap() - 10).into();
    });
    fake.clear_faults();
    helper.erase(DEMO_HOST).says("");
    assert_eq!(
        (fake.count("DELETE", "/tokens"), revocations(&home)),
        (2, 0)
    );
}

#[test]
fn a_misspelt_wish_not_to_revoke_revokes_nothing() {
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

#[test]
fn a_typed_login_needs_no_cache() {
    let home = Home::new();
    let helper = home.helper();
    helper.store(DEMO_HOST, "jane", "typed").says("");
    let helper = helper.env("IONOS_CR_CACHE_DIR", "not/absolute");
    assert_eq!(helper.get(DEMO_HOST).credential().secret, "typed");
}

#[test]
fn a_login_that_cannot_be_stored_is_told_as_one() {
    let home = Home::new();
    home.configure("{");
    let done = home.helper().store(DEMO_HOST, "jane", "typed");
    let start = format!("cannot store the login for {DEMO_HOST}: ");
    assert!(done.failure().starts_with(&start), "{done:?}");
}
