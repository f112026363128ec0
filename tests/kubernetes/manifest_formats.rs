//! The formats of `kubernetes-manifest`.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::NAME;
use super::manifest::{OTHER, payload, print, read};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::Home;
use crate::support::skip::skip_or_fail;

/// Equals the manifest of kubectl for the same login, except for fields that only one of them sets.
#[test]
fn manifest_equals_the_one_of_kubectl() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let text = print(&home, &api, &[DEMO_HOST, "--name", "regcred", "-n", "shop"]);
    let token = api.tokens().remove(0);
    let kubectl = Command::new("kubectl")
        .args(["create", "secret", "docker-registry", "regcred"])
        .args(["-n", "shop", "--dry-run=client", "-o", "yaml"])
        .arg(format!("--docker-server={DEMO_HOST}"))
        .arg(format!("--docker-username={}", token.name))
        .arg(format!("--docker-password={}", token.password))
        .output();
    let Ok(kubectl) = kubectl else {
        return skip_or_fail(
            "manifest_equals_the_one_of_kubectl",
            "kubectl is not installed",
        );
    };
    assert!(kubectl.status.success(), "{kubectl:?}");
    let without = |text: &str, what: &[&str]| -> String {
        let lines = text.lines().filter(|line| {
            let line = line.trim_start();
            !what.iter().any(|word| line.starts_with(word))
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        without(&text, &["#", "annotations:", "docker-credential-ionos/"]),
        without(
            &String::from_utf8(kubectl.stdout).unwrap(),
            &["creationTimestamp:"]
        )
    );
}

/// Parsed by kubectl without a cluster.
#[test]
fn kubectl_accepts_every_manifest() {
    let (home, api) = (Home::new(), FakeIonos::start());
    for (format, labels) in [("secret", &["--label", "a=true"][..]), ("argocd", &[])] {
        let args = [&[DEMO_HOST, "--format", format, "-n", "shop"], labels].concat();
        let path = home.file("manifest.yaml", &print(&home, &api, &args));
        let kubectl = Command::new("kubectl")
            .args(["label", "--local", "--dry-run=client", "-o", "json"])
            .args(["-f", &path, "read=back"])
            .output();
        let Ok(kubectl) = kubectl else {
            return skip_or_fail("kubectl_accepts_every_manifest", "kubectl is not installed");
        };
        assert!(kubectl.status.success(), "{kubectl:?}");
        let object: Value = serde_json::from_slice(&kubectl.stdout).unwrap();
        assert_eq!(object["kind"], "Secret");
        assert_eq!(object["metadata"]["labels"]["read"], "back");
    }
}

#[test]
fn dockerconfigjson_is_one_line() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let bare = print(&home, &api, &[DEMO_HOST, "--format", "dockerconfigjson"]);
    assert_eq!(bare.lines().count(), 1);
    let bare: Value = serde_json::from_str(&bare).unwrap();
    assert_eq!(bare, payload(&read(&print(&home, &api, &[DEMO_HOST]))));
}

#[test]
fn argocd_format_has_one_secret_per_registry() {
    let api = FakeIonos::start();
    api.add_registry(RegistrySpec::new("other"));
    let home = Home::new();
    let one = read(&print(
        &home,
        &api,
        &[DEMO_HOST, "--format=argocd", "--namespace=argocd"],
    ));
    let token = api.tokens().remove(0);
    assert_eq!(one["metadata"]["name"], NAME);
    assert_eq!(one["metadata"]["namespace"], "argocd");
    assert_eq!(
        one["metadata"]["labels"],
        json!({"argocd.argoproj.io/secret-type": "repository"})
    );
    assert_eq!(one.get("type"), None);
    assert_eq!(
        one["stringData"],
        json!({
            "url": DEMO_HOST, "name": "demo", "type": "helm", "enableOCI": "true",
            "username": token.name, "password": token.password,
        })
    );
    let two = print(
        &home,
        &api,
        &[
            DEMO_HOST,
            OTHER,
            "--format=argocd",
            "--label=argocd.argoproj.io/secret-type=repo-creds",
        ],
    );
    let documents: Vec<Value> = two.split("\n---\n").map(read).collect();
    let names: Vec<_> = documents
        .iter()
        .map(|one| &one["metadata"]["name"])
        .collect();
    assert_eq!(
        names,
        [&format!("{NAME}-{DEMO_HOST}"), &format!("{NAME}-{OTHER}")]
    );
    for document in documents {
        assert_eq!(
            document["metadata"]["labels"],
            json!({"argocd.argoproj.io/secret-type": "repo-creds"})
        );
    }
}

/// A stored login may contain any characters and does not expire.
#[test]
fn stored_login_survives_yaml_and_json() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let password = "no: #{it's} \"1e5\"\\ é\u{85}\u{2028}\tx \u{200d}\u{ad}\u{e0041}";
    home.helper_for(&api)
        .store(DEMO_HOST, "yes", password)
        .says("");
    let argocd = print(&home, &api, &[DEMO_HOST, "--format=argocd"]);
    let read: BTreeMap<String, Value> = serde_saphyr::from_str(&argocd).unwrap();
    assert_eq!(read["stringData"]["username"], "yes");
    assert_eq!(read["stringData"]["password"], password);
    assert_eq!(read["metadata"].get("annotations"), None);
    assert!(!argocd.contains("expires"), "{argocd}");
    let bare = print(&home, &api, &[DEMO_HOST, "--format", "dockerconfigjson"]);
    let bare: Value = serde_json::from_str(&bare).unwrap();
    assert_eq!(bare["auths"][DEMO_HOST]["password"], password);
    assert!(!argocd.contains('\u{200d}'), "{argocd}");
}
