//! The built program from outside, against a fake IONOS API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test panics where it fails"
)]

mod commands;
mod kubernetes;
mod network;
mod project;
mod protocol;
mod storage;
mod support;
