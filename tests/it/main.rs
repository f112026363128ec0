//! The built program from outside, against a fake IONOS API.

#[path = "../support/mod.rs"]
mod support;

mod fake_api_oracle;
mod get;
mod login;
mod protocol;
mod race;
