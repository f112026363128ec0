//! The image credential provider as a kubelet runs it.

mod cache;
mod check;
mod check_warnings;
mod player;
mod profiles;
mod requests;

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Done, Home};
use player::{CacheKeyType, V1, V1ALPHA1, V1BETA1, accept, plugin, request};

const IMAGE: &str = "demo.cr.de-fra.ionos.com/team/app";
const MINUTE: u64 = 60;
const HOUR: i64 = 3600;

/// Asserts exit 1, empty stdout and one line on stderr. Returns the line without the program's
/// name.
#[track_caller]
fn refusal(done: &Done) -> &str {
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    let line = done.stderr.strip_suffix('\n').expect("a line end");
    assert!(!line.contains('\n'), "{done:?}");
    line.strip_prefix("docker-credential-ionos: ")
        .expect("the program's name")
}

/// The actions that were requested for the newest token.
#[track_caller]
fn actions(fake: &FakeIonos) -> serde_json::Value {
    let minted = fake.tokens().pop().expect("a token");
    assert_eq!(minted.scopes.as_array().unwrap().len(), 1);
    minted.scopes[0]["actions"].clone()
}

#[test]
fn response_has_the_api_version_of_the_request() {
    for version in [V1, V1BETA1, V1ALPHA1] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let done = plugin(&home, &fake).run(&["kubelet"], request(version, IMAGE));
        assert_eq!(done.stderr, "");
        let response = accept(&done, version);
        assert_eq!(response.cache_key_type, CacheKeyType::Registry);
        assert_eq!(response.cache_duration.as_deref(), Some("15m0s"));
        let login = response.only(DEMO_HOST);
        assert!(fake.accepts(&login.username, &login.password));
        assert_eq!(response.lookup(IMAGE), Some(login));
    }
}

#[test]
fn response_has_exact_bytes() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE));
    let token = &fake.tokens()[0];
    done.says(&format!(
        "{{\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"{V1}\",\"cacheKeyType\":\"Registry\",\"cacheDuration\":\"15m0s\",\"auth\":{{\"{DEMO_HOST}\":{{\"username\":\"{}\",\"password\":\"{}\"}}}}}}\n",
        token.name, token.password
    ));
    plugin(&home, &fake)
        .run(&["kubelet"], request(V1BETA1, "docker.io/library/nginx"))
        .says(&format!(
            "{{\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"{V1BETA1}\",\"cacheKeyType\":\"Registry\",\"cacheDuration\":\"0s\",\"auth\":null}}\n"
        ));
}

#[test]
fn get_credentials_is_an_alias() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake).run(&["get-credentials"], request(V1, IMAGE));
    let _ = accept(&done, V1).only(DEMO_HOST);
    let help = home.helper().run(&["--help"], "");
    assert!(help.stdout.contains("kubelet") && !help.stdout.contains("get-credentials"));
}

#[test]
fn credential_matches_every_form_of_the_image() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for image in [
        IMAGE,
        "demo.cr.de-fra.ionos.com/app:1.2",
        "demo.cr.de-fra.ionos.com/app@sha256:0123",
        "demo.cr.de-fra.ionos.com:443/app",
        "demo.cr.de-fra.ionos.com:443/app:1@sha256:0123",
        "Demo.CR.de-fra.ionos.com/app",
        "demo.cr.de-fra.ionos.com./app",
    ] {
        let done = plugin(&home, &fake).run(&["kubelet"], request(V1, image));
        let response = accept(&done, V1);
        assert!(response.lookup(image).is_some(), "{image}: {done:?}");
    }
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn foreign_image_has_no_credentials_and_is_not_cached() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for image in [
        "docker.io/library/nginx",
        "nginx",
        "ghcr.io/a/b:1",
        "demo.cr.de-fra.ionos.com.evil.example/app",
        "127.0.0.1:5000/app",
    ] {
        let done = plugin(&home, &fake).run(&["kubelet"], request(V1, image));
        assert_eq!(done.stderr, "");
        accept(&done, V1).is_none();
    }
    // An invalid configuration affects only our own hosts.
    let broken = plugin(&home, &fake).env("IONOS_CR_CONFIG", &home.file("broken.json", "{"));
    accept(&broken.run(&["kubelet"], request(V1, "nginx")), V1).is_none();
    let line = broken.run(&["kubelet"], request(V1, IMAGE));
    assert!(refusal(&line).starts_with("no credential for demo.cr.de-fra.ionos.com: "));
    assert!(fake.requests().is_empty());
}

