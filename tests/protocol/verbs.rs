//! The credential-helper protocol as each client uses it: stdin, stdout, stderr, exit code.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Done, Home};
use crate::support::platform;

const VERSION: &str = concat!("docker-credential-ionos ", env!("CARGO_PKG_VERSION"), "\n");

#[test]
fn every_form_of_a_server_url_returns_one_credential_and_is_echoed() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    for form in [
        "demo.cr.de-fra.ionos.com\n",    // testcontainers-node, .NET, rules_oci
        "demo.cr.de-fra.ionos.com \r\n", // rules_oci on Windows
        "https://demo.cr.de-fra.ionos.com", // fabric8, docker-py with such a key
        "http://demo.cr.de-fra.ionos.com", // docker logout with credsStore
        "https://demo.cr.de-fra.ionos.com/",
        "https://demo.cr.de-fra.ionos.com/v1/", // old keys
        "https://demo.cr.de-fra.ionos.com/v2/",
        "demo.cr.de-fra.ionos.com/ns/repo", // crane, ko, cosign, kaniko
        "demo.cr.de-fra.ionos.com:443",     // nerdctl
        "https://demo.cr.de-fra.ionos.com:443",
        "DEMO.CR.DE-FRA.IONOS.COM", // docker keeps the user's case
        "demo.cr.de-fra.ionos.com.",
    ] {
        let credential = helper.get(form).credential();
        assert_eq!(credential.server_url, form.trim());
        assert_eq!(credential.username, first.username);
        assert_eq!(credential.secret, first.secret);
    }
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn foreign_host_is_not_found_without_requests() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let long = format!("{DEMO_HOST}/{}", "x".repeat(5000));
    let huge = format!("{DEMO_HOST}/{}", "x".repeat(3_000_000));
    for not_ours in [
        "demo.cr.de-fra.ionos.com:8443",
        "127.0.0.1:5055",
        "[::1]:5000",
        "localhost:5000",
        "https://index.docker.io/v1/",
        "https://index.docker.io/v1/refresh-token", // docker logout since 27.2
        "https://index.docker.io/v1/access-token",
        "docker.io",
        "ghcr.io",
        "https://not.a.real.registry/url", // how testcontainers-java learns the text
        "nerdctl-experimental://demo.cr.de-fra.ionos.com:443/host/x?ns=y",
        "cr.de-fra.ionos.com",
        "api.ionos.com",
        "demo.cr.de-fra.ionos.com.evil.example",
        "evil.example/demo.cr.de-fra.ionos.com",
        "evil.example#.cr.de-fra.ionos.com",
        "evil.example?.cr.de-fra.ionos.com",
        "evil.example\\.cr.de-fra.ionos.com",
        "user@demo.cr.de-fra.ionos.com",
        "demo.cr.de-fra.ionos.com evil",
        "demo.cr.de-fra.ionos.com\nevil.example",
        "demo.cr.de-fra.ionos.com\0",
        &long,
        &huge,
    ] {
        helper.get(not_ours).is_not_found();
    }
    helper
        .run(&["get"], b"demo.cr.de-fra.ionos.com\xff")
        .is_not_found();
    assert!(fake.requests().is_empty());
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn empty_input_is_no_server_url() {
    let home = Home::new();
    for nothing in ["", "\n", " \r\n\t"] {
        home.helper()
            .get(nothing)
            .is_fixed("no credentials server URL");
        home.helper().erase(nothing).says("");
    }
    home.helper()
        .store("", "jane", "pw")
        .is_fixed("no credentials server URL");
    home.helper()
        .run(&["store"], "{}")
        .is_fixed("no credentials server URL");
    home.helper()
        .store(DEMO_HOST, "", "pw")
        .is_fixed("no credentials username");
}

#[test]
fn stdin_is_read_to_eof_first() {
    // A client that writes more than a pipe holds gets EPIPE if the program exits without reading.
    let home = Home::new();
    let megabyte = vec![b'x'; 1 << 20];
    for verb in ["get", "store", "erase"] {
        let code = home.helper().feed(&[verb], &megabyte);
        assert!(code.is_some(), "{verb}");
    }
}

#[test]
fn stdin_may_be_a_socket_or_a_file() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let command = || {
        let mut command = home.helper_for(&fake).command(&["get"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let (mut ours, theirs) = platform::stdin_as_node_makes_it();
    let child = command().stdin(theirs).spawn().unwrap();
    ours.write_all(b"demo.cr.de-fra.ionos.com\n").unwrap();
    drop(ours);
    let by_socket = Done::from(child.wait_with_output().unwrap()).credential();

    let file = home.path().join("input");
    crate::support::helper::write_private(&file, DEMO_HOST.as_bytes());
    let output = command()
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert_eq!(Done::from(output).credential(), by_socket);
}

#[test]
fn verbs_without_input_do_not_read_stdin() {
    let home = Home::new();
    for (verb, answer) in [
        ("list", "{}\n"),
        ("version", VERSION),
        ("--version", VERSION),
        ("-v", VERSION),
    ] {
        let (theirs, _open) = std::io::pipe().unwrap();
        let output = home
            .helper()
            .command(&[verb])
            .stdin(theirs)
            .output()
            .unwrap();
        Done::from(output).says(answer);
    }
}

#[test]
fn closed_stdout_is_not_a_failure() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let (ours, theirs) = std::io::pipe().unwrap();
    drop(ours);
    let status = home
        .helper_for(&fake)
        .command(&["get", DEMO_HOST])
        .stdin(Stdio::null())
        .stdout(theirs)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(0));
    assert_eq!(status.stderr, b"");
}

#[test]
fn on_error_not_found_answers_not_found() {
    // docker 20.10 and docker-py drop the credentials of every registry when one helper fails.
    let home = Home::new();
    let helper = home.helper().env("IONOS_CR_ON_ERROR", "not-found");
    let done = helper.get(DEMO_HOST);
    assert_eq!(done.code, Some(1));
    assert_eq!(done.stdout, "credentials not found in native keychain\n");
    assert!(done.stderr.starts_with("docker-credential-ionos: no credential for demo.cr.de-fra.ionos.com: no IONOS credentials found"));
    helper.get("ghcr.io").is_not_found();
    assert!(
        helper
            .env("IONOS_CR_ON_ERROR", "maybe")
            .get(DEMO_HOST)
            .failure()
            .starts_with("IONOS_CR_ON_ERROR is neither fail nor not-found")
    );
}

#[test]
fn silent_api_fails_within_the_deadline() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.delay(Duration::from_secs(60));
    let line = home
        .helper_for(&fake)
        .env("IONOS_CR_TIMEOUT", "300ms")
        .get(DEMO_HOST);
    let api = fake.address();
    line.fails(&format!(
        "no credential for {DEMO_HOST}: {api} gave no answer in time (account from IONOS_TOKEN); try again, or allow more time with IONOS_CR_TIMEOUT"
    ));
}

#[test]
fn path_with_newlines_stays_one_error_line() {
    let home = Home::new();
    for name in ["IONOS_CR_CACHE_DIR", "IONOS_CR_CONFIG"] {
        let helper = home.helper().env(name, "a\nb\u{1b}[31m");
        let done = helper.get(DEMO_HOST);
        assert!(!done.failure().contains(char::is_control), "{done:?}");
    }
}
