//! Answers of an API: lists, tokens, refusals, headers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| docker_credential_ionos::testing::api_answer(bytes));
