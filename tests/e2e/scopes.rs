//! What a token does not allow, with a token service that obeys its scopes.

use serde_json::json;

use crate::{
    docker,
    engine::{self, Engine},
    person::cred_helpers_for,
    site::{FIRST_MINT, MINT, REVOCATION, Scheme, Site},
    skopeo,
    support::fake_ionos::DEMO_HOST,
};

/// A client with the profile `pull` can pull and cannot push.
pub(crate) fn pull_only() -> Option<String> {
    let site = Site::open("a pull-only profile", Scheme::Bearer);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let image = engine::image(&site.dir("image"));
    let person = docker::person(&site, &engine);
    let app = &format!("{DEMO_HOST}/team/app:1");
    let docker = &docker::client();
    person.run(docker, &["import", &image, app]).succeeds();
    person.run(docker, &["push", app]).succeeds();
    person.run(docker, &["rmi", app]).succeeds();
    person.run(docker, &["logout", DEMO_HOST]).succeeds();

    site.link("pull");
    let config = cred_helpers_for(&[DEMO_HOST], "ionos-pull");
    person.write(".docker/config.json", &config);
    person
        .run(docker, &["pull", app])
        .succeeds()
        .calling(FIRST_MINT);
    assert_eq!(site.scopes(), scope("*", &["pull"]));
    let changed = &format!("{DEMO_HOST}/team/app:2");
    person.run(docker, &["tag", app, changed]).succeeds();
    person
        .run(docker, &["push", changed])
        .fails()
        .calling(&[])
        .says("denied: requested access to the resource is denied");
    assert_eq!(site.tags("team/app"), ["1"]);
    person
        .run(docker, &["logout", DEMO_HOST])
        .succeeds()
        .calling(REVOCATION);
    None
}

/// The same with skopeo, and scopes from the environment.
pub(crate) fn pull_only_from_the_environment() -> Option<String> {
    let site = Site::open("skopeo that may only pull", Scheme::Bearer);
    let skopeo = &skopeo::client();
    let mut person = skopeo::person(&site);
    let layer = format!("tarball:{}", engine::image(&site.dir("image")));
    let image = &skopeo::image("1");
    person.run(skopeo, &["copy", &layer, image]).succeeds();

    person.set("IONOS_CR_ACTIONS", "pull");
    let copy = &format!("dir:{}", person.at("copy").display());
    person
        .run(skopeo, &["copy", image, copy])
        .succeeds()
        .calling(MINT);
    person
        .run(skopeo, &["copy", &layer, &skopeo::image("2")])
        .fails()
        .calling(&[])
        .says("requested access to the resource is denied");
    assert_eq!(site.tags("team/app"), ["1"]);
    None
}

/// A token for `team/*` gives no access to other repositories.
pub(crate) fn one_team() -> Option<String> {
    let site = Site::open("the repositories of one team", Scheme::Bearer);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let image = engine::image(&site.dir("image"));
    let mut person = docker::person(&site, &engine);
    let docker = &docker::client();
    let [ours, theirs] = ["team/app", "other/app"].map(|name| format!("{DEMO_HOST}/{name}:1"));
    let ours = &ours;
    let theirs = &theirs;
    person.run(docker, &["import", &image, theirs]).succeeds();
    person.run(docker, &["push", theirs]).succeeds();

    person.set("IONOS_CR_REPOSITORIES", "team/*");
    person.run(docker, &["tag", theirs, ours]).succeeds();
    // The cached token allows more, but other scopes are requested now.
    person.run(docker, &["push", ours]).succeeds().calling(MINT);
    person
        .run(docker, &["push", theirs])
        .fails()
        .calling(&[])
        .says("denied: requested access to the resource is denied");
    person.run(docker, &["rmi", ours, theirs]).succeeds();
    person.run(docker, &["pull", ours]).succeeds().calling(&[]);
    person
        .run(docker, &["pull", theirs])
        .fails()
        .calling(&[])
        .says("pull access denied for demo.cr.de-fra.ionos.com/other/app");
    assert_eq!(site.tags("other/app"), ["1"]);
    None
}

/// Deleting needs a token that allows it.
pub(crate) fn delete() -> Option<String> {
    let site = Site::open("skopeo delete", Scheme::Bearer);
    let skopeo = &skopeo::client();
    let mut person = skopeo::person(&site);
    let layer = format!("tarball:{}", engine::image(&site.dir("image")));
    let image = &skopeo::image("1");
    person.run(skopeo, &["copy", &layer, image]).succeeds();
    person
        .run(skopeo, &["delete", image])
        .fails()
        .calling(&[])
        .says("Failed to delete /v2/team/app/manifests/sha256:")
        .says("(401 Unauthorized)");
    person
        .run(skopeo, &["inspect", image])
        .succeeds()
        .calling(&[]);

    person.set("IONOS_CR_ACTIONS", "pull,push,delete");
    person
        .run(skopeo, &["delete", image])
        .succeeds()
        .calling(MINT);
    person
        .run(skopeo, &["inspect", image])
        .fails()
        .calling(&[])
        .says("manifest unknown");
    None
}

fn scope(name: &str, actions: &[&str]) -> serde_json::Value {
    json!([{"type": "repository", "name": name, "actions": actions}])
}
