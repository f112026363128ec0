//! `kubernetes-manifest`: output and refusals.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::NAME;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Done, Helper, Home};

pub(super) const OTHER: &str = "other.cr.de-fra.ionos.com";

pub(super) fn print(home: &Home, api: &FakeIonos, args: &[&str]) -> String {
    let all: Vec<&str> = [&["kubernetes-manifest"], args].concat();
    let done = home.helper_for(api).run(&all, "");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    done.stdout
}

/// Parses the manifest with a YAML library.
pub(super) fn read(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap()
}

pub(super) fn payload(secret: &Value) -> Value {
    let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
    serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
}

#[test]
fn manifest_is_a_pull_secret() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let text = print(&home, &api, &[DEMO_HOST]);
    let token = api.tokens().remove(0);
    let auth = BASE64_STANDARD.encode(format!("{}:{}", token.name, token.password));
    let secret = read(&text);
    assert_eq!(
        payload(&secret),
        json!({"auths": {DEMO_HOST: {
            "username": token.name, "password": token.password, "auth": auth,
        }}})
    );
    let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
    let expires = secret["metadata"]["annotations"]["docker-credential-ionos/expires-at"]
        .as_str()
        .unwrap();
    assert_eq!(
        text,
        format!(
            "# docker-credential-ionos kubernetes-manifest … | kubectl apply --server-side -f -
# expires {expires}
apiVersion: v1
data:
  .dockerconfigjson: {data}
kind: Secret
metadata:
  annotations:
    docker-credential-ionos/expires-at: \"{expires}\"
  name: {NAME}
type: kubernetes.io/dockerconfigjson
"
        )
    );
    let end: jiff::Timestamp = expires.parse().unwrap();
    assert!(end.as_second() >= docker_credential_ionos::env::now() + 11 * 3600);
    assert!(api.accepts(&token.name, &token.password));
}

#[test]
fn alias_prints_the_same_manifest() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let text = print(&home, &api, &[DEMO_HOST]);
    home.helper_for(&api)
        .run(&["k8s", DEMO_HOST], "")
        .says(&text);
}

#[test]
fn several_hosts_share_one_secret() {
    let api = FakeIonos::start();
    api.add_registry(RegistrySpec::new("other"));
    let home = Home::new();
    let text = print(&home, &api, &[DEMO_HOST, OTHER, DEMO_HOST]);
    let payload = payload(&read(&text));
    let hosts: Vec<_> = payload["auths"].as_object().unwrap().keys().collect();
    assert_eq!(hosts, [DEMO_HOST, OTHER]);
    assert_eq!(api.tokens().len(), 2);
}

#[test]
fn manifest_token_is_pull_only_by_default() {
    let actions = |api: &FakeIonos| {
        let request = api
            .requests()
            .into_iter()
            .rfind(|request| request.method == "POST");
        request.unwrap().json()["properties"]["scopes"][0]["actions"].clone()
    };
    let (home, api) = (Home::new(), FakeIonos::start());
    print(&home, &api, &[DEMO_HOST]);
    assert_eq!(actions(&api), json!(["pull"]));
    print(&home, &api, &[DEMO_HOST, "--profile", "push"]);
    assert_eq!(actions(&api), json!(["pull", "push"]));
    home.helper_called("docker-credential-ionos-deploy", &api)
        .run(&["k8s", DEMO_HOST], "")
        .refuses(&format!(
            "no credential for {DEMO_HOST}: there is no profile 'deploy'"
        ));
    let home = Home::new();
    home.configure(json!({
        "profiles": {"cluster": {"actions": ["pull", "delete"]}},
        "registries": {DEMO_HOST: {"profile": "cluster"}},
    }));
    print(&home, &api, &[DEMO_HOST]);
    assert_eq!(actions(&api), json!(["pull", "delete"]));
}

#[test]
fn name_namespace_and_labels_are_set() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let args = [
        DEMO_HOST,
        "--name=team.pull",
        "--namespace=shop",
        "--label=app.example.com/part-of=a.B_c",
        "--label=on=true",
        "--label=empty=",
    ];
    let secret = read(&print(&home, &api, &args));
    let mut metadata = secret["metadata"].clone();
    metadata.as_object_mut().unwrap().remove("annotations");
    assert_eq!(
        metadata,
        json!({
            "name": "team.pull", "namespace": "shop",
            "labels": {"app.example.com/part-of": "a.B_c", "on": "true", "empty": ""},
        })
    );
}

