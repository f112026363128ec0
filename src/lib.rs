//! A Docker credential helper for the IONOS Cloud Container Registry.
//!
//! A `get` passes the rooms from top to bottom. A room imports only from rooms below it;
//! `tests/project/rooms.rs` checks that.
//!
//! | module | what is in it |
//! |---|---|
//! | [`cli`] | arguments and dispatch |
//! | [`commands`] | the commands for people, a file or folder each |
//! | [`kubernetes`] | the kubelet's credential provider, pull secrets, keeping them fresh in a cluster |
//! | [`docker`] | Docker's credential helper protocol, and the login at a registry |
//! | [`client_config`] | the configuration files of Docker and podman |
//! | [`credential`] | lookup order: stored login, fresh cache, lock, recheck, mint, stale cache |
//! | [`ionos`] | the IONOS API, the account that is used there, and the files of ionosctl |
//! | [`http`] | the one place that sends: endpoint, proxy, TLS, deadline, retries |
//! | [`config`] | our settings |
//! | [`registry_host`], [`uuid`], [`scope`], [`secret`] | what a client sends as `host[:port]`, ids, scopes, secrets |
//! | [`json`] | reading objects, which are never lists |
//! | [`files`] | private directories, atomic writes, locks, editing users' files |
//! | [`terminal`], [`output`] | what people and clients read |
//! | [`mod@env`], [`log`], [`error`] | environment and clock, debug lines, errors by what the caller does next |
//!
//! Five rules:
//!
//! 1. Only [`docker`], [`kubernetes`] and the commands that print a secret expose one; [`secret`]
//!    writes it into private files, [`ionos`] and [`http`] send it. `expose_secret` finds every
//!    place.
//! 2. Only [`mod@env`] reads the environment and the clock.
//! 3. Only [`files`] writes.
//! 4. Only [`http`] sends.
//! 5. Only [`credential`] knows the lookup order.

/// The example at the end of a command's help.
macro_rules! example {
    ($command:literal) => {
        concat!("Example:\n  docker-credential-ionos ", $command)
    };
}

pub mod cli;
pub mod client_config;
pub mod commands;
pub mod config;
pub mod credential;
pub mod docker;
pub mod env;
pub mod error;
pub mod files;
pub mod http;
pub mod ionos;
pub mod json;
pub mod kubernetes;
pub mod log;
pub mod output;
pub mod registry_host;
pub mod scope;
pub mod secret;
pub mod terminal;
#[cfg(any(test, fuzzing))]
pub mod testing;
pub mod uuid;

pub use cli::run;
