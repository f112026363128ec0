//! The files of packaging/kubernetes. packaging/kubernetes/check validates their schemas; these
//! tests run the program with them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Job, NAME};
use crate::support::fake_cluster::{Right, in_repository};
use crate::support::fake_ionos::DEMO_HOST;

const MEBIBYTE: u64 = 1024 * 1024;

fn documents(name: &str) -> Vec<Value> {
    let text = in_repository(&format!("packaging/kubernetes/{name}"));
    serde_saphyr::from_multiple(&text).unwrap()
}

#[track_caller]
fn only(name: &str, kind: &str) -> Value {
    let found = documents(name)
        .into_iter()
        .filter(|object| object["kind"] == kind);
    let [object] = &found.collect::<Vec<_>>()[..] else {
        panic!("not one {kind} in {name}");
    };
    object.clone()
}

fn pod() -> Value {
    only("cronjob.yaml", "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"].clone()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|text| text.as_str().expect("a text").to_owned())
        .collect()
}

fn rights(rule: &Value) -> Vec<Right> {
    assert_eq!(rule["apiGroups"], json!([""]));
    let mut rights = Vec::new();
    for resource in texts(&rule["resources"]) {
        for name in texts(&rule["resourceNames"]) {
            for verb in texts(&rule["verbs"]) {
                rights.push(Right::new(&verb, &resource, &name, "own"));
            }
        }
    }
    rights.sort();
    rights
}

/// The item that a component's patch appends to a list.
fn added(kind: &str) -> Value {
    let component = only("default-service-account/kustomization.yaml", "Component");
    let patches = component["patches"].as_array().unwrap();
    let patch = patches.iter().find(|patch| patch["target"]["kind"] == kind);
    let patch = patch.unwrap()["patch"].as_str().unwrap();
    let operations: Vec<Value> = serde_saphyr::from_str(patch).unwrap();
    assert_eq!(operations.len(), 1);
    assert_eq!(operations[0]["op"], "add");
    assert!(operations[0]["path"].as_str().unwrap().ends_with("/-"));
    operations[0]["value"].clone()
}

/// The shipped job in the shipped namespace, with the rights of the Role.
#[track_caller]
fn runs_with(args: &[String], rights: &[Right]) -> Job {
    let job = Job::new(&["own"]);
    let (secret, name) = (only("secret.yaml", "Secret"), NAME);
    assert_eq!(secret["metadata"]["name"], name);
    job.cluster.objects().put_secret("own", name, secret);
    job.cluster.objects().allow_only(rights.to_vec());
    assert_eq!(args[0], "kubernetes-apply");
    assert_eq!(args[1], DEMO_HOST);
    let args: Vec<&str> = args[2..].iter().map(String::as_str).collect();
    let mut helper = job.helper().without("IONOS_TOKEN");
    for variable in pod()["containers"][0]["env"].as_array().unwrap() {
        let name = variable["name"].as_str().unwrap();
        let value = match name {
            "IONOS_TOKEN_FILE" => {
                let mounts = &pod()["containers"][0]["volumeMounts"][0]["mountPath"];
                let path = variable["value"].as_str().unwrap();
                assert_eq!(path, format!("{}/token", mounts.as_str().unwrap()));
                job.home
                    .file("account", crate::support::fake_ionos::ACCOUNT_TOKEN)
            }
            _ => variable["value"].as_str().unwrap().to_owned(),
        };
        helper = helper.env(name, &value);
    }
    let done = job.apply_as(&helper, &args);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(job.minted(), 1);
    let used: Vec<Right> = job.cluster.objects().rights_used().into_iter().collect();
    assert_eq!(used, rights);
    job
}

/// The Role has every right that is used and no other.
#[test]
fn role_allows_exactly_what_the_job_needs() {
    let role = only("role.yaml", "Role");
    assert_eq!(role["rules"].as_array().unwrap().len(), 1);
    let mut all = rights(&role["rules"][0]);
    let mut args = texts(&pod()["containers"][0]["args"]);
    runs_with(&args, &all);
    // With the component for the service account "default".
    all.extend(rights(&added("Role")));
    all.sort();
    args.push(added("CronJob").as_str().unwrap().to_owned());
    let job = runs_with(&args, &all);
    assert_eq!(job.cluster.objects().pull_secrets("own", "default"), [NAME]);
}

/// The files that a further namespace needs, without the component.
#[test]
fn roles_of_a_further_namespace_allow_exactly_what_the_job_needs() {
    let mut all = rights(&only("role.yaml", "Role")["rules"][0]);
    let role = only("service-account-role.yaml", "Role");
    all.extend(rights(&role["rules"][0]));
    all.sort();
    let mut args = texts(&pod()["containers"][0]["args"]);
    args.push(added("CronJob").as_str().unwrap().to_owned());
    runs_with(&args, &all);
    let (binding, own) = (
        only("service-account-role.yaml", "RoleBinding"),
        only("role.yaml", "RoleBinding"),
    );
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    assert_ne!(binding["metadata"]["name"], own["metadata"]["name"]);
    assert_eq!(binding["subjects"], own["subjects"]);
}

