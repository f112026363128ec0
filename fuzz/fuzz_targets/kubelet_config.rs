//! A kubelet's CredentialProviderConfig, for `kubelet --check`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::kubelet_config(bytes));
