//! A kubelet's request on stdin.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::kubelet_request(bytes));
