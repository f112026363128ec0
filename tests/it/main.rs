//! The built program from outside, against a fake IONOS API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where it is broken"
)]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod budget;
mod config;
mod configure_docker;
mod crash;
mod damage;
mod disk;
mod doctor;
mod fake_api_oracle;
mod faults;
mod generated_files;
mod get;
mod handed_out;
mod kubelet;
mod kubernetes;
mod leaks;
mod limits;
mod login;
mod many;
mod network;
mod orphans;
mod places;
mod protocol;
mod race;
mod reach;
mod samples;
mod status;
mod threat_model;
mod tokens;
