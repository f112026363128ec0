//! Refusals of a cluster: one line for each cause, without secrets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Job, NAME};
use crate::support::fake_cluster::{Answer, Right, status};
use crate::support::fake_ionos::DEMO_HOST;

/// Asserts that a refusal leaves no unused token.
#[track_caller]
fn is_refused_before_minting(job: &Job, what: &str) -> String {
    let done = job.apply(&["-n", "shop"]);
    let hint = done.refuses(&format!("secret {NAME} in namespace shop{what}"));
    assert_eq!(job.minted(), 0);
    hint
}

#[test]
fn unknown_service_account_token_is_reported() {
    let job = Job::new(&["shop"]);
    job.cluster.answer(
        "GET",
        "/secrets/",
        status(401, "Unauthorized", "Unauthorized"),
    );
    let hint = is_refused_before_minting(
        &job,
        ": the cluster does not accept the ServiceAccount's token: 401 \"Unauthorized\"",
    );
    assert!(hint.contains("restart the pod"), "{hint}");
}

#[test]
fn missing_rights_are_reported_with_grant_commands() {
    let job = Job::new(&["shop"]);
    let right = |verb: &str| Right::new(verb, "secrets", NAME, "shop");
    let said = |verb: &str| {
        format!(
            "403 \"secrets \"{NAME}\" is forbidden: User \"system:serviceaccount:refresher:docker-credential-ionos\" cannot {verb} resource \"secrets\" in API group \"\" in the namespace \"shop\"\""
        )
    };
    let grant = "grant it: kubectl -n shop create role docker-credential-ionos-secrets --verb=get,patch --resource=secrets --resource-name=ionos-registry && kubectl -n shop create rolebinding docker-credential-ionos-secrets --role=docker-credential-ionos-secrets --serviceaccount=refresher:docker-credential-ionos";
    job.cluster.objects().allow_only(vec![]);
    let hint = is_refused_before_minting(&job, &format!(": may not be read: {}", said("get")));
    assert_eq!(hint, grant);
    job.cluster.objects().allow_only(vec![right("get")]);
    let hint = is_refused_before_minting(&job, &format!(": may not be changed: {}", said("patch")));
    assert_eq!(hint, grant);
    job.cluster
        .objects()
        .allow_only(vec![right("get"), right("patch")]);
    let hint = is_refused_before_minting(
        &job,
        &format!(
            ": it does not exist and may not be created: {}",
            said("create")
        ),
    );
    assert_eq!(
        hint,
        "create an empty one: kubectl -n shop create secret generic ionos-registry --type=kubernetes.io/dockerconfigjson --from-literal=.dockerconfigjson={}"
    );
    job.cluster.objects().put_placeholder("shop", NAME);
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
}

#[test]
fn missing_namespace_is_reported() {
    let job = Job::new(&[]);
    let hint = is_refused_before_minting(
        &job,
        ": the namespace does not exist: 404 \"namespaces \"shop\" not found\"",
    );
    assert_eq!(
        hint,
        "create it with kubectl create namespace shop, or leave it out of --namespace"
    );
}

#[test]
fn immutable_secret_and_secret_of_another_type_are_reported() {
    let job = Job::new(&["shop"]);
    let delete =
        "choose another --name, or delete it once: kubectl -n shop delete secret ionos-registry";
    job.cluster.objects().put_secret(
        "shop",
        NAME,
        json!({"type": "Opaque", "data": {"a": "Yg=="}}),
    );
    let hint = is_refused_before_minting(&job, " cannot be changed: its type is Opaque");
    assert_eq!(hint, delete);
    job.cluster.objects().put_secret(
        "shop",
        NAME,
        json!({"type": "kubernetes.io/dockerconfigjson", "immutable": true, "data": {".dockerconfigjson": "e30="}}),
    );
    let hint = is_refused_before_minting(&job, " cannot be changed: it is immutable");
    assert_eq!(hint, delete);
}

#[test]
fn secret_of_another_type_created_after_the_read_is_reported() {
    let job = Job::new(&["shop"]);
    job.cluster.meanwhile("PATCH", "/secrets/", |objects| {
        objects.put_secret("shop", NAME, json!({"type": "Opaque"}));
    });
    let hint = is_refused_before_minting(
        &job,
        ": the cluster does not accept it: 422 \"Secret \"ionos-registry\" is invalid: type: Invalid value: \"kubernetes.io/dockerconfigjson\": field is immutable\"",
    );
    assert!(
        hint.contains("kubectl -n shop delete secret ionos-registry"),
        "{hint}"
    );
}

#[test]
fn conflict_is_retried() {
    let conflict = || status(409, "Conflict", "the object has been modified");
    let job = Job::new(&["shop"]);
    for _ in 0..4 {
        job.cluster.answer("PATCH", "/secrets/", conflict());
    }
    assert_eq!(job.apply(&["-n", "shop"]).code, Some(0));
    assert_eq!(job.cluster.faults_left(), 0);
    let job = Job::new(&["shop"]);
    for _ in 0..5 {
        job.cluster.answer("PATCH", "/secrets/", conflict());
    }
    is_refused_before_minting(
        &job,
        ": another writer keeps changing it: 409 \"the object has been modified\"",
    );
}

