//! `tokenCommand`.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::Home;

#[test]
fn token_command_runs_only_when_a_token_is_needed() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let count = home.path().join("count");
    let script = format!("echo x >> {}; printf '\\n %s \\n' \"$0\"", count.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script, ACCOUNT_TOKEN]}}));
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin");
    let first = helper.get(DEMO_HOST).credential();
    for _ in 0..3 {
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
    }
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
}

#[test]
fn token_command_runs_without_a_shell() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let marker = home.path().join("run-by-a-shell");
    let argument = format!("$(touch {})", marker.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/echo", argument]}}));
    let helper = home.helper_for(&fake).without("IONOS_TOKEN");
    let config = home.config().display().to_string();
    helper.get(DEMO_HOST).fails(&format!("no credential for {DEMO_HOST}: tokenCommand /bin/echo of the defaults in {config} printed more than a token: there is a character inside that no token has, such as a space or a line break (account from tokenCommand /bin/echo of the defaults in {config}); it must print an API token and nothing else"));
    assert!(!marker.exists());
}

#[test]
fn failing_token_command_is_reported_without_its_arguments() {
    let fake = FakeIonos::start();
    for (argv, what) in [
        (
            json!([
                "/bin/sh",
                "-c",
                "echo first >&2; echo 'vault is locked' >&2; exit 3",
                "s3cret"
            ]),
            ": vault is locked; run it yourself",
        ),
        (
            json!(["/no/such/program", "s3cret"]),
            "does not start: No such file or directory",
        ),
        (json!(["/bin/true"]), "printed no token"),
        (
            json!(["/bin/sh", "-c", "printf '\\377'"]),
            "printed something that is not valid UTF-8",
        ),
        (
            json!(["/bin/cat", "/dev/zero"]),
            "did not end in time and was killed",
        ),
    ] {
        let home = Home::new();
        home.configure(json!({"defaults": {"tokenCommand": argv}}));
        let done = home
            .helper_for(&fake)
            .without("IONOS_TOKEN")
            .env("IONOS_CR_TIMEOUT", "500ms")
            .get(DEMO_HOST);
        assert!(done.failure().contains(what), "{}", done.stdout);
        assert!(!done.stdout.contains("s3cret"), "{}", done.stdout);
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn token_command_and_its_children_are_killed_at_the_deadline() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let pids = home.path().join("pids");
    let script = format!("sleep 600 & echo $! $$ > {}; wait", pids.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}));
    let done = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin")
        .env("IONOS_CR_TIMEOUT", "700ms")
        .get(DEMO_HOST);
    assert!(
        done.failure()
            .contains("tokenCommand /bin/sh did not end in time and was killed")
    );
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        // The kernel needs a moment to remove a killed process.
        while is_alive(pid) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
