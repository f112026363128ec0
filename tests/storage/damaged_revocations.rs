//! Damaged records of tokens that are to be revoked.

use std::fs;

use super::damaged_files::{OTHER_HOST, Scene};
use crate::support::damage::{DAMAGES, edit};
use crate::support::fake_ionos::{DEMO_HOST, Fault};

#[test]
fn damaged_revocation_does_not_block_others() {
    for (what, damage, _) in DAMAGES {
        let scene = Scene::new();
        scene
            .fake
            .fault(Fault::status(503).on("DELETE", "").always());
        for host in [DEMO_HOST, OTHER_HOST] {
            scene.helper.erase(host).says("");
        }
        scene.fake.clear_faults();
        let dir = scene.home.data().join("revocations");
        let mut pending: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        pending.sort();
        let (damaged, whole) = (&pending[0], &pending[1]);
        damage(damaged);
        let credential = scene.helper.get(DEMO_HOST).credential();
        assert_eq!(
            scene
                .fake
                .count("DELETE", whole.file_stem().unwrap().to_str().unwrap()),
            0
        );
        assert!(!whole.exists(), "{what}");
        // The one whose revocation is damaged lives on until it expires.
        assert_eq!(scene.fake.tokens().len(), 2, "{what}");
        assert_eq!(scene.helper.get(DEMO_HOST).credential(), credential);
    }
}

#[test]
fn revocation_with_invalid_ids_sends_no_request() {
    for (member, id) in [
        ("registryId", "../../x"),
        ("tokenId", "../../x"),
        ("tokenId", ""),
    ] {
        let scene = Scene::new();
        scene
            .fake
            .fault(Fault::status(503).on("DELETE", "").always());
        scene.helper.erase(DEMO_HOST).says("");
        scene.fake.clear_faults();
        let dir = scene.home.data().join("revocations");
        let pending = fs::read_dir(&dir).unwrap().next().unwrap().unwrap().path();
        edit(&pending, |file| file[member] = id.into());
        scene.fake.clear_requests();
        let _ = scene.helper.get(DEMO_HOST).credential();
        for request in scene.fake.requests() {
            assert!(
                !request.path.contains("..") && !request.path.ends_with("tokens/"),
                "{}",
                request.path
            );
        }
    }
}
