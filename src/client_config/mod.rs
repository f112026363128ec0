//! The configuration files of Docker and podman: where they are, what they say about a registry,
//! and how to change them.
//!
//! These files hold logins. No message quotes a value, and only host names are kept in memory.

mod auths;
mod config;
mod diff;
mod edit;
mod json;
mod object;
mod read;
mod rewrite;

use std::path::{Path, PathBuf};

pub use auths::{AuthEntry, auths};
pub use config::{ClientConfig, docker_auth_config_has};
pub use diff::diff;
pub use edit::{Change, Draft};
pub use rewrite::{Rewritten, rewrite};

use read::read;

use crate::env;

/// Clients run the program with this prefix before the helper's name.
const PROGRAM: &str = "docker-credential-";
/// The helper's name of this program.
const HELPER: &str = "ionos";

/// A family of clients that share configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Docker and others that read its `config.json`: buildx, compose, crane, helm.
    Docker,
    /// Podman, skopeo and buildah, which read their `auth.json` before Docker's file.
    Podman,
}

impl Client {
    /// The name, which is also the command.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// The file that `configure-docker` changes. `None` without a home.
    pub fn config_file(self) -> Option<PathBuf> {
        match self {
            Self::Docker => docker_file(),
            // The file that `podman login` writes is gone after a restart.
            Self::Podman => env::path("REGISTRY_AUTH_FILE")
                .or_else(|| env::path("DOCKER_CONFIG").and_then(|_| docker_file()))
                .or_else(lasting_auth_file),
        }
    }

    /// The files that the client reads, in its order. The first with an entry for a registry wins.
    pub fn files(self) -> Vec<PathBuf> {
        match self {
            Self::Docker => docker_file().into_iter().collect(),
            // With DOCKER_CONFIG some podman releases read only that file; others read all.
            Self::Podman => match env::path("REGISTRY_AUTH_FILE") {
                Some(file) => vec![file],
                None => [runtime_auth_file(), lasting_auth_file(), docker_file()]
                    .into_iter()
                    .flatten()
                    .collect(),
            },
        }
    }
}

fn docker_file() -> Option<PathBuf> {
    env::path("DOCKER_CONFIG")
        .or_else(|| env::home().map(|home| home.join(".docker")))
        .map(|dir| dir.join("config.json"))
}

/// The file that `podman login` writes.
fn runtime_auth_file() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let auth_file = match env::path("XDG_RUNTIME_DIR") {
        Some(dir) => dir.join("containers").join("auth.json"),
        None => Path::new("/run/containers").join(format!("{}/auth.json", env::user_id()?)),
    };
    Some(auth_file)
}

fn lasting_auth_file() -> Option<PathBuf> {
    let configs = env::path("XDG_CONFIG_HOME").filter(|_| cfg!(target_os = "linux"));
    configs
        .or_else(|| env::home().map(|home| home.join(".config")))
        .map(|dir| dir.join("containers").join("auth.json"))
}

/// The helper's name for a profile: `ionos`, or `ionos-pull` for the profile `pull`.
pub fn helper_name(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!("{HELPER}-{profile}"),
        None => HELPER.to_owned(),
    }
}

/// Whether a helper's name is this program's, with or without a profile.
pub fn is_our_helper(name: &str) -> bool {
    name == HELPER || profile_of_helper(name).is_some_and(|profile| !profile.is_empty())
}

/// The profile in a helper's name of this program.
pub fn profile_of_helper(name: &str) -> Option<&str> {
    name.strip_prefix(HELPER)?.strip_prefix('-')
}

/// The program that clients run for a helper's name.
pub fn program_name(helper: &str) -> String {
    format!("{PROGRAM}{helper}{}", std::env::consts::EXE_SUFFIX)
}
