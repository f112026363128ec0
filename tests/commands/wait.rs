//! `--wait`: a registry that is being created.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::doctor::Setup;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, DEMO_ID, FakeIonos, Fault};
use crate::support::helper::{Done, Home, Started};
use crate::support::pty::Session;
use crate::support::registry::Auth;

/// A registry that no client is configured for.
fn unconfigured() -> Setup {
    let setup = Setup::new(Auth::Basic);
    fs::remove_file(setup.home.path().join(".docker/config.json")).unwrap();
    setup
}

impl Setup {
    /// The command with the host. Its registry has a hostname after a while and then answers 503.
    fn start_early(&self, args: &[&str]) -> Started {
        self.api.set_registry_state(DEMO_ID, "New");
        self.registry.be_unavailable(1);
        let host = self.registry.host();
        let started = self.helper().start(&[args, &[&host]].concat(), "");
        thread::sleep(Duration::from_millis(500));
        self.api.set_registry_state(DEMO_ID, "Running");
        started
    }

    /// Exit code and stderr, whose last line has the elapsed time.
    #[track_caller]
    fn waited(&self, done: &Done) {
        assert_eq!(done.code, Some(0), "{done:?}");
        let stderr = self.shown(&done.stderr);
        let first = "0 s of 10 min: HOST is not ready: its state is New\nHOST is ready after ";
        assert!(stderr.starts_with(first), "{stderr}");
        assert!(stderr.ends_with(" s\n"), "{stderr}");
        assert_eq!(stderr.lines().count(), 2, "{stderr}");
    }
}

#[test]
fn doctor_waits_until_the_registry_accepts_a_credential() {
    let setup = unconfigured();
    let done = setup.start_early(&["doctor", "--wait"]).finish();
    setup.waited(&done);
    let last = setup.shown(done.stdout.lines().last().unwrap());
    assert_eq!(last, "ok       login: HOST accepts the credential (Basic)");
    assert_eq!(setup.api.count("POST", "/tokens"), 1);
}

#[test]
fn configure_docker_waits_after_it_has_written_the_entry() {
    let setup = unconfigured();
    let done = setup
        .start_early(&["configure-docker", "--wait=10m"])
        .finish();
    setup.waited(&done);
    assert_eq!(
        setup.shown(&done.stdout),
        "added HOST to ~/.docker/config.json, helper ionos\n"
    );
}

#[test]
fn login_waits_before_it_runs_the_client() {
    let setup = unconfigured();
    setup.registry.be_unavailable(2);
    let done = setup
        .helper()
        .run(&["login", "--wait=1m", &setup.registry.host()], "");
    let stderr = setup.shown(&done.stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(
        lines[0],
        "0 s of 1 min: HOST is not ready: HOST answers 503 to GET /v2/"
    );
    assert_eq!(lines[1], "HOST is ready after 3 s");
    assert_eq!(
        lines[2..],
        [
            "error: cannot log in to HOST: docker is not on PATH",
            "hint: install it, or choose another client with --with"
        ]
    );
}

#[test]
fn wait_ends_when_its_time_is_over() {
    let setup = unconfigured();
    setup.api.set_registry_state(DEMO_ID, "New");
    let hint = format!(
        "run it again once its state is Running; \"docker-credential-ionos doctor --wait {DEMO_HOST}\" waits for that"
    );
    let start = Instant::now();
    let done = setup
        .helper()
        .run(&["configure-docker", "--wait=1s", DEMO_HOST], "");
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        (done.code, setup.shown(&done.stderr)),
        (
            Some(1),
            format!(
                "0 s of 1 s: {DEMO_HOST} is not ready: the registry is still being created and has no hostname yet\n\
                 error: {DEMO_HOST} is not ready after 1 s: the registry is still being created and has no hostname yet\nhint: {hint}\n"
            )
        )
    );
}

#[test]
fn wait_ends_at_once_when_waiting_cannot_help() {
    let setup = unconfigured();
    let host = setup.registry.host();
    setup.api.fault(Fault::status(403));
    let done = setup.helper().run(&["login", "--wait", &host], "");
    assert_eq!(done.code, Some(1));
    let stderr = setup.shown(&done.stderr);
    assert!(
        stderr.starts_with("error: HOST is not ready: API does not let the account do this: 403")
            && stderr.contains("(account from IONOS_TOKEN)"),
        "{stderr}"
    );
    assert!(!stderr.contains(ACCOUNT_TOKEN));
    setup.api.clear_faults();
    // The API may report a missing privilege only at the POST.
    setup.api.fault(Fault::status(403).on("POST", "/tokens"));
    let done = setup.helper().run(&["doctor", "--wait", &host], "");
    assert_eq!(done.code, Some(1));
    let stderr = setup.shown(&done.stderr);
    assert!(
        stderr.starts_with("error: HOST is not ready: API does not let the account do this: 403"),
        "{stderr}"
    );
    setup.api.clear_faults();
    let done = setup
        .helper()
        .env("IONOS_TOKEN", "")
        .run(&["login", "--wait", &host], "");
    assert!(
        setup
            .shown(&done.stderr)
            .starts_with("error: HOST is not ready: no IONOS credentials found"),
        "{done:?}"
    );
    for state in ["FAILED_SUSPENDED", "Deleting"] {
        setup.api.set_registry_state(DEMO_ID, state);
        let done = setup.helper().run(&["login", "--wait", &host], "");
        assert_eq!(
            setup.shown(&done.stderr),
            format!("error: HOST is not ready: its state is {state}\nhint: see the DCD\n")
        );
    }
    setup.api.remove_registry(DEMO_ID);
    let done = setup.helper().run(&["login", "--wait", &host], "");
    assert!(
        setup
            .shown(&done.stderr)
            .starts_with("error: HOST is not ready: no such registry among the 0"),
        "{done:?}"
    );
}

