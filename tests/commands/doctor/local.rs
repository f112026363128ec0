//! What `doctor` says about this machine: snap, sudo, Docker's socket, and the cache.

use std::fs;

use super::Setup;
use super::client_files::lines_of;
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::BIN;
use crate::support::mounts;
use crate::support::platform::{self, symlink};
use crate::support::registry::Auth;

#[test]
fn docker_as_a_snap_is_reported() {
    let setup = Setup::new(Auth::Basic);
    let _ = setup.with_program("snap");
    symlink("snap", setup.home.path().join("bin/docker"));
    let done = setup.with_bin(&[]);
    assert!(
        lines_of(&done, "docker").ends_with(
            "warning  docker: ~/bin/docker is a snap, which reads ~/snap/docker/current/.docker/config.json instead of ~/.docker/config.json and cannot run this program\n         hint: install Docker from docs.docker.com/engine/install, or log in for some hours: docker-credential-ionos login HOST\n"
        ),
        "{}",
        done.stdout
    );
}

#[test]
fn doctor_under_sudo_names_the_user_whose_file_it_did_not_read() {
    if !platform::is_root() {
        return;
    }
    let setup = Setup::new(Auth::Basic);
    let done = setup.with_bin(&[("SUDO_USER", "jane")]);
    assert!(
        lines_of(&done, "docker").ends_with(
            "warning  docker: sudo: ~/.docker/config.json is for sudo docker; docker of user 'jane' reads another file\n         hint: run doctor without sudo, unless you run docker with sudo\n"
        ),
        "{}",
        done.stdout
    );
}

#[test]
fn docker_socket_that_needs_sudo_is_reported() {
    let (setup, host) = (Setup::new(Auth::Basic), DEMO_HOST);
    let script = format!(
        "mount -t tmpfs none /mnt && mount -t tmpfs none /run || exit
        cp {BIN} /mnt/docker-credential-ionos && mkdir -p /mnt/home/.docker /var/run
        printf '#!/bin/sh\n' >/mnt/docker && chmod 755 /mnt /mnt/*
        echo '{{\"credHelpers\": {{\"{host}\": \"ionos\"}}}}' >/mnt/home/.docker/config.json
        : >/var/run/docker.sock && chmod 600 /var/run/docker.sock
        export HOME=/mnt/home PATH=/mnt:$PATH
        exec setpriv --reuid=65534 --regid=65534 --clear-groups docker-credential-ionos doctor {host}"
    );
    let Some(mut done) = mounts::run(setup.helper(), &script, "") else {
        return;
    };
    done.stdout = done.stdout.replace(host, "HOST");
    assert_eq!(
        lines_of(&done, "docker"),
        "ok       docker: /mnt/home/.docker/config.json has helper 'ionos' for HOST\n\
         warning  docker: /var/run/docker.sock is not writable for you, and sudo docker reads root's file, not /mnt/home/.docker/config.json\n         \
         hint: join the group docker, or configure root: sudo docker-credential-ionos configure-docker HOST\n",
        "{done:?}"
    );
}

#[test]
fn cache_that_cannot_be_written_is_a_warning() {
    let setup = Setup::new(Auth::Basic);
    let host = setup.registry.host();
    let consequence = "nothing is cached, so each get mints a token";
    let no_home = setup
        .helper()
        .without("HOME")
        .env("IONOS_CR_CONFIG", setup.home.config().to_str().unwrap());
    let disabled = setup.helper().env("IONOS_CR_DISABLE_CACHE", "true");
    let relative = setup.helper().env("IONOS_CR_CACHE_DIR", "cache");
    let file = setup.home.file("no-directory", "");
    let nowhere = setup.helper().env("IONOS_CR_CACHE_DIR", &file);
    for (helper, lines) in [
        (
            &no_home,
            format!(
                "warning  cache: no home directory: {consequence}\n         hint: set HOME or IONOS_CR_CACHE_DIR\n"
            ),
        ),
        (
            &disabled,
            format!(
                "warning  cache: IONOS_CR_DISABLE_CACHE is set: {consequence}\n         hint: unset it\n"
            ),
        ),
        (
            &relative,
            "failed   cache: IONOS_CR_CACHE_DIR is not an absolute path: cache\n         hint: set it to an absolute path or unset it\n".to_owned(),
        ),
        (
            &nowhere,
            format!(
                "warning  cache: failed to create ~/no-directory: File exists: {consequence}\n         hint: make that directory writable for you alone, or set IONOS_CR_CACHE_DIR to one that is\n"
            ),
        ),
    ] {
        assert_eq!(lines_of(&setup.examine(helper, &[&host]), "cache"), lines);
    }
    // The check leaves nothing behind, and the token is still printed.
    let done = setup.examine(&nowhere, &["--mint", &host]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert_eq!(setup.home.entries().len(), 0);
    let _ = setup.run(&[&host]);
    assert_eq!(fs::read_dir(setup.home.cache()).unwrap().count(), 0);
}

#[test]
fn token_of_the_check_is_revoked_if_it_cannot_be_cached() {
    let setup = Setup::new(Auth::Basic);
    let host = setup.registry.host();
    let disabled = setup.helper().env("IONOS_CR_DISABLE_CACHE", "true");
    let config = setup.home.config().display().to_string();
    let homeless = setup.helper().without("HOME");
    for helper in [disabled, homeless.env("IONOS_CR_CONFIG", &config)] {
        for args in [&["--mint"] as &[&str], &["--wait"]] {
            let done = setup.examine(&helper, &[args, &[&host]].concat());
            let accepted = "ok       login: HOST accepts the credential (Basic)\n";
            assert!(done.stdout.ends_with(accepted), "{done:?}");
            assert_eq!(setup.api.tokens().len(), 0);
        }
    }
    assert_eq!(setup.home.records().len(), 0);
}
