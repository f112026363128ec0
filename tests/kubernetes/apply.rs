//! `kubernetes-apply`: when it mints and what it writes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Job, NAME};
use crate::support::fake_cluster::FakeCluster;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::Home;
use crate::support::proxy::Proxy;
use crate::support::tls::Ca;

const SECRET: &str = "/api/v1/namespaces/shop/secrets/ionos-registry";
const OWNER: &str = "fieldManager=docker-credential-ionos&force=true";

#[test]
fn secret_is_applied_in_place() {
    let job = Job::new(&["shop"]);
    job.cluster.objects().put_placeholder("shop", NAME);
    let uid = job.cluster.objects().secret("shop", NAME).unwrap()["metadata"]["uid"].clone();
    let done = job.apply(&["--namespace", "shop", "--label", "team=a"]);
    let token = job.api.tokens().remove(0);
    let end = job.expires_at("shop");
    done.says(&format!("shop: secret {NAME}: refreshed, expires {end}\n"));
    let auth = BASE64_STANDARD.encode(format!("{}:{}", token.name, token.password));
    assert_eq!(
        job.cluster.payload("shop", NAME),
        json!({"auths": {DEMO_HOST: {
            "username": token.name, "password": token.password, "auth": auth,
        }}})
    );
    let secret = job.cluster.objects().secret("shop", NAME).unwrap().clone();
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    assert_eq!(secret["metadata"]["uid"], uid);
    assert_eq!(secret["metadata"]["labels"], json!({"team": "a"}));
    // The rights are checked before a token is minted.
    assert_eq!(
        job.cluster.lines(),
        [
            format!("GET {SECRET}"),
            format!("PATCH {SECRET}?{OWNER}&dryRun=All&fieldValidation=Strict"),
            format!("PATCH {SECRET}?{OWNER}"),
        ]
    );
    let probe = &job.cluster.requests()[1];
    let probed = probe.json()["data"][".dockerconfigjson"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(BASE64_STANDARD.decode(probed).unwrap(), br#"{"auths":{}}"#);
    assert_eq!(
        probe.header("content-type"),
        Some("application/apply-patch+yaml")
    );
    let connections = job.cluster.requests();
    assert!(connections.iter().all(|request| request.connection == 1));
    let scopes = job.api.requests().pop().unwrap().json()["properties"]["scopes"].clone();
    assert_eq!(scopes[0]["actions"], json!(["pull"]));
}

#[test]
fn missing_secret_is_created() {
    let job = Job::new(&["own"]);
    let done = job.apply(&[]);
    let end = job.expires_at("own");
    done.says(&format!("own: secret {NAME}: created, expires {end}\n"));
}

#[test]
fn fresh_secret_is_neither_minted_nor_written() {
    let job = Job::new(&["shop"]);
    let first = job.apply(&["--namespace=shop"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    job.cluster.forget_requests();
    let end = job.expires_at("shop");
    let unchanged = format!("shop: secret {NAME}: unchanged, expires {end}\n");
    job.apply(&["--namespace=shop"]).says(&unchanged);
    assert_eq!(job.cluster.lines(), [format!("GET {SECRET}")]);
    // The default lifetime is 12 h.
    job.set_left("shop", 6 * 3600 + 60);
    assert_eq!(job.apply(&["--namespace=shop"]).code, Some(0));
    assert_eq!(job.minted(), 1);
    job.set_left("shop", 6 * 3600 - 60);
    assert_eq!(job.apply(&["--namespace=shop"]).code, Some(0));
    assert_eq!(job.minted(), 2);
    // Running pulls may still use the superseded token.
    assert_eq!(job.api.count("DELETE", ""), 0);
    assert_eq!(job.api.tokens().len(), 2);
}

#[test]
fn half_life_follows_the_configured_lifetime() {
    let job = Job::new(&["shop"]);
    let helper = job.helper().env("IONOS_CR_TOKEN_TTL", "4h");
    assert_eq!(job.apply_as(&helper, &["-n", "shop"]).code, Some(0));
    job.set_left("shop", 2 * 3600 + 60);
    assert_eq!(job.apply_as(&helper, &["-n", "shop"]).code, Some(0));
    assert_eq!(job.minted(), 1);
    job.set_left("shop", 2 * 3600 - 60);
    assert_eq!(job.apply_as(&helper, &["-n", "shop"]).code, Some(0));
    assert_eq!(job.minted(), 2);
}

#[test]
fn differing_secret_is_refreshed() {
    let job = Job::new(&["shop"]);
    job.api.add_registry(RegistrySpec::new("other"));
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
    let other = "other.cr.de-fra.ionos.com";
    let mut minted = 1;
    let mut is_minted_anew = |args: &[&str], new: usize| {
        let all: Vec<&str> = [&["-n", "shop"], args].concat();
        assert_eq!(job.apply(&all).code, Some(0));
        minted += new;
        assert_eq!(job.minted(), minted, "{args:?}");
    };
    is_minted_anew(&[], 0);
    is_minted_anew(&[other], 2);
    is_minted_anew(&[other], 0);
    is_minted_anew(&[other, "--label=a=b"], 2);
    is_minted_anew(&[other, "--label=a=b"], 0);
    let breakages: [fn(&mut Value); 6] = [
        |it| it["metadata"]["annotations"] = json!({}),
        |it| it["metadata"]["annotations"]["docker-credential-ionos/expires-at"] = json!("soon"),
        |it| it["data"] = json!({".dockerconfigjson": "e30="}),
        |it| it["data"] = json!({".dockerconfigjson": "????"}),
        |it| it["data"] = json!(null),
        |it| it["metadata"]["labels"] = json!(null),
    ];
    for broken in breakages {
        job.cluster.objects().edit_secret("shop", NAME, broken);
        is_minted_anew(&[other, "--label=a=b"], 2);
    }
}

#[test]
fn one_token_is_written_to_all_namespaces() {
    let job = Job::new(&["a", "b", "c"]);
    let all = ["-n", "a", "-n", "b", "-n", "c", "-n", "a"];
    let done = job.apply(&all);
    let end = job.expires_at("a");
    let line = |namespace: &str, done: &str| {
        format!("{namespace}: secret {NAME}: {done}, expires {end}\n")
    };
    done.says(&["a", "b", "c"].map(|it| line(it, "created")).concat());
    assert_eq!(job.minted(), 1);
    // If one Secret is due, all are refreshed, so that they expire together.
    job.set_left("b", 60);
    let done = job.apply(&all);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(job.minted(), 2);
    let payload = job.cluster.payload("b", NAME);
    assert_eq!(job.cluster.payload("a", NAME), payload);
    assert_eq!(job.cluster.payload("c", NAME), payload);
}

#[test]
fn dry_run_checks_the_cluster_and_mints_nothing() {
    let job = Job::new(&["a", "b", "c"]);
    job.cluster.objects().put_placeholder("b", NAME);
    assert_eq!(job.apply(&["-n", "c"]).code, Some(0));
    job.cluster.forget_requests();
    let end = job.expires_at("c");
    let args = [
        "-na",
        "-nb",
        "-nc",
        "--service-account=default",
        "--dry-run",
    ];
    job.apply(&args).says(&format!(
        "a: secret {NAME}: would be created (dry run)\n\
         b: secret {NAME}: would be refreshed (dry run)\n\
         c: secret {NAME}: could be refreshed; expires {end} (dry run)\n\
         a: service account default: would be changed (dry run)\n\
         b: service account default: would be changed (dry run)\n\
         c: service account default: would be changed (dry run)\n"
    ));
    assert_eq!(job.minted(), 1);
    let written = job.cluster.lines();
    let mut patches = written.iter().filter(|line| line.starts_with("PATCH"));
    assert!(
        patches.all(|line| line.contains("dryRun=All")),
        "{written:?}"
    );
    assert!(job.cluster.objects().secret("a", NAME).is_none());
    assert_eq!(job.cluster.payload("b", NAME), json!({}));
    assert!(
        job.cluster
            .objects()
            .pull_secrets("a", "default")
            .is_empty()
    );
}

#[test]
fn pod_without_home_and_cache_works() {
    let job = Job::new(&["shop"]);
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
    let files = job.home.files();
    assert_eq!(files, ["pod/ca.crt", "pod/namespace", "pod/token"]);
}

#[test]
fn outside_a_cluster_it_fails() {
    let home = Home::new();
    let done = home.helper().run(&["kubernetes-apply", DEMO_HOST], "");
    let hint = done.refuses("not in a pod: KUBERNETES_SERVICE_HOST is not set");
    assert!(hint.contains("kubernetes-manifest"), "{hint}");
}

#[test]
fn missing_pod_file_is_named() {
    let job = Job::new(&["shop"]);
    let pod = job.home.path().join("pod");
    let path = |name: &str| pod.join(name).display().to_string();
    let helper = job.helper();
    let run = || job.apply_as(&helper, &[]);
    std::fs::remove_file(pod.join("namespace")).unwrap();
    run().refuses("no --namespace was given, and the namespace of the pod is unknown");
    job.home.file("pod/ca.crt", "not a certificate");
    run().refuses(&format!("{}: it contains no certificate", path("ca.crt")));
    job.home.file("pod/token", "\n");
    run().refuses(&format!("cannot read {}: the file is empty", path("token")));
    std::fs::remove_file(pod.join("token")).unwrap();
    let hint = run().refuses(&format!(
        "cannot read {}: No such file or directory",
        path("token")
    ));
    assert!(hint.contains("automountServiceAccountToken"), "{hint}");
    job.apply_as(&helper.env("KUBERNETES_SERVICE_PORT", "https"), &[])
        .refuses("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not an address");
    assert_eq!(job.cluster.lines().len(), 0);
}

#[test]
fn only_the_cluster_ca_is_trusted() {
    let job = Job::new(&["shop"]);
    // The system trusts this authority, the pod does not.
    let ca = Ca::new();
    let system = ca.write_pem(job.home.path());
    let certificate = ca.issue(&["127.0.0.1"]);
    let impostor = FakeCluster::with(&["shop"], ca, &certificate);
    let helper = job
        .helper()
        .env("SSL_CERT_FILE", system.to_str().unwrap())
        .env(
            "KUBERNETES_SERVICE_PORT",
            &impostor.address().port().to_string(),
        );
    let done = job.apply_as(&helper, &["-n", "shop"]);
    let address = impostor.address();
    done.refuses(&format!(
        "secret {NAME} in namespace shop: no trusted connection to the cluster at {address}: its certificate is issued by an unknown CA"
    ));
    assert_eq!(impostor.lines().len(), 0);
}

#[test]
fn cluster_requests_use_the_proxy_unless_excluded() {
    let job = Job::new(&["shop"]);
    let proxy = Proxy::to(job.cluster.address());
    let helper = job
        .helper()
        .env("KUBERNETES_SERVICE_HOST", "10.96.0.1")
        .env("KUBERNETES_SERVICE_PORT", "443")
        .env("HTTPS_PROXY", &proxy.url());
    let done = job.apply_as(&helper, &["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(proxy.targets(), ["10.96.0.1:443"]);
    // Linux connects to this machine with this address. It is not loopback, so the proxy applies.
    let helper = helper
        .env("KUBERNETES_SERVICE_HOST", "0.0.0.0")
        .env(
            "KUBERNETES_SERVICE_PORT",
            &job.cluster.address().port().to_string(),
        )
        .env("NO_PROXY", "10.0.0.0/8,0.0.0.0/8");
    let done = job.apply_as(&helper, &["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(proxy.targets().len(), 1);
    let done = job.apply_as(&helper.without("NO_PROXY"), &["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(proxy.targets().len(), 2);
}

#[test]
fn failed_mint_keeps_the_existing_secret() {
    let job = Job::new(&["shop"]);
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
    job.set_left("shop", 600);
    let before = job.cluster.payload("shop", NAME);
    let api = FakeIonos::start();
    let helper = job
        .helper()
        .env("IONOS_API_URL", &api.url())
        .env("IONOS_TOKEN", "wrong");
    let done = job.apply_as(&helper, &["-n", "shop"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("401"), "{done:?}");
    assert_eq!(job.cluster.payload("shop", NAME), before);
}
