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