#[test]
fn invalid_kubernetes_names_are_refused_before_minting() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let run = |args: &[&str]| -> Done {
        let all: Vec<&str> = [&["k8s"], args].concat();
        home.helper_for(&api).run(&all, "")
    };
    let long = "a".repeat(64);
    for (args, what) in [
        (
            &[DEMO_HOST, "--namespace", "Shop"][..],
            "invalid value 'Shop' for '--namespace <NAMESPACE>': a namespace has at most 63 of a-z, 0-9 and -, with a letter or digit at both ends",
        ),
        (
            &[DEMO_HOST, "--namespace", &long],
            &format!(
                "invalid value '{long}' for '--namespace <NAMESPACE>': a namespace has at most 63 of a-z, 0-9 and -, with a letter or digit at both ends"
            ),
        ),
        (
            &[DEMO_HOST, "--name", "a/../b"],
            "invalid value 'a/../b' for '--name <NAME>': a name has at most 253 characters (a-z, 0-9, - and .), with a letter or digit at both ends of each part",
        ),
        (
            &[DEMO_HOST, "--label", "team"],
            "invalid value 'team' for '--label <KEY=VALUE>': a label is KEY=VALUE",
        ),
        (
            &[DEMO_HOST, "--label", "a b=c"],
            "invalid value 'a b=c' for '--label <KEY=VALUE>': a label's key has at most 63 letters, digits, -, _ and ., with a letter or digit at both ends, optionally after a domain and /",
        ),
        (
            &[DEMO_HOST, "--label", "a=b\nc"],
            "invalid value 'a=b c' for '--label <KEY=VALUE>': a label's value has at most 63 letters, digits, -, _ and ., with a letter or digit at both ends",
        ),
        (
            &[DEMO_HOST, "--label", "a=b", "--label", "a=c"],
            "label a has two values, 'b' and 'c'",
        ),
        (
            &[DEMO_HOST, "--format", "helm"],
            "invalid value 'helm' for '--format <FORMAT>' [possible values: secret, dockerconfigjson, argocd]",
        ),
        (
            &[DEMO_HOST, "--format", "dockerconfigjson", "--name", "x"],
            "--format dockerconfigjson cannot have --name, --namespace or --label",
        ),
        (&["docker.io"], "docker.io is not an IONOS registry"),
        (
            &[],
            "the following required arguments were not provided: <HOST>...",
        ),
        (
            &[
                DEMO_HOST,
                OTHER,
                "--format=argocd",
                "--name",
                &vec!["a"; 120].join("."),
            ],
            &format!(
                "'{}-{DEMO_HOST}' is not a valid name: a name has at most 253 characters (a-z, 0-9, - and .), with a letter or digit at both ends of each part",
                vec!["a"; 120].join(".")
            ),
        ),
    ] {
        run(args).refuses(what);
    }
    assert_eq!(api.requests().len(), 0);
}

#[test]
fn soon_expiring_cached_token_is_replaced() {
    let (home, api) = (Home::new(), FakeIonos::start());
    let helper = home.helper_for(&api);
    let printed = |helper: &Helper| {
        let done = helper.run(&["kubernetes-manifest", DEMO_HOST], "");
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
        let login = &payload(&read(&done.stdout))["auths"][DEMO_HOST];
        let mut tokens = api.tokens().into_iter();
        let token = tokens.find(|token| login["username"] == token.name);
        token.unwrap().expiry
    };
    // The cached token is too short, so a token with the requested lifetime is minted.
    let half_a_day = printed(&helper);
    assert_eq!(printed(&helper), half_a_day);
    let a_month = printed(&helper.clone().env("IONOS_CR_TOKEN_TTL", "720h"));
    assert!(a_month > half_a_day);
    // `get` would still return this credential during an outage. In the cluster it would expire unnoticed.
    home.age_entry(11 * 3600);
    api.fault(Fault::status(503).always());
    let done = helper.run(&["kubernetes-manifest", DEMO_HOST], "");
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    let start = format!("error: no credential for {DEMO_HOST}: ");
    assert!(done.stderr.starts_with(&start), "{done:?}");
}