#[test]
fn configured_host_has_credentials() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let config = json!({"registries": {"registry.example.com:5000": {"registryName": "demo"}}});
    let plugin =
        plugin(&home, &fake).env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()));
    let done = plugin.run(&["kubelet"], request(V1, "registry.example.com:5000/app"));
    let _ = accept(&done, V1).only("registry.example.com:5000");
    assert_eq!(actions(&fake), json!(["pull"]));
}

#[test]
fn cache_duration_is_half_the_remaining_life_up_to_15_minutes() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake);
    let ask = || accept(&plugin.run(&["kubelet"], request(V1, IMAGE)), V1);
    let first = ask();
    fake.fault(Fault::status(403).always());
    // Remaining seconds of 12 h 5 min. Time passes while the test runs.
    let mut left = 12 * HOUR + 5 * 60;
    for (wanted, at_least) in [(3600, 15 * MINUTE), (1200, 9 * MINUTE), (200, MINUTE)] {
        home.age_entry(left - wanted);
        left = wanted;
        let response = ask();
        assert_eq!(response.auth, first.auth);
        let cached = response.cached_for().as_secs();
        assert!(
            cached >= at_least && cached <= (u64::try_from(wanted).unwrap() / 2).min(15 * MINUTE),
            "{wanted}: {cached}"
        );
    }
    // A token is not returned in its last minute.
    home.age_entry(left - 50);
    let line = plugin.run(&["kubelet"], request(V1, IMAGE));
    assert!(refusal(&line).contains(" 403"), "{line:?}");
}

#[test]
fn stored_login_has_a_cache_duration_of_15_minutes() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.helper().store(DEMO_HOST, "jane", "typed").says("");
    // With a home, as in a shell.
    let done = home.helper_for(&fake).run(&["kubelet"], request(V1, IMAGE));
    let response = accept(&done, V1);
    assert_eq!(response.only(DEMO_HOST).username, "jane");
    assert_eq!(response.cache_duration.as_deref(), Some("15m0s"));
    assert!(fake.requests().is_empty());
}

#[test]
fn three_failed_lookups_send_one_request() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(403).on("POST", "/tokens").always());
    let lines: Vec<_> = (0..3)
        .map(|_| plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE)))
        .collect();
    for done in &lines {
        let line = refusal(done);
        assert!(line.starts_with("no credential for demo.cr.de-fra.ionos.com: "));
        assert!(line.contains("(account from IONOS_TOKEN)"), "{line}");
    }
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn on_error_not_found_does_not_apply_to_the_kubelet() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(401).always());
    let plugin = plugin(&home, &fake).env("IONOS_CR_ON_ERROR", "not-found");
    let _ = refusal(&plugin.run(&["kubelet"], request(V1, IMAGE)));
}

#[test]
fn missing_account_is_reported_with_a_hint() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake).without("IONOS_TOKEN");
    let line = plugin.run(&["kubelet"], request(V1, IMAGE));
    assert!(
        refusal(&line).starts_with(
            "no credential for demo.cr.de-fra.ionos.com: no IONOS credentials found; "
        ),
        "{line:?}"
    );
}

/// Runs the plugin with an API that never answers.
fn run_with_silent_api(timeout: &str) -> (Done, Duration) {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::hang().on("GET", "/registries").always());
    let plugin = plugin(&home, &fake).env("IONOS_CR_TIMEOUT", timeout);
    let start = Instant::now();
    let done = plugin.run(&["kubelet"], request(V1, IMAGE));
    (done, start.elapsed())
}

#[test]
fn silent_api_ends_the_plugin_within_its_timeout() {
    let (done, _) = run_with_silent_api("300ms");
    assert!(refusal(&done).contains("gave no answer in time"));
}

#[test]
#[ignore = "takes 50 s"]
fn timeout_stays_below_that_of_the_kubelet() {
    let (done, took) = run_with_silent_api("10m");
    assert!(refusal(&done).contains("gave no answer in time"));
    assert!(took < Duration::from_secs(MINUTE), "{took:?}");
}
