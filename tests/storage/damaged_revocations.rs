//! Damaged records of pending revocations.

use std::fs;

use super::damaged_files::{OTHER_HOST, Setup};
use crate::support::damage::{DAMAGES, edit};
use crate::support::fake_ionos::{DEMO_HOST, Fault};

#[test]
fn damaged_revocation_does_not_block_others() {
    for &(what, damage, _) in DAMAGES {
        let setup = Setup::new();
        setup
            .fake
            .fault(Fault::status(503).on("DELETE", "").always());
        for host in [DEMO_HOST, OTHER_HOST] {
            setup.helper.erase(host).says("");
        }
        setup.fake.clear_faults();
        let dir = setup.home.data().join("ledger");
        let mut pending: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|path| !path.ends_with("installation.json"))
            .collect();
        pending.sort();
        let (damaged, whole) = (&pending[0], &pending[1]);
        damage(damaged);
        let credential = setup.helper.get(DEMO_HOST).credential();
        assert_eq!(
            setup
                .fake
                .count("DELETE", whole.file_stem().unwrap().to_str().unwrap()),
            0
        );
        assert!(!whole.exists(), "{what}");
        // The token of the damaged record stays until it expires.
        assert_eq!(setup.fake.tokens().len(), 2, "{what}");
        assert_eq!(setup.helper.get(DEMO_HOST).credential(), credential);
    }
}

#[test]
fn revocation_with_invalid_ids_sends_no_request() {
    for (member, id) in [
        ("registryId", "../../x"),
        ("tokenId", "../../x"),
        ("tokenId", ""),
    ] {
        let setup = Setup::new();
        setup
            .fake
            .fault(Fault::status(503).on("DELETE", "").always());
        setup.helper.erase(DEMO_HOST).says("");
        setup.fake.clear_faults();
        let name = setup.home.pending()[0]["name"].as_str().unwrap().to_owned();
        let pending = setup.home.record(&name);
        edit(&pending, |file| file[member] = id.into());
        setup.fake.clear_requests();
        let _ = setup.helper.get(DEMO_HOST).credential();
        for request in setup.fake.requests() {
            assert!(
                !request.path.contains("..") && !request.path.ends_with("tokens/"),
                "{}",
                request.path
            );
        }
    }
}
