//! The commands for people, a file each: what a command takes, and what it does.

pub mod completions;
pub mod configure_docker;
mod hosts;
pub mod kubelet;
