//! Size of the static release build and instructions of a warm get, which do not depend on the machine's
//! load.
//!
//! Runs only with `BUDGET=1`, after the release builds of the program and of `floor_warm`, as
//! `.ci/packages` makes them. callgrind counts the instructions.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::Home;
use crate::support::{skip, tally};

/// Measured on Debian 12 on `x86_64`. A change may add a tenth before the test fails.
const BYTES: u64 = 4_120_000;
const WARM_GET: u64 = 110_000;
/// Upper limits of the size and of the instructions compared with `floor_warm`.
const MOST_BYTES: u64 = 4_500_000;
const MOST_TO_FLOOR: f64 = 6.0;

fn released(name: &str) -> PathBuf {
    let debug = Path::new(env!("CARGO_BIN_EXE_docker-credential-ionos"))
        .parent()
        .unwrap();
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let dir = debug.parent().unwrap().join(target);
    dir.join("release").join(name)
}

fn instructions(mut command: Command, stdin: &str) -> u64 {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{said}");
    let (_, count) = said.rsplit_once("Collected : ").unwrap();
    count.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn size_and_warm_get_stay_within_budget() {
    if tally::times("BUDGET", 0) == 0 {
        return skip::skip("budget", "BUDGET=1 is not set");
    }
    let (program, floor) = (released("docker-credential-ionos"), released("floor_warm"));
    let bytes = std::fs::metadata(&program).unwrap().len();
    let (fake, home) = (FakeIonos::start(), Home::new());
    // The most common setup: an account in ionosctl's file.
    let account = format!(
        "version: 1.0\ncurrentProfile: user\nprofiles:\n  - name: user\n    environment: prod\n    credentials:\n      token: {ACCOUNT_TOKEN}\n"
    );
    home.file(".config/ionosctl/config.yaml", &account);
    let helper = home
        .helper()
        .env("IONOS_API_URL", &fake.url())
        .program(&program);
    let _ = helper.get(DEMO_HOST).credential();
    // A file that changed within the last two seconds is parsed at every get.
    std::thread::sleep(std::time::Duration::from_secs(4));
    let _ = helper.get(DEMO_HOST).credential();
    let callgrind = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let valgrind = helper.clone().program(Path::new("/usr/bin/valgrind"));
    let args = [&callgrind[..], &[program.to_str().unwrap(), "get"]].concat();
    let ours = instructions(valgrind.command(&args), DEMO_HOST);
    let entry = home.entries().remove(0);
    let args = [
        &callgrind[..],
        &[floor.to_str().unwrap(), entry.to_str().unwrap()],
    ]
    .concat();
    let least = instructions(valgrind.command(&args), DEMO_HOST);
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two digits")]
    let to_floor = ours as f64 / least as f64;
    println!("{bytes} bytes, {ours} instructions, {to_floor:.2} of the floor");
    assert!(
        bytes <= (BYTES + BYTES / 10).min(MOST_BYTES),
        "{bytes} bytes"
    );
    assert!(ours <= WARM_GET + WARM_GET / 10, "{ours} instructions");
    assert!(to_floor <= MOST_TO_FLOOR, "{to_floor:.2} of the floor");
}
