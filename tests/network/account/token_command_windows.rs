//! `tokenCommand` on Windows.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home};

fn helper(fake: &FakeIonos, home: &Home, command: &[&str]) -> Helper {
    home.configure(json!({"defaults": {"tokenCommand": command}}));
    let system = std::env::var("SystemRoot").unwrap();
    home.helper_for(fake)
        .without("IONOS_TOKEN")
        .env("PATH", &format!(r"{system}\system32"))
}

#[test]
fn batch_file_runs_only_when_a_token_is_needed() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let count = home.at("count");
    let script = format!("@echo off\r\necho x>>{}\r\necho %~1\r\n", count.display());
    let script = home.file("my token.cmd", &script);
    let helper = helper(&fake, &home, &[&script, ACCOUNT_TOKEN]);
    let first = helper.get(DEMO_HOST).credential();
    for _ in 0..3 {
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
    }
    assert_eq!(fs::read_to_string(&count).unwrap(), "x\r\n");
}

#[test]
fn argument_of_a_batch_file_is_no_command() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let marker = home.at("run-by-a-shell");
    let script = home.file("token.cmd", "@echo off\r\necho token\r\n");
    let argument = format!("a&echo x>{}", marker.display());
    let _ = helper(&fake, &home, &[&script, &argument]).get(DEMO_HOST);
    assert!(!marker.exists());
}

#[test]
fn program_on_path_needs_no_extension() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let command = ["cmd", "/c", "echo", ACCOUNT_TOKEN];
    let _ = helper(&fake, &home, &command).get(DEMO_HOST).credential();
}

#[test]
fn failing_command_is_reported_without_its_arguments() {
    let fake = FakeIonos::start();
    for (command, what) in [
        (
            &["cmd", "/c", "echo vault is locked 1>&2& exit 3", "s3cret"][..],
            ": vault is locked; run it yourself",
        ),
        (
            &[r"C:\no\such\program.exe", "s3cret"],
            "does not start: No such file or directory",
        ),
        (&["cmd", "/c", "rem"], "printed no token"),
    ] {
        let home = Home::new();
        let done = helper(&fake, &home, command).get(DEMO_HOST);
        assert!(done.failure().contains(what), "{}", done.stdout);
        assert!(!done.stdout.contains("s3cret"), "{}", done.stdout);
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn command_and_its_children_are_killed_at_the_deadline() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let ticks = home.at("ticks");
    let child = format!(
        "@echo off\r\n:again\r\necho x>>{}\r\nping -n 2 127.0.0.1 >nul\r\ngoto again\r\n",
        ticks.display()
    );
    let child = home.file("child.cmd", &child);
    let script = home.file("token.cmd", &format!("@cmd /c {child}\r\n"));
    let done = helper(&fake, &home, &[&script])
        .env("IONOS_CR_TIMEOUT", "3s")
        .get(DEMO_HOST);
    assert!(
        done.failure()
            .contains("did not end in time and was killed"),
        "{done:?}"
    );
    stops_growing(&ticks);
}

/// Waits until a file has not changed for four seconds.
fn stops_growing(file: &Path) {
    let start = Instant::now();
    let size = || fs::metadata(file).unwrap().len();
    loop {
        let before = size();
        std::thread::sleep(Duration::from_secs(4));
        if size() == before {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it still runs");
    }
}