#[test]
fn time_may_be_an_argument_and_the_host_may_be_anywhere() {
    let setup = unconfigured();
    let host = setup.registry.host();
    for args in [
        &["doctor", "--wait", "5m", &host][..],
        &["doctor", "--wait=5m", &host],
        &["doctor", "--wait", &host],
        &["doctor", &host, "--wait"],
        &["doctor", &host, "--wait", "90s"],
        &["--profile", "pull", "doctor", "--wait", "1h30m", &host],
        // Without HOST, all known registries.
        &["doctor", "--wait"],
        &["configure-docker", "--wait", "5m", &host],
        &["configure-docker", "--wait", &host, DEMO_HOST, "--dry-run"],
    ] {
        let done = setup.helper().run(args, "");
        assert_eq!(done.code, Some(0), "{args:?} {done:?}");
        assert_eq!(done.stderr, "", "{args:?}");
    }
}

#[test]
fn configure_docker_waits_until_the_account_has_a_hostname() {
    let (home, api) = (Home::new(), FakeIonos::start());
    api.set_registry_state(DEMO_ID, "New");
    let started = home
        .helper_for(&api)
        .start(&["configure-docker", "--wait", "1m"], "");
    thread::sleep(Duration::from_millis(500));
    api.set_registry_state(DEMO_ID, "Running");
    let done = started.finish();
    let hint = format!("name it: docker-credential-ionos configure-docker {DEMO_HOST}");
    assert_eq!(done.stdout, format!("{DEMO_HOST}\n"));
    assert_eq!(
        done.stderr,
        format!(
            "0 s of 1 min: the account's registry is not ready: demo is still being created and has no hostname yet\n\
             the account's registry is ready after 1 s\n\
             error: no registry was chosen\nhint: {hint}\n"
        )
    );
    api.forbid_account(ACCOUNT_TOKEN);
    let done = home
        .helper_for(&api)
        .run(&["configure-docker", "--wait"], "");
    assert!(
        done.stderr.starts_with(
            "error: the account's registry is not ready: cannot list the account's registries: "
        ),
        "{done:?}"
    );
}

#[test]
fn wait_needs_a_registry_and_a_time_within_bounds() {
    let setup = unconfigured();
    for (args, line) in [
        (
            &["doctor", "--wait", "demo", DEMO_HOST][..],
            "error: unexpected argument 'demo.cr.de-fra.ionos.com' found\nhint: see docker-credential-ionos --help\n",
        ),
        (
            &["doctor", "--wait", "300", DEMO_HOST],
            "error: invalid value '300' for '--wait [<TIME>]': use 1s to 24h, such as 90s or 10m\nhint: see docker-credential-ionos --help\n",
        ),
        (
            &["doctor", "--wait=soon", DEMO_HOST],
            "error: invalid value 'soon' for '--wait [<TIME>]': use 1s to 24h, such as 90s or 10m\nhint: see docker-credential-ionos --help\n",
        ),
        (
            &["doctor", "--wait=0s", DEMO_HOST],
            "error: invalid value '0s' for '--wait [<TIME>]': use 1s to 24h, such as 90s or 10m\nhint: see docker-credential-ionos --help\n",
        ),
    ] {
        let done = setup.helper().run(args, "");
        assert_eq!((done.code, done.stderr.as_str()), (Some(1), line));
    }
    let done = Home::new().helper().run(&["doctor", "--wait"], "");
    assert_eq!(done.code, Some(1));
    assert_eq!(
        done.stderr,
        "error: no registry is known on this machine\nhint: name it: docker-credential-ionos doctor --wait HOST\n"
    );
}

#[test]
fn terminal_shows_one_line_while_waiting() {
    let setup = unconfigured();
    setup.api.set_registry_state(DEMO_ID, "New");
    let host = setup.registry.host();
    let (code, screen) = Session::start(&setup.helper(), &["login", "--wait=2s", &host]).end();
    assert_eq!(code, Some(1));
    assert_eq!(
        setup.shown(&screen),
        "error: HOST is not ready after 2 s: its state is New\nhint: see the DCD, or wait longer: --wait 30m\n"
    );
}
