//! Warnings about settings that keep a client from calling the program.

use std::fs;

use serde_json::json;

use super::{LOGIN, Person, run};
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::platform::symlink;

#[test]
fn missing_program_name_is_reported_with_the_link_command() {
    let person = Person::new();
    let bin = person.home.path().join("my bin");
    let plain = bin.join("docker-credential-ionos");
    fs::DirBuilder::new().create(&bin).unwrap();
    symlink(Person::program(), &plain);
    let on_path = person.helper().env("PATH", bin.to_str().unwrap());
    let pull = ["--profile", "pull", DEMO_HOST];
    person.sees(
        &run(&on_path, &pull),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos-pull\n",
        "warning: docker-credential-ionos-pull is not on PATH, so docker cannot run it\n\
         hint: ln -s '~/my bin/docker-credential-ionos' '~/my bin/docker-credential-ionos-pull'\n",
    );
    let link = bin.join("docker-credential-ionos-pull");
    assert!(!link.exists(), "the user was not asked");
    symlink(&plain, &link);
    let unchanged =
        "unchanged: demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos-pull\n";
    person.sees(&run(&on_path, &pull), 0, unchanged, "");
    // Also if the program runs through the link.
    let called = on_path.program(&link);
    person.sees(&run(&called, &[DEMO_HOST]), 0, unchanged, "");

    let person = Person::new();
    let dir = Person::program().parent().unwrap().display().to_string();
    person.sees(
        &run(&person.helper().without("PATH"), &["--podman", DEMO_HOST]),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.config/containers/auth.json, helper ionos\n",
        &format!(
            "warning: docker-credential-ionos is not on PATH, so podman cannot run it\nhint: add {dir} to PATH\n"
        ),
    );
    person.sees(
        &run(&person.helper().without("PATH"), &pull),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos-pull\n",
        &format!(
            "warning: docker-credential-ionos-pull is not on PATH, so docker cannot run it\n\
             hint: ln -s PROGRAM PROGRAM-pull and add {dir} to PATH\n"
        ),
    );
}

#[test]
fn overriding_login_is_reported() {
    let auths =
        json!({"auths": {DEMO_HOST: {"auth": LOGIN}, "ghcr.io": {"auth": LOGIN}}}).to_string();
    let added = "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos\n";

    let person = Person::new();
    let helper = person.helper().env("DOCKER_AUTH_CONFIG", &auths);
    person.sees(
        &run(&helper, &[DEMO_HOST]),
        0,
        added,
        "warning: DOCKER_AUTH_CONFIG has a login for demo.cr.de-fra.ionos.com, which Docker 28.3 and later prefers\n\
         hint: unset DOCKER_AUTH_CONFIG, or remove that host from it\n",
    );
    // Podman ignores that variable.
    person.sees(
        &run(&helper, &["--podman", DEMO_HOST]),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.config/containers/auth.json, helper ionos\n",
        "",
    );

    let person = Person::new();
    for file in ["run/containers/auth.json", ".config/containers/auth.json"] {
        person.home.file(file, &auths);
    }
    let first = "warning: ~/run/containers/auth.json has a login for 'demo.cr.de-fra.ionos.com', which podman prefers\n\
        hint: podman logout --authfile ~/run/containers/auth.json demo.cr.de-fra.ionos.com\n";
    let second = "warning: ~/.config/containers/auth.json has a login for 'demo.cr.de-fra.ionos.com', which podman prefers\n\
        hint: podman logout --authfile ~/.config/containers/auth.json demo.cr.de-fra.ionos.com\n";
    person.sees(
        &person.run(&[DEMO_HOST]),
        0,
        added,
        &format!("{first}{second}"),
    );
    person.sees(
        &person.run(&["--podman", DEMO_HOST]),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.config/containers/auth.json, helper ionos\n",
        &format!(
            "{first}warning: ~/.config/containers/auth.json still has a login for 'demo.cr.de-fra.ionos.com', \
             in plain text and no longer needed\n\
             hint: podman logout --authfile ~/.config/containers/auth.json demo.cr.de-fra.ionos.com\n"
        ),
    );
    person.home.file(
        "run/containers/auth.json",
        "{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"pass\"}}",
    );
    person.home.file(".config/containers/auth.json", "{broken");
    person.sees(
        &person.run(&[DEMO_HOST]),
        0,
        &added.replace("added", "unchanged:").replace(" to ", " in "),
        "warning: ~/run/containers/auth.json has helper 'pass' for demo.cr.de-fra.ionos.com, which podman prefers\n\
         hint: remove that host from credHelpers there\n",
    );

    let person = Person::with(&auths);
    person.sees(
        &person.run(&[DEMO_HOST]),
        0,
        added,
        "warning: ~/.docker/config.json still has a login for 'demo.cr.de-fra.ionos.com', in plain text and no longer needed\n\
         hint: docker logout demo.cr.de-fra.ionos.com\n",
    );
    // Docker writes an empty entry for a host with a helper.
    let person = Person::with(&json!({"auths": {DEMO_HOST: {}}}).to_string());
    person.sees(&person.run(&[DEMO_HOST]), 0, added, "");
}
