//! Exhausted resources: disk space for stdout, file size, threads.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::Stdio;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{BIN, Done, Helper, Home};
use crate::support::skip;

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

#[test]
fn unwritable_stdout_is_a_failure() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let into_full = |args: &[&str]| -> Done {
        let mut command = helper.command(args);
        command.stdin(Stdio::null()).stdout(full());
        command.output().unwrap().into()
    };
    let line = "cannot write the answer: No space left on device";
    let hint = "check where the output goes";
    for verb in [
        &["get", DEMO_HOST][..],
        &["list"],
        &["version"],
        &["--version"],
    ] {
        let done = into_full(verb);
        let wanted = format!("docker-credential-ionos: {line}; {hint}\n");
        assert_eq!((done.code, done.stderr), (Some(1), wanted), "{verb:?}");
    }
    for command in [
        &["--help"][..],
        &["status"],
        &["status", "--json"],
        &["docker-config", DEMO_HOST],
        &["env", DEMO_HOST],
        &["kubernetes-manifest", DEMO_HOST],
        &["tokens", DEMO_HOST],
        &["completions", "bash"],
    ] {
        let done = into_full(command);
        let wanted = format!("error: {line}\nhint: {hint}\n");
        assert_eq!(done.code, Some(1), "{command:?}");
        assert!(done.stderr.ends_with(&wanted), "{command:?}: {done:?}");
    }
    // A failure still prints its line.
    let done = into_full(&["get", "ghcr.io"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("cannot write the answer"), "{done:?}");
    // Nothing is written, so nothing fails.
    let done = into_full(&["erase"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}

/// Runs the program under a limit of `prlimit(1)`.
fn limited(helper: Helper, limit: &str, args: &[&str], stdin: &str) -> Option<Done> {
    let prlimit = Path::new("/usr/bin/prlimit");
    if !prlimit.exists() {
        skip::skip_or_fail("a limit", "there is no prlimit");
        return None;
    }
    let args: Vec<&str> = [&[limit, BIN], args].concat();
    Some(helper.program(prlimit).run(&args, stdin))
}

#[test]
fn file_size_limit_disables_only_the_cache() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = || home.helper_for(&fake);
    let run = |args: &[&str], stdin: &str| limited(helper(), "--fsize=10", args, stdin);
    let Some(done) = run(&["get"], DEMO_HOST) else {
        return;
    };
    assert!(fake.accepts(&done.credential().username, &done.credential().secret));
    assert_eq!((home.entries().len(), fake.tokens().len()), (0, 1));
    let login = format!(r#"{{"ServerURL":"{DEMO_HOST}","Username":"jane","Secret":"typed"}}"#);
    let refused = run(&["store"], &login).unwrap();
    assert!(
        refused.failure().contains(": file too large; "),
        "{refused:?}"
    );
    let refused = run(&["configure-docker", DEMO_HOST], "").unwrap();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(!home.path().join(".docker/config.json").exists());
    run(&["erase"], DEMO_HOST).unwrap().says("");
}

/// No thread can be created because its stack cannot be allocated, as under a process limit.
fn without_threads(helper: &Helper) -> Helper {
    let more_than_there_is = (usize::MAX / 4).to_string();
    helper.clone().env("RUST_MIN_STACK", &more_than_there_is)
}

#[test]
fn host_names_are_resolved_without_a_thread() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let url = fake.url().replace("127.0.0.1", "localhost");
    let helper = without_threads(&home.helper_for(&fake).env("IONOS_API_URL", &url));
    let credential = helper.get(DEMO_HOST).credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
    helper.erase(DEMO_HOST).says("");
    assert!(fake.tokens().is_empty());
}

#[test]
fn token_command_without_a_thread_fails_with_the_reason() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.configure(format!(
        r#"{{ "defaults": {{ "tokenCommand": ["echo", "{ACCOUNT_TOKEN}"] }} }}"#
    ));
    let helper = without_threads(&home.helper_for(&fake).without("IONOS_TOKEN"));
    helper.get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: cannot read the output of tokenCommand echo: Resource temporarily unavailable (account from tokenCommand echo of the defaults in {}); allow this user more processes and threads (ulimit -u, pids of the container)",
        home.config().display()
    ));
}
