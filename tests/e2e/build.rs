//! The classic builder, which looks up credentials for every configured registry.

use std::path::Path;

use crate::{
    docker::{self, DISTRIBUTION},
    engine::{self, Engine},
    namespace,
    person::{Answer, Person, cred_helpers_for},
    site::{Scheme, Site},
    support::fake_ionos::DEMO_HOST,
};

/// An entry for a registry that the account no longer has.
pub(crate) const BROKEN: &str = "gone.cr.de-fra.ionos.com";

/// The program's error line for that entry.
pub(crate) const BROKEN_LINE: &str = "no credential for gone.cr.de-fra.ionos.com: no such registry among the 8 that the account sees";

/// With the first client on the `PATH`, one broken entry causes only a warning.
pub(crate) fn newest_client() -> Option<String> {
    let site = Site::open("a classic build", Scheme::BASIC);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let person = &person(&site, &engine);
    let docker = &docker::client();
    publish(&site, person, docker);

    build(person, docker)
        .succeeds()
        .we_say(BROKEN_LINE)
        .says(&format!(
            "level=warning msg=\"Failed to get credentials for registry: {BROKEN}\""
        ));
    each_with_its_own_token(&site);
    // The next build finds all credentials in the cache.
    let again = build(person, docker).succeeds();
    let minted = again.calls.iter().any(|call| call.starts_with("POST"));
    assert!(!minted, "{again}");
    None
}

/// Docker 20.10 drops all credentials when one lookup fails, unless the answer is "not found".
pub(crate) fn distribution_client() -> Option<String> {
    let docker = &match docker::distribution_client() {
        Ok(docker) => docker,
        Err(reason) => return Some(reason),
    };
    let site = Site::open(
        &format!("a classic build with {DISTRIBUTION}"),
        Scheme::BASIC,
    );
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let mut person = person(&site, &engine);
    publish(&site, &person, docker);

    // docker says nothing about the lookup; our line is the only hint.
    build(&person, docker)
        .fails()
        .we_say(BROKEN_LINE)
        .says(&format!(
            "Head \"https://{DEMO_HOST}/v2/team/app/manifests/1\": no basic auth credentials"
        ));

    person.set("IONOS_CR_ON_ERROR", "not-found");
    // The reason is still printed on stderr.
    build(&person, docker).succeeds().we_say(BROKEN_LINE);
    each_with_its_own_token(&site);
    None
}

/// A user with eight working registries and a broken one.
pub(crate) fn person<'a>(site: &'a Site, engine: &Engine) -> Person<'a> {
    let mut person = docker::person(site, engine);
    // A newer client would look for buildx, which may not be installed.
    person.set("DOCKER_BUILDKIT", "0");
    let hosts = [&namespace::registries()[..], &[BROKEN]].concat();
    let config = cred_helpers_for(&hosts, "ionos");
    person.write(".docker/config.json", &config);
    person
}

/// Pushes an image to the server behind all registries, and writes a build directory that uses it.
pub(crate) fn publish(site: &Site, person: &Person<'_>, docker: &Path) {
    let image = engine::image(&site.dir("image"));
    let app = &format!("{DEMO_HOST}/team/app:1");
    person.run(docker, &["import", &image, app]).succeeds();
    person.run(docker, &["push", app]).succeeds();
    person.run(docker, &["rmi", app]).succeeds();
    dockerfile(person);
}

/// A Dockerfile that copies something from each registry.
fn dockerfile(person: &Person<'_>) {
    let stages: Vec<(&str, &str)> = namespace::registries()
        .into_iter()
        .map(|host| (host, host.split('.').next().unwrap_or_default()))
        .collect();
    let from = |(host, stage): &(&str, &str)| format!("FROM {host}/team/app:1 AS {stage}");
    let copy = |(_, stage): &(&str, &str)| format!("COPY --from={stage} /hello /{stage}");
    let lines: Vec<String> = stages
        .iter()
        .map(from)
        .chain(["FROM scratch".to_owned()])
        .chain(stages.iter().map(copy))
        .collect();
    let text = lines.join("\n");
    person.write("build/Dockerfile", &text);
}

fn build(person: &Person<'_>, docker: &Path) -> Answer {
    person.run(docker, &["build", "--no-cache", "--pull", "build"])
}

/// Asserts one token for each registry, and that each was used.
#[track_caller]
pub(crate) fn each_with_its_own_token(site: &Site) {
    let hosts = namespace::registries();
    let mut registries = site.registries_of_tokens();
    let tokens = registries.len();
    registries.dedup();
    assert_eq!((tokens, registries.len()), (hosts.len(), hosts.len()));
    let log = site.registry_log();
    for host in hosts {
        let from = format!("http.request.host={host} ");
        let mut requests = log.lines().filter(|line| line.contains(&from));
        assert!(
            requests.any(|line| line.contains("msg=\"authorized request\"")),
            "no login succeeded at {host}"
        );
    }
}
