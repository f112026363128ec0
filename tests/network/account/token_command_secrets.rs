//! A `tokenCommand` leaves no secret and no process behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home};
use crate::support::tally::attack;

fn command(fake: &FakeIonos, home: &Home, script: &str) -> Helper {
    let argv = ["/bin/sh", "-c", script, ACCOUNT_TOKEN];
    home.configure(json!({"defaults": {"tokenCommand": argv}}));
    home.helper_for(fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin")
}

#[test]
fn token_on_stderr_is_not_printed_and_stderr_is_not_kept_on_disk() {
    for script in [
        "echo \"debug: $0\" >&2; exit 1",
        "echo \"debug: ${0#???????????}\" >&2; exit 1",
        // A secret, because the command printed it before it failed.
        "echo FA1ZsecretGx9kQ2mTz7; echo 'bad: FA1ZsecretGx9kQ2mTz7' >&2; exit 1",
        // Not a known secret, but it looks like a token.
        "echo 'bad: eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl' >&2; exit 1",
        "echo 'session 4f1a99c20be8417d86a7c51b3a2e7d90 has ended' >&2; exit 1",
    ] {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let helper = command(&fake, &home, script);
            let line = helper.get(DEMO_HOST).failure().to_owned();
            assert!(
                line.contains("tokenCommand /bin/sh failed (exit status: 1) (account"),
                "{line}"
            );
        });
    }
    attack(|| {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = command(&fake, &home, "echo 'vault is locked' >&2; exit 1");
        let first = helper.get(DEMO_HOST);
        assert!(first.failure().contains(": vault is locked; "), "{first:?}");
        for file in home.files() {
            let content = fs::read_to_string(home.at(&file)).unwrap();
            assert!(
                file.contains("config.json") || !content.contains("locked"),
                "{content}"
            );
        }
        // For ten seconds the remembered failure is reported.
        assert!(
            helper
                .get(DEMO_HOST)
                .failure()
                .contains("failed (exit status: 1)")
        );
    });
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn token_command_and_its_children_end_with_the_program() {
    for signal in [
        Signal::INT,
        Signal::TERM,
        Signal::HUP,
        Signal::QUIT,
        Signal::KILL,
    ] {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let pids: PathBuf = home.path().join("pids");
            let script = format!("sleep 600 & echo $! $$ >{}; wait", pids.display());
            let helper = command(&fake, &home, &script).env("IONOS_CR_TIMEOUT", "60s");
            let mut child = helper
                .command(&["get", DEMO_HOST])
                .current_dir(home.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let written = || fs::read_to_string(&pids).unwrap_or_default();
            wait_for("the command starts", || written().ends_with('\n'));
            let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
            kill_process(pid, signal).unwrap();
            let _ = child.wait().unwrap();
            for pid in written().split_whitespace() {
                wait_for("the command ends", || !is_alive(pid));
            }
        });
    }
}

#[test]
fn agent_that_a_successful_command_starts_survives() {
    // With and without the streams of the command, and in a group of its own.
    for agent in [
        "sleep 600 >/dev/null 2>&1",
        "sleep 600",
        "exec setsid sleep 600",
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let pid = home.path().join("pid");
        let script = format!("{agent} & echo $! >{}; echo $0", pid.display());
        let _ = command(&fake, &home, &script).get(DEMO_HOST).credential();
        let pid = fs::read_to_string(pid).unwrap();
        assert!(is_alive(pid.trim()), "{agent}");
        let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}
