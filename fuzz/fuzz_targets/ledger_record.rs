//! A record of the ledger.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::ledger_record(bytes));
