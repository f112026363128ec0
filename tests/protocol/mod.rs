//! Docker's credential-helper protocol.

mod config_file;
mod environment;
mod erase;
mod get;
mod hostile_text;
mod mint;
mod secrets;
mod store;
mod verbs;
