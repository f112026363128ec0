//! Where the kubelet plugin caches credentials.

use super::IMAGE;
use super::player::{Response, V1, accept, plugin, request};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::{BIN, Done, Home, Started, walk};
use crate::support::mounts;

#[test]
fn hundred_pulls_mint_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    // A hundred processes need a while to start on few cores.
    let plugin = plugin(&home, &fake).env("IONOS_CR_TIMEOUT", "60s");
    let started: Vec<Started> = (0..100)
        .map(|n| plugin.start(&["kubelet"], request(V1, &format!("{DEMO_HOST}/app-{n}"))))
        .collect();
    let answers: Vec<Response> = started
        .into_iter()
        .map(|started| accept(&started.finish(), V1))
        .collect();
    assert!(answers.iter().all(|answer| answer.auth == answers[0].auth));
    let _ = answers[0].only(DEMO_HOST);
    assert_eq!(fake.count("POST", "/tokens"), 1);
    assert_eq!(fake.count("GET", "/registries"), 1);
}

#[test]
fn cache_is_shared_with_the_pull_profile_only() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.add_registry(RegistrySpec::new("other"));
    let docker = home.helper_for(&fake);
    let wide = docker.get(DEMO_HOST).credential();
    let narrow = docker
        .run(&["--profile", "pull", "get"], DEMO_HOST)
        .credential();
    let done = plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE));
    let response = accept(&done, V1);
    assert_eq!(response.only(DEMO_HOST).password, narrow.secret);
    assert_ne!(wide.secret, narrow.secret);
    assert_eq!(fake.count("POST", "/tokens"), 2);
}

#[test]
fn no_cache_directory_still_returns_a_credential() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake).env("IONOS_CR_DISABLE_CACHE", "true");
    for _ in 0..2 {
        let done = plugin.run(&["kubelet"], request(V1, IMAGE));
        assert_eq!(done.stderr, "");
        let _ = accept(&done, V1).only(DEMO_HOST);
    }
    assert_eq!(fake.count("POST", "/tokens"), 2);
    assert_eq!(home.files(), [""; 0]);
}

/// Runs a script as root in a private mount namespace with an empty `/run`. Returns `None` if
/// skipped.
fn as_root(fake: &FakeIonos, home: &Home, script: &str) -> Option<Done> {
    let script = format!("mount -t tmpfs none /run || exit\n{script}");
    let helper = plugin(home, fake).without("XDG_CACHE_HOME");
    mounts::run(helper, &script, request(V1, IMAGE))
}

#[test]
fn root_without_home_caches_in_the_runtime_directory() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let script = format!(
        "read -r request
        for n in 1 2; do echo \"$request\" | {BIN} kubelet || exit; done
        cd /run && stat -c '%a %n' docker-credential-ionos docker-credential-ionos/* docker-credential-ionos/.[!.]*
        find . -name '*.json' ! -path '*/.ledger/*' -exec stat -c '%a' {{}} +"
    );
    let Some(done) = as_root(&fake, &home, &script) else {
        return;
    };
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(
        lines[2..],
        [
            "700 docker-credential-ionos",
            "700 docker-credential-ionos/demo.cr.de-fra.ionos.com",
            "700 docker-credential-ionos/.ledger",
            "600"
        ]
    );
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn runtime_directory_is_used_last_and_only_by_the_kubelet() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let cache = home.path().join("cache");
    let script = format!(
        "read -r request
        echo \"$request\" | IONOS_CR_CACHE_DIR={cache} {BIN} kubelet || exit
        echo \"$request\" | XDG_CACHE_HOME={cache} {BIN} kubelet || exit
        echo \"$request\" | HOME={cache} {BIN} kubelet || exit
        {BIN} get {DEMO_HOST} || exit
        ls /run",
        cache = cache.display()
    );
    let Some(done) = as_root(&fake, &home, &script) else {
        return;
    };
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(done.stdout.lines().count(), 4, "{done:?}");
    let json = |path: &std::path::PathBuf| {
        let dir = path.parent().unwrap();
        let is_record = dir.ends_with("ledger") || dir.ends_with(".ledger");
        path.extension().is_some_and(|it| it == "json") && !is_record
    };
    assert_eq!(walk(&cache).into_iter().filter(json).count(), 3);
}
