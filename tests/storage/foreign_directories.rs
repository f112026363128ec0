//! Homes and caches in directories that another user owns or can write.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::walk;
use crate::support::skip;
use crate::support::tally::attack;
use crate::support::users::{Machine, NEIGHBOUR, ROOT, STRANGER, VICTIM, program, run_as};

#[test]
fn cache_in_a_directory_that_others_can_write_is_not_used() {
    let Some(machine) = Machine::new("a cache that others can write") else {
        return;
    };
    attack(|| {
        let fake = FakeIonos::start();
        let shared = machine.path().join("shared");
        machine.dir(&shared, ROOT, 0o777);
        let cache = shared.join("cache");
        machine.dir(&cache, VICTIM, 0o700);
        let helper = machine
            .helper(VICTIM, &fake)
            .env("IONOS_CR_CACHE_DIR", cache.to_str().unwrap());
        let first = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        let second = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        assert_ne!(first.secret, second.secret);
        assert_eq!(walk(&cache).len(), 0);
        // The same below a sticky directory, such as /tmp.
        machine.dir(&shared, ROOT, 0o1777);
        let first = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        assert_eq!(
            run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential(),
            first
        );
    });
}

#[test]
fn home_of_root_works_for_any_user_of_a_container() {
    let Some(machine) = Machine::new("a container with a random user") else {
        return;
    };
    let fake = FakeIonos::start();
    let home = machine.home(ROOT);
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
    let config = home.join(".config/docker-credential-ionos/config.json");
    machine.file(
        &config,
        ROOT,
        0o644,
        r#"{"defaults": {"actions": ["pull"]}}"#,
    );
    for dir in config.ancestors().skip(1).take_while(|it| *it != home) {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = walk(&home).len();
    let helper = machine.helper(ROOT, &fake);
    let _ = run_as(STRANGER, &helper, &["get"], DEMO_HOST).credential();
    assert_eq!(fake.tokens()[0].scopes[0]["actions"], json!(["pull"]));
    assert_eq!(walk(&home).len(), before);
}

#[test]
fn user_namespace_without_root_still_caches() {
    let Some(machine) = Machine::new("a user namespace, as of a rootless podman") else {
        return;
    };
    let fake = FakeIonos::start();
    let helper = machine.helper(VICTIM, &fake);
    let script = format!("exec {} get {DEMO_HOST}", program());
    let in_namespace = || {
        let user = VICTIM.to_string();
        let args = [
            "--reuid",
            &user,
            "--regid",
            &user,
            "--clear-groups",
            "/usr/bin/unshare",
            "-r",
            "/bin/sh",
            "-c",
            &script,
        ];
        helper
            .clone()
            .program(Path::new("/usr/bin/setpriv"))
            .run(&args, "")
    };
    let first = in_namespace();
    if first.stderr.contains("unshare failed") {
        return skip::skip_or_fail("a user namespace", &first.stderr);
    }
    assert_eq!(in_namespace().credential(), first.credential());
    assert_eq!(fake.count("POST", "/tokens"), 1);
    assert_eq!(
        run_as(VICTIM, &helper, &["get", DEMO_HOST], "").credential(),
        first.credential()
    );
}

#[test]
fn directory_that_another_user_prepared_is_not_used() {
    let Some(machine) = Machine::new("a prepared directory") else {
        return;
    };
    let fake = FakeIonos::start();
    let tmp = machine.path().join("tmp");
    machine.dir(&tmp, ROOT, 0o1777);
    let theirs = machine.path().join("theirs");
    machine.dir(&theirs, NEIGHBOUR, 0o2777);
    let group = machine.path().join("group");
    machine.dir(&group, VICTIM, 0o2775);
    std::os::unix::fs::chown(&group, None, Some(NEIGHBOUR)).unwrap();
    machine.dir(&tmp.join("made"), NEIGHBOUR, 0o777);
    machine.link(&machine.home(VICTIM), &tmp.join("home"), NEIGHBOUR);
    for place in [
        tmp.join("made"),
        tmp.join("home/cache"),
        theirs.clone(),
        theirs.join("cache"),
        group.clone(),
        group.join("cache"),
    ] {
        attack(|| {
            let helper = machine
                .helper(VICTIM, &fake)
                .env("IONOS_CR_CACHE_DIR", place.to_str().unwrap());
            let before = walk(&place).len();
            let _ = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
            assert_eq!(walk(&place).len(), before, "{}", place.display());
        });
    }
}
