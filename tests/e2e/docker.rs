//! A Docker user from `login` to `logout`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{
    engine::{self, Engine, GREETING},
    needs,
    person::{Person, cred_helpers},
    site::{FIRST_MINT, HELPER, REVOCATION, Scheme, Site},
    support::fake_ionos::DEMO_HOST,
};

/// Programs that these scenarios need.
pub(crate) const PROGRAMS: &[&str] = &["docker", "dockerd", "containerd", "runc"];

/// The first client on the `PATH`.
pub(crate) fn client() -> PathBuf {
    needs::find("docker").expect("it is among the programs")
}

/// The distribution's older client, if there are two clients.
pub(crate) fn distribution_client() -> Result<PathBuf, String> {
    let distribution = Path::new("/usr/bin/docker");
    if !distribution.is_file() || client() == distribution {
        let only = client();
        return Err(format!("{} is the only docker client here", only.display()));
    }
    Ok(distribution.to_owned())
}

/// Name of the distribution's client.
pub(crate) const DISTRIBUTION: &str = "docker of the distribution";

/// The scenario with the first client on the `PATH`.
pub(crate) fn newest_story(scheme: Scheme<'_>) -> Option<String> {
    story(&client(), "docker", scheme);
    None
}

/// The scenario with the distribution's client.
pub(crate) fn distribution_story(scheme: Scheme<'_>) -> Option<String> {
    match distribution_client() {
        Ok(docker) => story(&docker, DISTRIBUTION, scheme),
        Err(reason) => return Some(reason),
    }
    None
}

/// A user whose docker calls the program and uses this engine.
pub(crate) fn person<'a>(site: &'a Site, engine: &Engine) -> Person<'a> {
    let mut person = Person::new(site);
    person.set("DOCKER_HOST", engine.host());
    person.write(".docker/config.json", &cred_helpers());
    person
}

fn story(docker: &Path, name: &str, scheme: Scheme<'_>) {
    let site = Site::open(name, scheme);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let mut person = person(&site, &engine);
    person.run(docker, &["--version"]).succeeds().calling(&[]);
    let app = &format!("{DEMO_HOST}/team/app:1");

    login(docker, &site, &person);
    there_and_back(docker, &site, &person, app);
    logout(docker, &site, &person);
    person.run(docker, &["rmi", app]).succeeds();
    wrong_account(docker, &site, &mut person, app);
    not_configured(docker, &person, app, scheme);
}

/// There is no terminal, so docker cannot ask. The program looks up the registry and mints.
fn login(docker: &Path, site: &Site, person: &Person<'_>) {
    let login = person.run(docker, &["login", DEMO_HOST]).succeeds();
    login.says("Login Succeeded").calling(FIRST_MINT);
    assert_eq!(site.connections(), 1);
    let (token, password) = site.one_token();
    assert_eq!(site.users(), [token.as_str()]);
    assert_eq!(person.list(), json!({ DEMO_HOST: token }));
    nothing_in_plain_text(person, &password);
}

/// The cache answers from here on.
fn there_and_back(docker: &Path, site: &Site, person: &Person<'_>, app: &str) {
    let image = engine::image(&site.dir("image"));
    let quietly = |arguments: &[&str]| person.run(docker, arguments).succeeds().calling(&[]);
    let runs = || {
        let ran = quietly(&["run", "--rm", "--network", "none", app]);
        assert_eq!(ran.stdout, format!("{GREETING}\n"));
    };
    quietly(&["import", "-c", "CMD [\"/hello\"]", &image, app]);
    let digest = digest(&quietly(&["push", app]).stdout);
    quietly(&["rmi", app]);
    quietly(&["pull", app]).says(&digest);
    runs();
    quietly(&["rmi", app]);
    // docker run pulls a missing image.
    runs();

    let (token, password) = site.one_token();
    assert_eq!(site.mints(), 1, "one token for all of it");
    let as_whom = format!("auth.user.name={token}");
    assert!(
        site.registry_log().contains(&as_whom),
        "another user was let in"
    );
    nothing_in_plain_text(person, &password);
}

/// Logout revokes the token and deletes the credential.
fn logout(docker: &Path, site: &Site, person: &Person<'_>) {
    let (_, password) = site.one_token();
    person
        .run(docker, &["logout", DEMO_HOST])
        .succeeds()
        .calling(REVOCATION);
    assert_eq!(site.tokens(), []);
    assert_eq!(site.users(), [""; 0]);
    assert_eq!(person.list(), json!({}));
    assert_eq!(person.files_with(&password), [""; 0]);
    let config = person.json(".docker/config.json");
    assert_eq!(config["credHelpers"], json!({ DEMO_HOST: "ionos" }));
}

/// docker's output contains the reason.
fn wrong_account(docker: &Path, site: &Site, person: &mut Person<'_>, app: &str) {
    let wrong = "not-a-token-of-this-account";
    person.set("IONOS_TOKEN", wrong);
    let refused = person.run(docker, &["pull", app]).fails();
    let line = refused.our_line();
    for part in [DEMO_HOST, "IONOS_TOKEN", "401"] {
        assert!(line.contains(part), "expected {part:?} in {line:?}");
    }
    assert!(!refused.stderr.contains(wrong), "a secret in {refused}");
    assert_eq!(refused.calls.len(), 1, "asked more than once: {refused}");
    // An immediate second try repeats the failure without a request.
    let again = person.run(docker, &["pull", app]).fails().calling(&[]);
    assert_eq!(again.our_line(), line);
    assert_eq!(site.tokens(), []);
}

/// Without the entry in the configuration docker has no access.
fn not_configured(docker: &Path, person: &Person<'_>, app: &str, scheme: Scheme<'_>) {
    person.write(".docker/config.json", "{}");
    let anonymous = person.run(docker, &["pull", app]).fails().calling(&[]);
    assert!(!anonymous.stderr.contains(HELPER), "{anonymous}");
    anonymous.says(match scheme {
        Scheme::Basic(_) => "no basic auth credentials",
        Scheme::Bearer => "unauthorized: incorrect username or password",
    });
}

/// Asserts that the secret is only in our cache, and not in docker's configuration.
#[track_caller]
fn nothing_in_plain_text(person: &Person<'_>, password: &str) {
    let config = person.json(".docker/config.json");
    let written = config["auths"].as_object().into_iter().flatten();
    let mut entries = written.map(|(_, entry)| entry);
    assert!(entries.all(|entry| *entry == json!({})), "{config}");
    let files = person.files_with(password);
    let cache = format!(".cache/{HELPER}/");
    assert!(
        files.len() == 1 && files[0].starts_with(&cache),
        "the secret is in {files:?}"
    );
    person.is_private(cache.trim_end_matches('/'));
}

/// The digest in the output of a push.
fn digest(pushed: &str) -> String {
    let word = pushed
        .split_whitespace()
        .find(|word| word.starts_with("sha256:"));
    word.unwrap_or_else(|| panic!("no digest in {pushed}"))
        .to_owned()
}
