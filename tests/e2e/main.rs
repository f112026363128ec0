//! The built program with real clients, a real registry and a real engine.
//!
//! Only IONOS is faked: docker, skopeo, podman, buildah, docker-py and the crate
//! `docker_credential` call the program as they call any credential helper. A `docker-registry`
//! accepts exactly the live tokens of the fake API, either itself or through a token service that
//! enforces their scopes, and a `dockerd` pushes, pulls, builds and runs. The program has no test
//! mode, so the tests use the real host names in a private network with its own `/etc/hosts`.
//!
//! The tests need root, some Debian packages and docker-py; `.ci/run` installs them. If a tool is missing,
//! it is named and its scenarios are skipped. With `E2E=required` in the environment they fail.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests print to the terminal and fail by a panic"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the product's rules on environment, clock and files do not bind its test rig"
)]

#[cfg(target_os = "linux")]
mod bearer;
#[cfg(target_os = "linux")]
mod build;
#[cfg(target_os = "linux")]
mod crate_client;
#[cfg(target_os = "linux")]
mod docker;
#[cfg(target_os = "linux")]
mod docker_py;
#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod failures;
#[cfg(target_os = "linux")]
mod grant;
#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod needs;
#[cfg(target_os = "linux")]
mod person;
#[cfg(target_os = "linux")]
mod podman;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod resolver;
#[cfg(target_os = "linux")]
mod scenario;
#[cfg(target_os = "linux")]
mod scopes;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod site;
#[cfg(target_os = "linux")]
mod skopeo;
#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod transcript;
#[cfg(target_os = "linux")]
mod typed;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    if crate_client::is_this_process() {
        return crate_client::main();
    }
    scenario::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("e2e: SKIPPED, the rig is made of Linux namespaces");
}
