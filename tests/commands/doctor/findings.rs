//! Problems that `doctor` reports, with hints.

use serde_json::json;
use std::env::consts::EXE_SUFFIX;

use super::Setup;
use super::client_files::lines_of;
use crate::support::fake_ionos::{DEMO_HOST, DEMO_ID, FakeIonos, RegistrySpec};
use crate::support::helper::Done;
use crate::support::registry::Auth;

#[track_caller]
fn reports(done: &Done, lines: &[&str]) {
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (Some(1), ""),
        "{}",
        done.stdout
    );
    for line in lines {
        assert!(
            done.stdout.lines().any(|seen| seen == *line),
            "no {line:?} in:\n{}",
            done.stdout
        );
    }
}

#[test]
fn revoked_token_is_found_at_the_registry_check() {
    for auth in [Auth::Basic, Auth::Bearer] {
        let setup = Setup::new(auth);
        let host = setup.registry.host();
        let _ = setup.helper().get(&host).credential();
        setup.api.expire_tokens();
        reports(
            &setup.run(&[&host]),
            &[
                "failed   login: HOST does not accept the credential",
                "         hint: the token may have been deleted at the API: run docker logout for this host, then try again",
            ],
        );
    }
}

#[test]
fn credential_is_not_sent_over_plain_http() {
    let setup = Setup::new(Auth::PlainHttpBearer);
    let host = setup.registry.host();
    reports(
        &setup.run(&["--mint", &host]),
        &[
            "failed   login: the registry names a token service that is not safe to send the credential to: 'http://tokens.example.com/token'",
        ],
    );
    for request in setup.registry.requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn host_without_a_registry_is_reported() {
    let setup = Setup::new(Auth::NoRegistry);
    let host = setup.registry.host();
    reports(
        &setup.run(&["--mint", &host]),
        &["failed   login: HOST answers 404 to GET /v2/"],
    );
    let open = Setup::new(Auth::Open);
    let done = open.run(&["--mint"]);
    assert_eq!(done.code, Some(0));
    assert!(
        done.stdout
            .ends_with("ok       login: HOST needs no login\n")
    );
}

#[test]
fn without_an_account_dependent_checks_are_skipped() {
    let setup = Setup::new(Auth::Basic);
    let done = setup.examine(&setup.helper().without("IONOS_TOKEN"), &["--mint"]);
    reports(
        &done,
        &[
            "failed   account: no IONOS credentials found",
            "         hint: run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD",
            "skipped  api: check 'account' failed",
            "skipped  token: check 'account' failed",
        ],
    );
    assert_eq!(setup.api.requests().len(), 0);
}

#[test]
fn expired_account_token_and_its_refusal_have_a_hint_each() {
    use base64::Engine as _;
    let setup = Setup::new(Auth::Basic);
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000}"#);
    let token = format!("e30.{payload}.x");
    let done = setup.examine(&setup.helper().env("IONOS_TOKEN", &token), &[]);
    reports(
        &done,
        &[
            "failed   account token: expired at 2023-11-14T22:13:20Z",
            "         hint: create a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
        ],
    );
    assert!(!done.stdout.contains(&token));
    let failures = done.stdout.matches("failed ").count();
    let hints = done.stdout.matches("hint:").count();
    assert_eq!((failures, hints), (2, 2), "{}", done.stdout);
}

#[test]
fn unreachable_api_is_reported_as_network() {
    let setup = Setup::new(Auth::Basic);
    let done = setup.examine(
        &setup.helper().env("IONOS_API_URL", "http://127.0.0.1:1"),
        &[],
    );
    reports(
        &done,
        &[
            "failed   api: no connection to 127.0.0.1:1: Connection refused",
            "         hint: check the network, HTTPS_PROXY and IONOS_API_URL",
            "skipped  registry: check 'api' failed",
            "skipped  clock: the API sent no date",
        ],
    );
}

#[test]
fn missing_and_unready_registry_are_distinguished() {
    let setup = Setup::new(Auth::Basic);
    setup.api.set_registry_state(DEMO_ID, "Deploying");
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(
        done.stdout.contains("failed   registry: "),
        "{}",
        done.stdout
    );
    setup.api.remove_registry(DEMO_ID);
    reports(
        &setup.run(&[]),
        &["failed   registry: no such registry among the 0 that the account sees"],
    );
}

#[test]
fn allow_list_and_wrong_clock_are_warnings() {
    let mut spec = RegistrySpec::new("demo");
    spec.allow_list = vec!["10.1.0.0/16".into()];
    let setup = Setup::with(Auth::Basic, FakeIonos::builder().registry(spec).start());
    setup.api.set_clock(7200);
    let done = setup.run(&[]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    for line in [
        "warning  allow list: only 10.1.0.0/16 may reach the registry",
        "         hint: check that this machine's public address is among them",
        "         hint: set the clock (NTP); this program uses the API's, other programs do not",
    ] {
        assert!(done.stdout.contains(line), "{}", done.stdout);
    }
    let clock = done
        .stdout
        .lines()
        .find(|line| line.contains("clock:"))
        .unwrap();
    assert!(clock.ends_with(" s behind the API's"), "{clock}");
}

#[test]
fn docker_without_our_helper_is_reported() {
    let setup = Setup::new(Auth::Basic);
    let host = setup.registry.host();
    setup.home.file(".docker/config.json", "{}");
    let done = setup.run(&[&host]);
    assert!(
        done.stdout.contains(
            "warning  docker: ~/.docker/config.json has no helper for HOST\n         hint: docker-credential-ionos configure-docker HOST\n"
        ),
        "{}",
        done.stdout
    );
    setup.home.file(".docker/config.json", "{oops");
    reports(
        &setup.run(&[&host]),
        &["failed   docker: ~/.docker/config.json: invalid JSON at line 1, column 2"],
    );
    let done = setup.examine(&setup.helper().env("PATH", "/nowhere"), &[&host]);
    reports(
        &done,
        &[&format!(
            "failed   program: docker-credential-ionos{EXE_SUFFIX} is not on PATH, so no client can run it"
        )],
    );
}

#[test]
fn profile_is_the_one_docker_uses() {
    let setup = Setup::new(Auth::Basic);
    let helpers = json!({"credHelpers": {setup.registry.host(): "ionos-pull"}});
    setup.home.file(".docker/config.json", &helpers.to_string());
    let done = setup.run(&[]);
    assert!(
        done.stdout
            .contains("ok       settings: profile pull, scopes *:pull, tokens valid for 12 h\n")
            && done.stdout.contains(&format!(
                "failed   program: docker-credential-ionos-pull{EXE_SUFFIX} is not on PATH"
            )),
        "{}",
        done.stdout
    );
}

#[test]
fn unreadable_config_is_reported() {
    let setup = Setup::new(Auth::Basic);
    setup
        .home
        .configure("{\"defaults\": {\"tokenTtl\": \"5m\"}}");
    let done = setup.run(&[DEMO_HOST]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stdout.contains("failed   settings: "),
        "{}",
        done.stdout
    );
}

#[test]
fn hint_to_configure_a_client_names_the_profile() {
    let setup = Setup::new(Auth::Basic);
    std::fs::remove_file(setup.home.at(".docker/config.json")).unwrap();
    let done = setup.run(&["--profile", "pull", &setup.registry.host()]);
    assert_eq!(
        lines_of(&done, "docker"),
        "warning  docker: ~/.docker/config.json does not exist\n         hint: docker-credential-ionos configure-docker --profile pull HOST\n"
    );
}
