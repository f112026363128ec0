//! What a client sends as server URL: an address that reads as itself, and ours only under our domain.
#![no_main]

use docker_credential_ionos::registry::Registry;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(registry) = Registry::parse(text) else {
        return;
    };
    assert_eq!(Registry::parse(registry.as_str()).as_ref(), Ok(&registry));
    if registry.is_ionos() {
        let host = registry.as_str();
        assert!(host.ends_with(".ionos.com") && host.contains(".cr."));
    }
});
