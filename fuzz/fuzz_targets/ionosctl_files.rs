//! The files of ionosctl and the SDKs, YAML and the old JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::ionosctl_files(bytes));
