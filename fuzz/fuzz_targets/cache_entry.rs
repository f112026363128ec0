//! The file of a minted credential.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::cache_entry(bytes));
