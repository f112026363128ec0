//! The commands for people, a file or folder each.

mod client_files;
mod client_logins;
pub mod completions;
pub mod configure_docker;
pub mod docker_config;
pub mod doctor;
pub mod env;
mod hosts;
pub mod kubelet;
pub mod kubernetes_apply;
pub mod kubernetes_manifest;
mod local_state;
pub mod login;
mod pending;
pub mod prune;
mod registry_tokens;
pub mod status;
pub mod tokens;
mod wait;
mod when;

pub use wait::with_default_time;

use crate::config::ConfigFile;
use crate::error::Failure;
use crate::terminal::Terminal;

/// What every command gets.
pub struct Session<'a> {
    /// config.json, or why it cannot be used.
    pub loaded: &'a Result<ConfigFile, Failure>,
    /// The profile of this run.
    pub profile: Option<&'a str>,
    /// The streams.
    pub terminal: Terminal,
}

impl<'a> Session<'a> {
    /// config.json; an error if it cannot be used.
    fn config(&self) -> Result<&'a ConfigFile, Failure> {
        self.loaded.as_ref().map_err(Clone::clone)
    }
}
