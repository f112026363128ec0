//! The configuration of Docker or podman, with a helper added and removed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::docker_config(bytes));
