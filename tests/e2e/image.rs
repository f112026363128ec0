//! The image of the `CronJob`: built from its Dockerfile and run as in a cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::{
    docker,
    engine::Engine,
    needs,
    person::Answer,
    podman,
    resolver::STATIC,
    site::{FIRST_MINT, HELPER, Scheme, Site},
    support::{
        fake_cluster::FakeCluster,
        fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST},
    },
};

/// Programs that this scenario needs. buildah reads the `BuildKit` Dockerfile without a daemon.
pub(crate) const PROGRAMS: &[&str] =
    &["docker", "dockerd", "containerd", "runc", "buildah", STATIC];

const DOCKERFILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/packaging/kubernetes/Dockerfile"
);
const IMAGE: &str = "docker-credential-ionos:test";

/// The image contains only the program and certificates, and runs unprivileged.
pub(crate) fn in_a_cluster() -> Option<String> {
    let site = Site::open("the image of the CronJob", Scheme::BASIC);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let person = docker::person(&site, &engine);
    let docker = &docker::client();
    person
        .run(docker, &["load", "--input", &build(&site)])
        .succeeds();

    let pod = site.dir("pod");
    let cluster = FakeCluster::start(&["shop"]);
    cluster.objects().put_placeholder("shop", "ionos-registry");
    cluster.mount(&pod, "shop");
    fs::write(pod.join("account"), ACCOUNT_TOKEN).unwrap();
    readable(&pod);
    let volume = |from: &Path, to: &str| format!("--volume={}:{to}:ro", from.display());
    let service_account = volume(&pod, "/var/run/secrets/kubernetes.io/serviceaccount");
    let account = volume(&pod.join("account"), "/var/run/secrets/ionos/token");
    let port = format!("--env=KUBERNETES_SERVICE_PORT={}", cluster.address().port());
    let confined = [
        "run",
        "--rm",
        "--network=host",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
    ];
    let given = [
        &service_account,
        &account,
        "--env=KUBERNETES_SERVICE_HOST=127.0.0.1",
        &port,
        "--env=IONOS_TOKEN_FILE=/var/run/secrets/ionos/token",
    ];
    let run = |given: &[&str], arguments: &[&str]| -> Answer {
        person.run(
            docker,
            &[&confined[..], given, &[IMAGE], arguments].concat(),
        )
    };

    run(&[], &["version"]).succeeds().says(HELPER);
    run(&[], &["kubernetes-apply", DEMO_HOST])
        .fails()
        .calling(&[])
        .says("not in a pod");
    let apply = || run(&given, &["kubernetes-apply", DEMO_HOST]).succeeds();
    apply().calling(FIRST_MINT);
    let (token, password) = site.one_token();
    let login = &cluster.payload("shop", "ionos-registry")["auths"][DEMO_HOST];
    assert_eq!(
        (login["username"].as_str(), login["password"].as_str()),
        (Some(token.as_str()), Some(password.as_str()))
    );
    // Half an hour later the Secret is still fresh.
    apply().calling(&[]);
    None
}

/// Builds the image as a tar file for `docker load`.
fn build(site: &Site) -> String {
    let context = site.dir("context");
    fs::create_dir(context.join("amd64")).unwrap();
    let program = needs::find(STATIC).expect("it is among the programs");
    fs::copy(program, context.join("amd64").join(HELPER)).unwrap();
    for text in ["LICENSE", "packaging/THIRD-PARTY-NOTICES"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(text);
        let to = context.join("amd64").join(from.file_name().unwrap());
        fs::copy(from, to).unwrap();
    }
    fs::copy(site.ca_file(), context.join("ca-certificates.crt")).unwrap();
    let archive = site.dir("image").join("image.tar").display().to_string();
    let target = format!("docker-archive:{archive}:{IMAGE}");
    let person = podman::with_storage(site);
    let buildah = &needs::find("buildah").expect("it is among the programs");
    let context = context.display().to_string();
    let build = [
        "build",
        "--platform=linux/amd64",
        "--file",
        DOCKERFILE,
        "--tag",
        IMAGE,
        &context,
    ];
    person.run(buildah, &build).succeeds();
    person.run(buildah, &["push", IMAGE, &target]).succeeds();
    archive
}

/// Makes files readable for the image's user. A cluster does this with their group.
fn readable(dir: &Path) {
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    set(dir, 0o755);
    for entry in fs::read_dir(dir).unwrap() {
        set(&entry.unwrap().path(), 0o644);
    }
}
