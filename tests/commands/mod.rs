//! The commands for people.

mod command_line;
mod configure_docker;
mod doctor;
mod export;
mod status;
mod tokens;
