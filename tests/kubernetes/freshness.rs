//! `kubernetes-apply`: when a Secret counts as fresh, and how long it waits for the API.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::{Job, NAME};
use crate::support::fake_ionos::{DEMO_HOST, Fault};
use crate::support::helper::Helper;

/// Applies twice; the second run changes nothing.
#[track_caller]
fn settle(job: &Job, helper: &Helper, args: &[&str]) {
    for state in ["refreshed", "unchanged"] {
        let all = [&["-n", "shop"], args].concat();
        let done = job.apply_as(helper, &all);
        let end = job.expires_at("shop");
        done.says(&format!("shop: secret {NAME}: {state}, expires {end}\n"));
    }
}

fn job() -> Job {
    let job = Job::new(&["shop"]);
    job.cluster.objects().put_placeholder("shop", NAME);
    job
}

#[test]
fn changed_settings_refresh_a_fresh_secret() {
    let job = job();
    let mut helper = job.helper();
    settle(&job, &helper, &[]);
    for (name, value) in [
        ("IONOS_CR_REPOSITORIES", "team/*"),
        ("IONOS_CR_TOKEN_TTL", "13h"),
        ("IONOS_CR_TOKEN_TTL", "11h"),
    ] {
        helper = helper.env(name, value);
        settle(&job, &helper, &[]);
    }
    settle(&job, &helper, &["--profile", "push"]);
    // IONOS_CR_ACTIONS applies to docker only.
    let helper = helper.env("IONOS_CR_ACTIONS", "delete");
    let done = job.apply_as(&helper, &["-n", "shop", "--profile", "push"]);
    assert!(done.stdout.contains(": unchanged, "), "{done:?}");
    assert_eq!(job.minted(), 5);
}

#[test]
fn foreign_payload_is_replaced() {
    let job = job();
    let helper = job.helper();
    settle(&job, &helper, &[]);
    let auth = BASE64_STANDARD.encode("jane:typed");
    let foreign =
        json!({"auths": {DEMO_HOST: {"username": "jane", "password": "typed", "auth": auth}}});
    let foreign = BASE64_STANDARD.encode(foreign.to_string());
    job.cluster.objects().edit_secret("shop", NAME, |secret| {
        secret["data"] = json!({".dockerconfigjson": foreign});
    });
    settle(&job, &helper, &[]);
}

#[test]
fn edited_annotation_is_corrected() {
    let job = job();
    let helper = job.helper();
    for (name, value) in [
        ("expires-at", json!("2099-01-01T00:00:00Z")),
        ("fingerprint", json!("0")),
    ] {
        settle(&job, &helper, &[]);
        job.cluster.objects().edit_secret("shop", NAME, |secret| {
            secret["metadata"]["annotations"][format!("docker-credential-ionos/{name}")] = value;
        });
    }
    settle(&job, &helper, &[]);
    // As an earlier release wrote it.
    job.cluster.objects().edit_secret("shop", NAME, |secret| {
        let annotations = secret["metadata"]["annotations"].as_object_mut();
        annotations
            .unwrap()
            .remove("docker-credential-ionos/fingerprint");
    });
    settle(&job, &helper, &[]);
}

/// The program does not notice that the token was deleted at the API.
#[test]
fn force_replaces_a_fresh_secret() {
    let job = job();
    let cache = job.home.path().join("cache");
    let helper = job
        .helper()
        .env("IONOS_CR_CACHE_DIR", cache.to_str().unwrap());
    settle(&job, &helper, &[]);
    let before = job.cluster.payload("shop", NAME);
    let done = job.apply_as(&helper, &["-n", "shop", "--force", "--dry-run"]);
    done.says(&format!(
        "shop: secret {NAME}: would be refreshed (dry run)\n"
    ));
    let done = job.apply_as(&helper, &["-n", "shop", "--force"]);
    let end = job.expires_at("shop");
    done.says(&format!("shop: secret {NAME}: refreshed, expires {end}\n"));
    assert_ne!(job.cluster.payload("shop", NAME), before);
    assert_eq!(job.minted(), 2);
}

#[test]
fn fresh_namespaces_are_reported_once() {
    let job = Job::new(&["a", "b"]);
    let all = ["-n", "a", "-n", "b"];
    assert_eq!(job.apply(&all).code, Some(0));
    job.set_left("b", 60);
    let done = job.apply(&all);
    let end = job.expires_at("a");
    let line = |namespace: &str| format!("{namespace}: secret {NAME}: refreshed, expires {end}\n");
    done.says(&format!("{}{}", line("a"), line("b")));
}

#[test]
fn each_namespace_can_have_a_token_for_its_own_repositories() {
    let job = Job::new(&["shop", "blog"]);
    for (namespace, repositories) in [("shop", "shop/*"), ("blog", "blog/*")] {
        let helper = job.helper().env("IONOS_CR_REPOSITORIES", repositories);
        assert_eq!(job.apply_as(&helper, &["-n", namespace]).code, Some(0));
        let payload = job.cluster.payload(namespace, NAME);
        let user = &payload["auths"][DEMO_HOST]["username"];
        let token = job.api.tokens().into_iter().find(|it| *user == it.name);
        assert_eq!(
            token.unwrap().scopes,
            json!([{"type": "repository", "name": repositories, "actions": ["pull"]}])
        );
    }
    assert_eq!(job.minted(), 2);
}

#[test]
fn apply_waits_longer_for_a_slow_api_than_get() {
    let job = job();
    job.api
        .fault(Fault::delay(Duration::from_secs(9)).on("POST", "/tokens"));
    let done = job.apply(&["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(job.api.tokens().len(), 1);
}

#[test]
fn timeout_variable_limits_the_wait() {
    let job = job();
    job.api.fault(Fault::hang().always());
    let helper = job.helper().env("IONOS_CR_TIMEOUT", "300ms");
    let started = std::time::Instant::now();
    let done = job.apply_as(&helper, &["-n", "shop"]);
    let api = job.api.address();
    let hint = done.refuses(&format!(
        "no credential for {DEMO_HOST}: {api} gave no answer in time (account from IONOS_TOKEN)"
    ));
    assert_eq!(hint, "try again, or allow more time with IONOS_CR_TIMEOUT");
    assert!(started.elapsed() < Duration::from_secs(5));
}
