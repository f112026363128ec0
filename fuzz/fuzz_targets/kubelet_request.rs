//! What a kubelet sends on stdin: a request, or one line that says what is wrong.
#![no_main]

use docker_credential_ionos::kubelet::Request;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = Request::parse(bytes) {
        assert!(!failure.to_string().contains('\n'));
    }
});
