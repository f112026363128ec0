//! `store` and `list`.

use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::Home;

#[test]
fn store_of_our_own_credential_keeps_nothing() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let minted = helper.get(DEMO_HOST).credential();
    let before = home.files();
    helper
        .store(DEMO_HOST, &minted.username, &minted.secret)
        .says("");
    // With any user name: some clients do not send back the user name they got.
    helper.store(DEMO_HOST, "somebody", &minted.secret).says("");
    assert_eq!(home.files(), before);
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
}

#[test]
fn store_of_a_rejected_minted_credential_or_identity_token_keeps_nothing() {
    // docker since 27.2 stores the credential that the registry rejected. `<token>` comes from
    // token services.
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    for username in ["dci-build-7-20261123t213001z-abcdefgh", "<token>"] {
        helper.store(DEMO_HOST, username, "old").says("");
    }
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn store_without_an_account_keeps_a_token_from_another_home() {
    let (fake, home, other) = (FakeIonos::start(), Home::new(), Home::new());
    let minted = other.helper_for(&fake).get(DEMO_HOST).credential();
    let without_account = home.helper();
    without_account
        .store(DEMO_HOST, &minted.username, &minted.secret)
        .says("");
    assert_eq!(without_account.get(DEMO_HOST).credential(), minted);
    // The token expires, so an account mints another one.
    let own = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_ne!(own, minted);
    without_account.erase(DEMO_HOST).says("");
    assert!(
        without_account
            .get(DEMO_HOST)
            .failure()
            .contains("no IONOS credentials found")
    );
    // docker stores the credential that it got, even if the registry refused it.
    let own = home.helper_for(&fake).get(DEMO_HOST).credential();
    without_account
        .store(DEMO_HOST, &own.username, &own.secret)
        .says("");
    assert!(
        !home
            .data()
            .join("logins")
            .join("demo.cr.de-fra.ionos.com.json")
            .exists()
    );
}

#[test]
fn stored_login_wins_until_erase() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let minted = helper.get(DEMO_HOST).credential();
    // Go's encoder escapes these characters; oras sends no line end.
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
fn store_needs_no_account_and_replaces_the_previous_login() {
    let home = Home::new();
    home.helper().store(DEMO_HOST, "jane", "one").says("");
    home.helper().store(DEMO_HOST, "jane", "two").says("");
    assert_eq!(home.helper().get(DEMO_HOST).credential().secret, "two");
}

#[test]
fn store_for_a_foreign_registry_fails() {
    let home = Home::new();
    for host in [
        "https://index.docker.io/v1/",
        "ghcr.io",
        "user@demo.cr.ionos.com",
    ] {
        let done = home.helper().store(host, "jane", "hub-secret");
        done.fails("this login is not for an IONOS registry and was not stored; configure docker-credential-ionos under credHelpers for IONOS hosts, not as credsStore");
    }
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn invalid_store_input_is_refused_without_quoting_it() {
    let home = Home::new();
    let line = "the login on stdin is not the JSON of Docker's protocol; log in with docker login or podman login";
    for input in [
        "",
        "null",
        "demo.cr.de-fra.ionos.com",
        r#"["demo.cr.de-fra.ionos.com","u","s3cret"]"#,
        r#"{"ServerURL":"demo.cr.de-fra.ionos.com","Username":"u","Secret":["s3cret"]}"#,
        r#"{"ServerURL":"demo.cr.de-fra.ionos.com","Username":"u","Secret":"s3cret"} trailing"#,
    ] {
        home.helper().run(&["store"], input).fails(line);
    }
    home.helper().run(&["store"], b"\xff\xfe").fails(line);
    let long = "x".repeat(4096);
    assert_eq!(
        home.helper().store(DEMO_HOST, "u", &long).failure(),
        "cannot store the login for demo.cr.de-fra.ionos.com: the login is too long for one answer (4 KiB); log in with a shorter password"
    );
    assert_eq!(
        home.helper().store(DEMO_HOST, "u", "").failure(),
        "cannot store the login for demo.cr.de-fra.ionos.com: the login has no password; log in with a password"
    );
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn store_without_a_writable_directory_fails() {
    let home = Home::new();
    let line = home.helper().without("HOME").store(DEMO_HOST, "u", "s");
    line.fails("cannot store the login for demo.cr.de-fra.ionos.com: the login is not kept: there is no home directory to keep it in; give this user a writable home directory");
}

#[test]
fn list_shows_valid_credentials_without_requests() {
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
fn list_omits_expired_credentials() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    home.age_entry(13 * 3600);
    helper.list().says("{}\n");
}

#[test]
fn stored_login_needs_no_cache() {
    let home = Home::new();
    let helper = home.helper();
    helper.store(DEMO_HOST, "jane", "typed").says("");
    let helper = helper.env("IONOS_CR_CACHE_DIR", "not/absolute");
    assert_eq!(helper.get(DEMO_HOST).credential().secret, "typed");
}

#[test]
fn failed_store_names_the_login() {
    let home = Home::new();
    home.configure("{");
    let done = home.helper().store(DEMO_HOST, "jane", "typed");
    let start = format!("cannot store the login for {DEMO_HOST}: ");
    assert!(done.failure().starts_with(&start), "{done:?}");
}