#[test]
fn transient_errors_are_retried() {
    let job = Job::new(&["shop"]);
    for code in [503, 429] {
        let busy = status(code, "TooManyRequests", "try later").retry_after(0);
        job.cluster.answer("GET", "/secrets/", busy.clone());
        job.cluster.answer("PATCH", "/secrets/", busy);
    }
    let done = job.apply(&["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!((job.cluster.faults_left(), job.minted()), (0, 1));
    job.set_left("shop", 60);
    for method in ["GET", "PATCH"] {
        job.cluster.hang_up(method, "/secrets/");
    }
    let done = job.apply(&["-n", "shop"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!((job.cluster.faults_left(), job.minted()), (0, 2));
}

#[test]
fn other_refusals_quote_the_message_of_the_cluster() {
    for (answer, what) in [
        (
            status(422, "Invalid", "admission webhook denied it"),
            "the cluster does not accept it: 422 \"admission webhook denied it\"",
        ),
        (
            status(500, "", ".foo: field not declared in schema"),
            "the cluster failed: 500 \".foo: field not declared in schema\"",
        ),
        (
            Answer::text(500, "<html>\nnot a Status"),
            "the cluster failed: 500",
        ),
        (
            status(415, "UnsupportedMediaType", "unknown\r\nformat"),
            "the cluster refused the request: 415 \"unknown format\"",
        ),
        (
            Answer::text(302, ""),
            "the cluster refused the request: 302",
        ),
    ] {
        let job = Job::new(&["shop"]);
        job.cluster.answer("PATCH", "/secrets/", answer);
        is_refused_before_minting(&job, &format!(": {what}"));
    }
    for code in [429, 503] {
        let job = Job::new(&["shop"]);
        for _ in 0..3 {
            let busy = status(code, "", "later").retry_after(0);
            job.cluster.answer("PATCH", "/secrets/", busy);
        }
        let what = if code == 429 {
            "the cluster gets too many requests"
        } else {
            "the cluster failed"
        };
        is_refused_before_minting(&job, &format!(": {what}: {code} \"later\""));
    }
}

#[test]
fn webhook_that_does_not_answer_is_not_called_a_failure_of_the_cluster() {
    let job = Job::new(&["shop"]);
    let answer = status(500, "InternalError", "failed calling webhook x: timeout");
    job.cluster.answer("PATCH", "/secrets/", answer);
    let what = ": an admission webhook does not answer: 500 \"failed calling webhook x: timeout\"";
    let hint = is_refused_before_minting(&job, what);
    assert!(
        hint.contains("check the webhook that the message names"),
        "{hint}"
    );
}

#[test]
fn answer_that_is_no_object_is_not_quoted() {
    let job = Job::new(&["shop"]);
    for body in ["", "{", "[]", "\"s3cret\"", r#"{"data": "s3cret"}"#] {
        job.cluster
            .answer("GET", "/secrets/", Answer::text(200, body));
        let address = job.cluster.address();
        is_refused_before_minting(
            &job,
            &format!(
                ": the cluster at {address} gave no usable answer: it does not match the API's description"
            ),
        );
    }
}

/// Gateways and admission webhooks quote the request that they refuse.
#[test]
fn refusals_print_no_secret() {
    let job = Job::new(&["shop"]);
    job.cluster.objects().put_placeholder("shop", NAME);
    let token = job.cluster.token().to_owned();
    for quoted in [token.clone(), token[token.len() - 30..].to_owned()] {
        let refusal = status(403, "Forbidden", &format!("bad token {quoted}"));
        job.cluster.answer("GET", "/secrets/", refusal);
        is_refused_before_minting(&job, ": may not be read: 403");
    }
}

#[test]
fn refused_write_does_not_print_the_secret() {
    fn payload(secret: &Value) -> Value {
        let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
        serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
    }
    let quotes: [fn(&Value) -> String; 4] = [
        |secret| secret.to_string(),
        |secret| secret["data"][".dockerconfigjson"].as_str().unwrap()[40..80].to_owned(),
        |secret| payload(secret)["auths"][DEMO_HOST]["password"].to_string(),
        |secret| payload(secret)["auths"][DEMO_HOST]["auth"].to_string(),
    ];
    for quote in quotes {
        let job = Job::new(&["shop"]);
        job.cluster.echo_writes(quote);
        let done = job.apply(&["-n", "shop"]);
        done.refuses(&format!(
            "secret {NAME} in namespace shop: the cluster does not accept it: 422"
        ));
        assert_eq!(job.minted(), 1);
    }
    // A message without a secret is printed.
    let job = Job::new(&["shop"]);
    job.cluster.echo_writes(|secret| secret["kind"].to_string());
    job.apply(&["-n", "shop"]).refuses(&format!(
        "secret {NAME} in namespace shop: the cluster does not accept it: 422 \"admission webhook denied \"Secret\" as such\""
    ));
}

#[test]
fn failing_namespace_does_not_stop_the_others() {
    let job = Job::new(&["a", "c", "d"]);
    job.cluster
        .objects()
        .put_secret("c", NAME, json!({"type": "Opaque"}));
    let args = ["-na", "-nb", "-nc", "-nd", "--service-account=default"];
    let done = job.apply(&args);
    assert_eq!(done.code, Some(1));
    let end = job.expires_at("a");
    assert_eq!(
        done.stdout,
        format!(
            "a: secret {NAME}: created, expires {end}\n\
             d: secret {NAME}: created, expires {end}\n\
             a: service account default: changed\n\
             d: service account default: changed\n"
        )
    );
    let errors: Vec<_> = done
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(
        errors,
        [
            "error: secret ionos-registry in namespace b: the namespace does not exist: 404 \"namespaces \"b\" not found\"",
            "error: secret ionos-registry in namespace c cannot be changed: its type is Opaque",
        ]
    );
    assert_eq!(job.minted(), 1);
}

#[test]
fn no_token_is_minted_when_no_namespace_accepts_it() {
    let job = Job::new(&[]);
    let done = job.apply(&["-n", "a", "-n", "b"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(job.api.requests().len(), 0);
}
