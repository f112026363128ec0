//! A Docker credential helper for the IONOS Cloud Container Registry.
//!
//! The way of a `get` reads from top to bottom:
//!
//! | module | noun |
//! |---|---|
//! | [`cli`] | the verb a client or a person asks for |
//! | [`commands`], [`terminal`] | what people ask for, and how they see it |
//! | [`kubelet`] | the kubelet's protocol, and its configuration as it reads it |
//! | [`kubernetes`] | the pull secret, and keeping it fresh from inside a cluster |
//! | [`docker`] | Docker's protocol: JSON, fixed texts, which stream says what |
//! | [`clients`] | the configuration files of Docker and podman |
//! | [`registry`] | what a client sends, turned into `host[:port]`; whether it is ours |
//! | [`config`] | the settings in force |
//! | [`account`] | who asks the IONOS API, and where that was found |
//! | [`ionosctl`] | the account in a file that ionosctl, the SDKs or Terraform use |
//! | [`credential`] | the decision: stored, fresh, lock, look again, mint, fall back |
//! | [`login`] | what `store` kept |
//! | [`cache`], [`memory`] | minted credentials on disk; registry ids and recent failures beside them |
//! | [`files`] | private directories, atomic writes, locks with a deadline |
//! | [`mint`] | one registry token: look-up, name, request, clean-up |
//! | [`revocation`] | tokens to delete at the API, now or at the next contact |
//! | [`api`] | the IONOS API over HTTP |
//! | [`error`] | errors by what the caller does next |
//!
//! Five rules keep it small enough to trust:
//!
//! 1. Only [`docker`], [`kubelet`] and the commands that print one hand out a secret, [`secret`]
//!    writes it into private files, [`api`], [`account`] and [`kubernetes`] send it.
//!    `expose_secret` finds every place.
//! 2. Only [`mod@env`] reads the environment and the clock.
//! 3. Only [`files`] writes.
//! 4. Only [`api`] knows HTTP.
//! 5. Only [`credential`] knows the order of things.

/// The example at the end of a command's help.
macro_rules! example {
    ($command:literal) => {
        concat!("Example:\n  docker-credential-ionos ", $command)
    };
}

pub mod account;
pub mod api;
pub mod cache;
pub mod cli;
pub mod clients;
pub mod commands;
pub mod config;
pub mod credential;
pub mod docker;
pub mod env;
pub mod error;
pub mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
#[cfg(test)]
mod hostile;
pub mod ionosctl;
pub mod kubelet;
pub mod kubernetes;
pub mod log;
pub mod login;
pub mod memory;
pub mod mint;
pub mod registry;
pub mod revocation;
pub mod scope;
pub mod secret;
pub mod stream;
pub mod terminal;

pub use cli::run;
