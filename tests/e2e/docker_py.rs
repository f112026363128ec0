//! docker-py, the library of many deployment tools.

use std::path::PathBuf;

use serde_json::json;

use crate::{
    build::{self, BROKEN_LINE},
    crate_client::digest,
    docker,
    engine::{self, Engine},
    needs,
    person::{Answer, Person},
    site::{FIRST_MINT, REVOCATION, Scheme, Site},
    support::fake_ionos::DEMO_HOST,
};

/// The Python environment that `.ci/run` creates.
const PYTHON: &str = "target/e2e-venv/bin/python";

/// Programs that this scenario needs. docker's own client builds the image.
pub(crate) const PROGRAMS: &[&str] = &["docker", "dockerd", "containerd", "runc", PYTHON];

/// A Python and a script in the user's home.
pub(crate) struct DockerPy {
    pub(crate) program: PathBuf,
    script: String,
}

/// Writes the script into the home.
pub(crate) fn install(person: &Person<'_>) -> DockerPy {
    let script = person.write("docker_py.py", include_str!("docker_py.py"));
    DockerPy {
        program: needs::find(PYTHON).expect("it is among the programs"),
        script: script.display().to_string(),
    }
}

impl DockerPy {
    /// Arguments that make the script do this.
    pub(crate) fn arguments(&self, what: &str, argument: &str) -> Vec<String> {
        [&self.script, what, argument]
            .map(ToOwned::to_owned)
            .to_vec()
    }

    fn run(&self, person: &Person<'_>, what: &str, argument: &str) -> Answer {
        person.run(&self.program, &self.arguments(what, argument))
    }
}

/// Lookup, login, push, pull and logout.
pub(crate) fn story(scheme: Scheme<'_>) -> Option<String> {
    let site = Site::open("docker-py", scheme);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let person = docker::person(&site, &engine);
    let python = install(&person);
    let docker = &docker::client();
    let image = engine::image(&site.dir("image"));
    let app = &format!("{DEMO_HOST}/team/app:1");
    person.run(docker, &["import", &image, app]).succeeds();

    let found = python
        .run(&person, "store_get", DEMO_HOST)
        .succeeds()
        .calling(FIRST_MINT);
    let (token, password) = site.one_token();
    let credential = format!("{DEMO_HOST} {token} {}\n", digest(&password));
    assert_eq!(
        (found.stdout.as_str(), found.stderr.as_str()),
        (credential.as_str(), "")
    );
    let found = python.run(&person, "resolve", DEMO_HOST).succeeds();
    assert_eq!(
        (found.stdout.as_str(), found.stderr.as_str()),
        (credential.as_str(), "")
    );
    let quietly = |what: &str, argument: &str| {
        let answer = python.run(&person, what, argument).succeeds().calling(&[]);
        assert_eq!(answer.stderr, "", "{answer}");
        answer
    };
    quietly("login", DEMO_HOST).says("Login Succeeded");
    quietly("push", app);
    assert_eq!(site.tags("team/app"), ["1"]);
    person.run(docker, &["rmi", app]).succeeds();
    quietly("pull", app).says(app);
    assert_eq!(site.mints(), 1, "one token for all of it");
    python
        .run(&person, "store_erase", DEMO_HOST)
        .succeeds()
        .calling(REVOCATION);
    assert_eq!(person.list(), json!({}));
    assert_eq!(person.files_with(&password), [""; 0]);
    None
}

/// docker-py looks up every registry and stops at the first failure, unless the answer is "not
/// found".
pub(crate) fn build_with_one_broken() -> Option<String> {
    let site = Site::open("docker-py builds", Scheme::BASIC);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let mut person = build::person(&site, &engine);
    build::publish(&site, &person, &docker::client());
    let python = install(&person);

    python
        .run(&person, "build", "build")
        .fails()
        .we_say(BROKEN_LINE)
        .says("docker.errors.DockerException: Credentials store error");
    person.set("IONOS_CR_ON_ERROR", "not-found");
    python
        .run(&person, "build", "build")
        .succeeds()
        .we_say(BROKEN_LINE)
        .says("sha256:");
    build::each_with_its_own_token(&site);
    None
}
