//! The scripts of the GitHub Action.

use std::path::Path;
use std::process::Command;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::{BIN, Home};
use crate::support::{mounts, platform, skip};

/// More hosts than `list` prints.
const REGISTRIES: usize = 200;

#[test]
fn revoke_deletes_the_tokens_of_two_hundred_registries() {
    let has_python = Command::new("python3").arg("--version").output();
    if has_python.is_err() {
        return skip::skip_or_fail("the Action's revoke step", "no python3");
    }
    let names: Vec<String> = (0..REGISTRIES).map(|n| format!("registry-{n}")).collect();
    let builder = names.iter().fold(FakeIonos::builder(), |builder, name| {
        builder.registry(RegistrySpec::new(name))
    });
    let (api, home) = (builder.start(), Home::new());
    let helper = home.helper_for(&api);
    for name in &names {
        let host = format!("{name}.cr.de-fra.ionos.com");
        let _ = helper.get(&host).credential();
    }
    // A login that a user entered on a self-hosted runner is kept.
    helper
        .store("stored.cr.de-fra.ionos.com", "jane", "secret")
        .says("");
    assert_eq!(api.tokens().len(), REGISTRIES);
    let listed = helper.list().stdout.matches(".ionos.com").count();
    assert!(listed < REGISTRIES, "{listed}");

    let job = home.file("runner/docker-credential-ionos/account-token", "x");
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/github-action/revoke/revoke");
    let program = Path::new(BIN).parent().unwrap().display();
    let done = helper
        .env("PATH", &format!("{program}:/usr/local/bin:/usr/bin:/bin"))
        .env("RUNNER_TEMP", home.path().join("runner").to_str().unwrap())
        .program(&script)
        .run(&[], "");
    done.says("");
    assert_eq!(api.tokens().len(), 0);
    assert!(!Path::new(&job).exists());
    assert_eq!(
        home.helper().list().stdout,
        "{\"stored.cr.de-fra.ionos.com\":\"jane\"}\n"
    );
}

/// Such a job runs as root; its home and `RUNNER_TEMP` belong to the runner's user.
#[test]
fn job_in_a_container_is_configured_and_revoked() {
    if !platform::is_root() {
        return;
    }
    let (api, home) = (FakeIonos::start(), Home::new());
    let temp = home.file("runner/x", "").replace("/x", "");
    let helper = home
        .helper_for(&api)
        .env("RUNNER_TEMP", &temp)
        .env("GITHUB_ENV", &home.file("runner/env", ""))
        .env("REGISTRIES", DEMO_HOST)
        .env("PROFILE", "");
    let action = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/github-action");
    let program = Path::new(BIN).parent().unwrap().display();
    let script = format!(
        "mount -t tmpfs none /run || exit
        chown 64001 $HOME $RUNNER_TEMP
        export PATH={program}:/usr/local/bin:$PATH
        {action}/configure || exit
        unset IONOS_TOKEN && set -a && . $GITHUB_ENV
        docker-credential-ionos get {DEMO_HOST} >/run/got || exit
        docker-credential-ionos get {DEMO_HOST} | cmp /run/got || exit
        {action}/revoke/revoke
        ls $HOME /run"
    );
    let Some(done) = mounts::run(helper, &script, "") else {
        return;
    };
    assert_eq!(
        done.stdout,
        format!(
            "added {DEMO_HOST} to /run/docker-credential-ionos-job/docker/config.json, helper ionos\n/run:\ngot\n\n{}:\nrunner\n",
            home.path().display()
        ),
        "{done:?}"
    );
    assert_eq!((api.minted_tokens().len(), api.tokens().len()), (1, 0));
}
