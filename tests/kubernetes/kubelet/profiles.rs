//! Scopes of the kubelet plugin's tokens.

use serde_json::json;

use super::player::{V1, accept, plugin, request, request_of};
use super::{IMAGE, actions, refusal};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::Home;

#[test]
fn kubelet_tokens_are_pull_only_by_default() {
    let config = json!({
        "defaults": {"actions": ["pull", "push", "delete"], "repositories": ["team/*"]},
        "registries": {DEMO_HOST: {"actions": ["pull", "push"]}},
    });
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake)
        .env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()))
        .env("IONOS_CR_ACTIONS", "pull,push");
    let _ = accept(&plugin.run(&["kubelet"], request(V1, IMAGE)), V1);
    assert_eq!(actions(&fake), json!(["pull"]));
    assert_eq!(fake.tokens()[0].scopes[0]["name"], "team/*");
}

#[test]
fn most_specific_named_profile_wins() {
    let own = json!({"registries": {DEMO_HOST: {"profile": "wide"}}});
    let without = json!({"registries": {}});
    let (wide, push, pull) = (
        json!(["pull", "push", "delete"]),
        json!(["pull", "push"]),
        json!(["pull"]),
    );
    for (config, program, args, annotation, actions_wanted) in [
        (
            &without,
            "docker-credential-ionos",
            &["kubelet"][..],
            "",
            &pull,
        ),
        (&own, "docker-credential-ionos", &["kubelet"], "", &wide),
        (
            &own,
            "docker-credential-ionos-push",
            &["kubelet"],
            "",
            &push,
        ),
        (
            &own,
            "docker-credential-ionos-push",
            &["kubelet", "--profile", "pull"],
            "",
            &pull,
        ),
        (
            &own,
            "docker-credential-ionos-push",
            &["--profile", "pull", "kubelet"],
            "wide",
            &wide,
        ),
        (&own, "docker-credential-ionos", &["kubelet"], "pull", &pull),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let mut config = config.clone();
        config["profiles"] = json!({"wide": {"actions": ["pull", "push", "delete"]}});
        let cache = home.at(".cache");
        let plugin = home
            .helper_called(program, &fake)
            .without("HOME")
            .env("XDG_CACHE_HOME", cache.to_str().unwrap())
            .env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()));
        let annotations = match annotation {
            "" => json!({"docker-credential-ionos/profile": "", "else": "x"}),
            name => json!({"docker-credential-ionos/profile": name}),
        };
        let done = plugin.run(args, request_of(IMAGE, "eyJ", &annotations));
        let _ = accept(&done, V1).only(DEMO_HOST);
        assert_eq!(
            actions(&fake),
            *actions_wanted,
            "{program} {args:?} {annotation}"
        );
    }
}

#[test]
fn unknown_profile_is_reported_with_its_source() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let annotations = json!({"docker-credential-ionos/profile": "../../etc"});
    let done = plugin(&home, &fake).run(&["kubelet"], request_of(IMAGE, "eyJ", &annotations));
    assert_eq!(
        refusal(&done),
        "no credential for demo.cr.de-fra.ionos.com: annotation docker-credential-ionos/profile: there is no profile '../../etc'; profiles are pull, push"
    );
    let done = plugin(&home, &fake).run(&["kubelet", "--profile", "nope"], request(V1, IMAGE));
    assert_eq!(
        refusal(&done),
        "no credential for demo.cr.de-fra.ionos.com: there is no profile 'nope'; profiles are pull, push"
    );
    assert!(fake.requests().is_empty());
    assert_eq!(home.files(), [""; 0]);
}
