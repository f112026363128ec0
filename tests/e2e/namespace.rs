//! A private network, process table and set of mounts, left behind without a trace.
//!
//! In here the names of IONOS lead to addresses of our own and both of them own port 443. What
//! the daemons write to `/etc`, `/var`, `/opt` and `/run` goes to memory, and every process
//! dies with the first one, however the test ends.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use crate::{needs, support::fake_ionos::DEMO_HOST};

/// Whom the program asks for tokens.
pub(crate) const API_HOST: &str = "api.ionos.com";
/// Where the fake IONOS API listens. Not below 127.0.0.0/8: an engine takes a registry there for
/// a toy, verifies no certificate and falls back to plain HTTP.
pub(crate) const API_ADDRESS: &str = "192.0.2.2:443";
/// Where the registry listens.
pub(crate) const REGISTRY_ADDRESS: &str = "192.0.2.3:443";

/// Marks the second start and carries the directory of the whole run.
const MARK: &str = "DOCKER_CREDENTIAL_IONOS_E2E_ROOT";

/// What runs as the first process: it passes the end of the tests on, and ends at once when
/// interrupted, which ends everything else. (The first process of a process table gets no
/// signal it has no handler for, so the tests themselves could not be interrupted.)
const FIRST_PROCESS: &str = r#"trap 'exit 130' INT TERM; "$@" & wait "$!""#;

/// Whether this is the second start.
pub(crate) fn inside() -> bool {
    env::var_os(MARK).is_some()
}

/// The directory of this run, in memory, empty at the start.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env::var_os(MARK).expect("only used inside"))
}

/// Starts this very program again, with the same arguments, in new namespaces.
pub(crate) fn run_again_inside() -> ExitCode {
    let root = tempfile::Builder::new()
        .prefix("dci-e2e-")
        .tempdir()
        .expect("a directory");
    let status = Command::new("unshare")
        .args([
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
        ])
        .args(["sh", "-c", FIRST_PROCESS, "sh"])
        .arg(env::current_exe().expect("the path of this program"))
        .args(env::args_os().skip(1))
        .env(MARK, root.path())
        .status()
        .expect("unshare was found");
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

/// Furnishes the namespaces this process was started in.
pub(crate) fn furnish() {
    let root = root();
    run("mount", ["-t", "tmpfs", "tmpfs"], [&root]);
    for dir in ["/etc", "/var", "/opt"] {
        cover(Path::new(dir), &root.join("covered").join(&dir[1..]));
    }
    run("mount", ["-t", "tmpfs", "tmpfs", "/run"], NOTHING);
    run("ip", ["link", "set", "lo", "up"], NOTHING);

    let ip = |address: &str| address.trim_end_matches(":443").to_owned();
    let (api, registry) = (ip(API_ADDRESS), ip(REGISTRY_ADDRESS));
    for address in [&api, &registry] {
        run("ip", ["address", "add", address, "dev", "lo"], NOTHING);
    }
    let hosts = format!("127.0.0.1 localhost\n{api} {API_HOST}\n{registry} {DEMO_HOST}\n");
    fs::write("/etc/hosts", hosts).expect("/etc is ours now");
}

const NOTHING: [&str; 0] = [];

/// Lays a writable copy over a directory; what is written lands in `above`.
fn cover(dir: &Path, above: &Path) {
    let (upper, work) = (above.join("upper"), above.join("work"));
    fs::create_dir_all(&upper).unwrap();
    fs::create_dir_all(&work).unwrap();
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        dir.display(),
        upper.display(),
        work.display()
    );
    run("mount", ["-t", "overlay", "overlay", "-o", &options], [dir]);
}

fn run<A: AsRef<OsStr>, B: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
    more: impl IntoIterator<Item = B>,
) {
    let mut command = Command::new(program);
    command.args(arguments).args(more).env("PATH", needs::PATH);
    let status = command.status().expect("a program that was found");
    assert!(status.success(), "{command:?}: {status}");
}
