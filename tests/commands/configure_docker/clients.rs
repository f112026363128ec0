//! The configuration file of each client, and hosts that cannot be configured.

use serde_json::json;

use super::{Person, run};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};

#[test]
fn each_client_has_its_own_file() {
    let person = Person::new();
    let dir = |name: &str| person.text(&format!("~/{name}"));
    let auth_file = dir("own/auth.json");
    for (args, variable, value, file) in [
        (
            &[][..],
            "DOCKER_CONFIG",
            dir("docker"),
            "docker/config.json",
        ),
        (
            &["--podman"],
            "UNUSED",
            dir(""),
            ".config/containers/auth.json",
        ),
        (
            &["--podman"],
            "XDG_CONFIG_HOME",
            dir("xdg"),
            "xdg/containers/auth.json",
        ),
        (
            &["--podman"],
            "DOCKER_CONFIG",
            dir("docker2"),
            "docker2/config.json",
        ),
        (
            &["--podman"],
            "REGISTRY_AUTH_FILE",
            auth_file,
            "own/auth.json",
        ),
    ] {
        let helper = person.helper().env(variable, &value);
        let args: Vec<&str> = args.iter().copied().chain([DEMO_HOST]).collect();
        person.sees(
            &run(&helper, &args),
            0,
            &format!("added demo.cr.de-fra.ionos.com to ~/{file}, helper ionos\n"),
            "",
        );
        assert!(person.home.path().join(file).is_file(), "{file}");
    }
    for (args, what, hint) in [
        (&[DEMO_HOST][..], "Docker's config.json", "DOCKER_CONFIG"),
        (
            &["--podman", "--remove"],
            "podman's auth.json",
            "REGISTRY_AUTH_FILE",
        ),
    ] {
        let without = person.helper().without("HOME");
        person.sees(
            &run(&without, args),
            1,
            "",
            &format!("error: no home directory to look for {what} in\nhint: set HOME or {hint}\n"),
        );
    }
}

#[test]
fn one_foreign_host_changes_nothing() {
    let person = Person::new();
    let ours = "if it is a custom domain, add it to registries in ~/.config/docker-credential-ionos/config.json";
    for (host, what, hint) in [
        ("docker.io", "docker.io is not an IONOS registry", ours),
        (
            "*.cr.de-fra.ionos.com",
            "not a registry host: '*.cr.de-fra.ionos.com'",
            "write it as demo.cr.de-fra.ionos.com",
        ),
    ] {
        person.sees(
            &person.run(&[DEMO_HOST, host]),
            1,
            "",
            &format!("error: {what}\nhint: {hint}\n"),
        );
    }
    person.sees(
        &person.run(&["--profile", "pul", DEMO_HOST]),
        1,
        "",
        "error: there is no profile 'pul'\nhint: profiles are pull, push\n",
    );
    assert_eq!(person.home.files(), [""; 0]);
    person
        .home
        .configure(json!({"registries": {"127.0.0.1:5000": {"registryName": "demo"}}}));
    person.sees(
        &person.run(&["127.0.0.1:5000"]),
        0,
        "added 127.0.0.1:5000 to ~/.docker/config.json, helper ionos\n",
        "",
    );
}

#[test]
fn without_host_and_terminal_the_registries_are_listed() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("other"))
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("young").state("New"))
        .registry(RegistrySpec::new("odd").hostname("registry.example.com"))
        .start();
    let person = Person::new();
    let dir = Person::program().parent().unwrap().display().to_string();
    let helper = person.home.helper_for(&fake).env("PATH", &dir);
    person.sees(
        &run(&helper, &[]),
        1,
        "demo.cr.de-fra.ionos.com\nother.cr.de-fra.ionos.com\n",
        "skipped: young, which is still being created\n\
         error: no registry was chosen\n\
         hint: name it: docker-credential-ionos configure-docker demo.cr.de-fra.ionos.com\n",
    );
    assert_eq!(person.home.files(), [""; 0]);
    // The API is contacted only if needed.
    fake.clear_requests();
    let _ = run(&helper, &[DEMO_HOST]);
    let _ = run(&helper, &["--remove"]);
    assert_eq!(fake.requests().len(), 0);
    fake.fault(Fault::status(403));
    person.sees(
        &run(&helper, &[]),
        1,
        "",
        &format!(
            "error: cannot list the account's registries: {} does not let the account do this: \
             403 \"feature is not enabled for the contract\" (account from IONOS_TOKEN)\n\
             hint: the contract does not have the Container Registry: ask IONOS to enable it\n",
            fake.address()
        ),
    );
}

#[test]
fn without_an_account_and_host_it_fails() {
    let person = Person::new();
    person.sees(
        &person.run(&[]),
        1,
        "",
        "error: cannot list the account's registries: no IONOS credentials found\n\
         hint: run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), \
         IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD\n",
    );
}
