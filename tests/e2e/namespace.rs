//! Private network, process and mount namespaces.
//!
//! The host names of IONOS resolve to local addresses, each with its own port 443. Writes of the
//! daemons to `/etc`, `/var`, `/opt` and `/run` stay in memory, and when the first process ends, the
//! kernel kills all others.

use std::{
    env,
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
};

use crate::{needs, support::fake_ionos::DEMO_HOST};

/// Host of the API.
pub(crate) const API_HOST: &str = "api.ionos.com";
/// Address of the fake API. Not in 127.0.0.0/8: an engine treats a registry there as insecure,
/// verifies no certificate and falls back to plain HTTP.
pub(crate) const API_ADDRESS: &str = "192.0.2.2:443";
/// Address of the registry.
pub(crate) const REGISTRY_ADDRESS: &str = "192.0.2.3:443";
/// Host of the token service, for which the program returns no credential.
pub(crate) const TOKEN_SERVICE_HOST: &str = "token-service.test";
/// Address of the token service.
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

/// The host names of all registries, the demo's first.
pub(crate) fn registries() -> Vec<&'static str> {
    [&[DEMO_HOST][..], &MORE_REGISTRIES].concat()
}

/// Directory of this run, in memory.
pub(crate) const ROOT: &str = "/run/e2e";

/// Set in the inner process. Its value is the outer mount namespace.
const MARK: &str = "DOCKER_CREDENTIAL_IONOS_E2E_OUTSIDE";

/// The first process in the namespace. It forwards the exit code, and exits when interrupted, which
/// ends all others. (The kernel delivers a signal to a first process only if it has a handler.)
const FIRST_PROCESS: &str = r#"trap 'exit 130' INT TERM; "$@" & wait "$!""#;

/// Whether this process runs inside the namespaces.
pub(crate) fn inside() -> bool {
    env::var_os(MARK).is_some()
}

/// Starts this program again with the same arguments in new namespaces.
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

/// Prepares the namespaces of this process.
pub(crate) fn furnish() {
    // Outside of a namespace the following would damage the machine.
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

/// The mount namespace of this process.
fn mounts() -> OsString {
    fs::read_link("/proc/self/ns/mnt")
        .map(PathBuf::into_os_string)
        .expect("/proc")
}

/// Mounts a writable copy in memory over a directory.
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
