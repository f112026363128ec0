//! A client's server URL.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| docker_credential_ionos::testing::server_url(text));
