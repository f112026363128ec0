//! A private network, process table and set of mounts, left behind without a trace.
//!
//! In here the names of IONOS lead to addresses of our own and both of them own port 443. What
//! the daemons write to `/etc`, `/var`, `/opt` and `/run` goes to memory, and every process
//! dies with the first one, however the test ends.

use std::{
    env,
    ffi::OsString,
    fs,
    path::PathBuf,
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
/// Whom a registry with Bearer tokens sends its clients to. Not a host of ours.
pub(crate) const TOKEN_SERVICE_HOST: &str = "token-service.test";
/// Where the token service listens.
pub(crate) const TOKEN_SERVICE_ADDRESS: &str = "192.0.2.4:443";

/// More registries of the same account. One server stands behind all of them.
pub(crate) const MORE_REGISTRIES: [&str; 7] = [
    "anna.cr.de-fra.ionos.com",
    "bert.cr.de-fra.ionos.com",
    "cora.cr.de-fra.ionos.com",
    "dirk.cr.de-fra.ionos.com",
    "emma.cr.de-fra.ionos.com",
    "fred.cr.de-fra.ionos.com",
    "gina.cr.de-fra.ionos.com",
];

/// The names of all registries, the demo's first.
pub(crate) fn registries() -> Vec<&'static str> {
    [&[DEMO_HOST][..], &MORE_REGISTRIES].concat()
}

/// The directory of this run, in memory.
pub(crate) const ROOT: &str = "/run/e2e";

/// Marks the second start and carries the first one's set of mounts.
const MARK: &str = "DOCKER_CREDENTIAL_IONOS_E2E_OUTSIDE";

/// What runs as the first process: it passes the end of the tests on, and ends at once when
/// interrupted, which ends everything else. (The first process of a process table gets no
/// signal it has no handler for, so the tests themselves could not be interrupted.)
const FIRST_PROCESS: &str = r#"trap 'exit 130' INT TERM; "$@" & wait "$!""#;

/// Whether this is the second start.
pub(crate) fn inside() -> bool {
    env::var_os(MARK).is_some()
}

/// Starts this very program again, with the same arguments, in new namespaces.
pub(crate) fn run_again_inside() -> ExitCode {
    let status = Command::new("unshare")
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child"])
        .args(["--mount-proc", "--", "sh", "-c", FIRST_PROCESS, "sh"])
        .arg(env::current_exe().expect("the path of this program"))
        .args(env::args_os().skip(1))
        .env(MARK, mounts())
        .status()
        .expect("unshare was found");
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

/// Furnishes the namespaces this process was started in.
pub(crate) fn furnish() {
    // What follows would make a machine unusable.
    assert_ne!(
        env::var_os(MARK),
        Some(mounts()),
        "not in namespaces of our own"
    );
    mount(&["-t", "tmpfs", "tmpfs", "/run"]);
    for dir in ["/etc", "/var", "/opt"] {
        cover(dir);
    }
    run("ip", &["link", "set", "lo", "up"]);
    let ip = |address: &'static str| address.trim_end_matches(":443");
    let (api, registry) = (ip(API_ADDRESS), ip(REGISTRY_ADDRESS));
    let token_service = ip(TOKEN_SERVICE_ADDRESS);
    for address in [api, registry, token_service] {
        run("ip", &["address", "add", address, "dev", "lo"]);
    }
    let registries = registries().join(" ");
    let hosts = format!(
        "127.0.0.1 localhost\n{api} {API_HOST}\n{registry} {registries}\n\
         {token_service} {TOKEN_SERVICE_HOST}\n"
    );
    fs::write("/etc/hosts", hosts).expect("/etc is ours now");
    fs::create_dir(ROOT).unwrap();
}

/// The set of mounts that this process sees.
fn mounts() -> OsString {
    fs::read_link("/proc/self/ns/mnt")
        .map(PathBuf::into_os_string)
        .expect("/proc")
}

/// Lays a writable copy, which is in memory, over a directory.
fn cover(dir: &str) {
    let above = format!("/run/covered{dir}");
    let (upper, work) = (format!("{above}/upper"), format!("{above}/work"));
    for dir in [&upper, &work] {
        fs::create_dir_all(dir).unwrap();
    }
    let options = format!("lowerdir={dir},upperdir={upper},workdir={work}");
    mount(&["-t", "overlay", "overlay", "-o", &options, dir]);
}

fn mount(arguments: &[&str]) {
    run("mount", arguments);
}

fn run(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    let status = command.args(arguments).env("PATH", needs::PATH).status();
    let status = status.expect("a program that was found");
    assert!(status.success(), "{command:?}: {status}");
}
