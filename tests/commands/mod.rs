//! The commands for people.

mod command_line;
mod configure_docker;
mod doctor;
mod export;
mod github_action;
mod logout_hints;
mod status;
mod tokens;
mod wait;