#[test]
fn role_is_bound_to_the_service_account_of_the_pod() {
    let account = only("service-account.yaml", "ServiceAccount")["metadata"]["name"].clone();
    let (role, binding) = (only("role.yaml", "Role"), only("role.yaml", "RoleBinding"));
    assert_eq!(pod()["serviceAccountName"], account);
    assert_eq!(pod()["automountServiceAccountToken"], true);
    assert_eq!(binding["roleRef"]["kind"], "Role");
    assert_eq!(binding["roleRef"]["name"], role["metadata"]["name"]);
    let namespace = only("kustomization.yaml", "Kustomization")["namespace"].clone();
    assert_eq!(
        binding["subjects"],
        json!([{"kind": "ServiceAccount", "name": account, "namespace": namespace}])
    );
}

#[test]
fn placeholder_secret_is_accepted_by_a_cluster() {
    let secret = only("secret.yaml", "Secret");
    assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
    assert_eq!(secret["data"].as_object().unwrap().len(), 1);
    let payload = secret["data"][".dockerconfigjson"].as_str().unwrap();
    let payload = BASE64_STANDARD.decode(payload).unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&payload).unwrap(),
        json!({})
    );
    // Applying all manifests again must not empty the Secret.
    let kustomization = only("kustomization.yaml", "Kustomization");
    let resources = texts(&kustomization["resources"]);
    assert_eq!(
        resources,
        ["service-account.yaml", "role.yaml", "cronjob.yaml"]
    );
}

#[test]
fn schedule_is_valid_and_allows_several_attempts() {
    let job = only("cronjob.yaml", "CronJob");
    assert_eq!(job["apiVersion"], "batch/v1");
    let spec = &job["spec"];
    let schedule = spec["schedule"].as_str().unwrap();
    let fields: Vec<_> = schedule.split(' ').collect();
    assert_eq!(fields[1..], ["*"; 4], "{schedule}");
    let minutes: u32 = fields[0].strip_prefix("*/").unwrap().parse().unwrap();
    assert!((1..60).contains(&minutes));
    // There must be several runs in half a lifetime, so that one may fail.
    let env = pod()["containers"][0]["env"].as_array().unwrap().clone();
    let life = env.iter().find(|it| it["name"] == "IONOS_CR_TOKEN_TTL");
    let life = life.unwrap()["value"].as_str().unwrap().to_owned();
    let hours: u32 = life.strip_suffix('h').unwrap().parse().unwrap();
    assert!(hours * 60 / 2 >= 3 * minutes);
    assert_eq!(spec["concurrencyPolicy"], "Forbid");
    let deadline = &spec["jobTemplate"]["spec"]["activeDeadlineSeconds"];
    let deadline = deadline.as_u64().unwrap();
    assert!(deadline < u64::from(minutes) * 60);
    // Each attempt may wait a minute for the API and 20 s for the cluster; Kubernetes waits 10 s,
    // 20 s, 40 s before the next. The deadline would delete a running pod and its log.
    let retries = spec["jobTemplate"]["spec"]["backoffLimit"]
        .as_u64()
        .unwrap();
    let pauses: u64 = (0..retries).map(|n| 10 << n).sum();
    assert!(deadline >= (retries + 1) * 90 + pauses);
}

/// Requirements of the Pod Security Standard "restricted", and a few more.
#[test]
fn pod_is_unprivileged() {
    let pod = pod();
    // With OnFailure the pod of a failed Job is deleted, and its log with it.
    assert_eq!(pod["restartPolicy"], "Never");
    let security = &pod["securityContext"];
    assert_eq!(security["runAsNonRoot"], true);
    assert!(security["runAsUser"].as_u64().unwrap() > 0);
    assert_eq!(security["fsGroup"], security["runAsGroup"]);
    assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault");
    let [container] = &pod["containers"].as_array().unwrap()[..] else {
        panic!("not one container");
    };
    assert_eq!(
        container["securityContext"],
        json!({
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        })
    );
    let limit = container["resources"]["limits"]["memory"].as_str().unwrap();
    let limit: u64 = limit.strip_suffix("Mi").unwrap().parse().unwrap();
    assert!(limit * MEBIBYTE >= 32 * MEBIBYTE);
    // A quota on limits.cpu or limits.memory refuses a pod without that limit.
    for kind in ["requests", "limits"] {
        for resource in ["cpu", "memory"] {
            assert!(container["resources"][kind][resource].is_string());
        }
    }
    // The pod's group reads the account file.
    let volume = &pod["volumes"][0];
    assert_eq!(volume["name"], container["volumeMounts"][0]["name"]);
    assert_eq!(volume["secret"]["defaultMode"], 0o440);
}

#[test]
fn image_contains_the_program_and_certificates() {
    let text = in_repository("packaging/kubernetes/Dockerfile");
    let last = text.split("\nFROM ").last().unwrap();
    let lines: Vec<_> = last.lines().collect();
    assert_eq!(lines[0], "scratch");
    assert!(
        last.contains("/etc/ssl/certs/ca-certificates.crt"),
        "{last}"
    );
    let user = &pod()["securityContext"]["runAsUser"];
    assert!(
        lines.contains(&format!("USER {user}:{user}").as_str()),
        "{last}"
    );
    assert!(
        lines.contains(&r#"ENTRYPOINT ["/docker-credential-ionos"]"#),
        "{last}"
    );
}
