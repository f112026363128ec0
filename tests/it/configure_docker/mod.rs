//! `configure-docker`: what a person asks for, reads and gets.

mod asked;
mod bytes;
mod warnings;

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Done, Helper, Home, Started, mode, write_private};

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const LOGIN: &str = "cGVyc29uOnR5cGVkLXNlY3JldA==";

/// A person with the program on PATH.
struct Person {
    home: Home,
}

impl Person {
    fn new() -> Self {
        Self { home: Home::new() }
    }

    /// One whose config.json holds this.
    fn with(content: &str) -> Self {
        let person = Self::new();
        write_private(&person.config(), content.as_bytes());
        person
    }

    fn config(&self) -> PathBuf {
        self.home.path().join(".docker/config.json")
    }

    fn content(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    fn program() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_docker-credential-ionos"))
    }

    fn helper(&self) -> Helper {
        let dir = Self::program().parent().unwrap();
        // Nothing outside of the home is looked into.
        let runtime = self.home.path().join("run");
        self.home
            .helper()
            .env("PATH", dir.to_str().unwrap())
            .env("XDG_RUNTIME_DIR", runtime.to_str().unwrap())
    }

    fn run(&self, args: &[&str]) -> Done {
        run(&self.helper(), args)
    }

    /// `text` with `~` for the home and `PROGRAM` for the program.
    fn text(&self, text: &str) -> String {
        text.replace('~', self.home.path().to_str().unwrap())
            .replace("PROGRAM", Self::program().to_str().unwrap())
    }

    #[track_caller]
    fn sees(&self, done: &Done, code: i32, stdout: &str, stderr: &str) {
        let seen = (done.code, done.stdout.as_str(), done.stderr.as_str());
        let (stdout, stderr) = (self.text(stdout), self.text(stderr));
        assert_eq!(seen, (Some(code), stdout.as_str(), stderr.as_str()));
    }
}

fn start(helper: &Helper, args: &[&str]) -> Started {
    let args: Vec<&str> = std::iter::once("configure-docker")
        .chain(args.iter().copied())
        .collect();
    helper.start(&args, "")
}

fn run(helper: &Helper, args: &[&str]) -> Done {
    start(helper, args).finish()
}

#[test]
fn a_newcomer_gets_a_file_as_docker_writes_it() {
    let person = Person::new();
    person.sees(
        &person.run(&[DEMO_HOST]),
        0,
        "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos\n",
        "",
    );
    assert_eq!(
        person.content(),
        "{\n\t\"credHelpers\": {\n\t\t\"demo.cr.de-fra.ionos.com\": \"ionos\"\n\t}\n}\n"
    );
    assert_eq!(mode(&person.config()), 0o600);
    assert_eq!(mode(person.config().parent().unwrap()), 0o700);
    assert_eq!(person.home.files(), [".docker/config.json"]);

    let before = fs::metadata(person.config()).unwrap();
    person.sees(
        &person.run(&[&format!("https://{}/v2/", DEMO_HOST.to_uppercase())]),
        0,
        "unchanged: demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos\n",
        "",
    );
    let after = fs::metadata(person.config()).unwrap();
    assert_eq!(
        before.ino(),
        after.ino(),
        "a file that is right is left alone"
    );

    person.sees(
        &person.run(&["--remove"]),
        0,
        "removed demo.cr.de-fra.ionos.com from ~/.docker/config.json\n",
        "",
    );
    assert_eq!(person.content(), "{}\n");
}

#[test]
fn another_helper_is_replaced_and_named() {
    let person = Person::with(
        "{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"pass\", \"other.cr.de-fra.ionos.com\": 5}}",
    );
    person.sees(
        &person.run(&[DEMO_HOST, OTHER_HOST, DEMO_HOST]),
        0,
        "changed demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos instead of pass\n\
         changed other.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos\n",
        "",
    );
    assert_eq!(
        person.content(),
        "{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\", \"other.cr.de-fra.ionos.com\": \"ionos\"}}"
    );
}

#[test]
fn removing_takes_out_what_is_ours_and_asked_for() {
    let content = "{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\", \
        \"https://other.cr.de-fra.ionos.com\": \"ionos-pull\", \"gcr.io\": \"gcr\", \"a.cr.ionos.com\": \"pass\"}}";
    let rest = "{\"credHelpers\": {\"gcr.io\": \"gcr\", \"a.cr.ionos.com\": \"pass\"}}";
    let all = "removed demo.cr.de-fra.ionos.com from ~/.docker/config.json\n\
        removed https://other.cr.de-fra.ionos.com from ~/.docker/config.json\n";
    for (args, stdout, left) in [
        (&[][..], all, Some(rest)),
        (&[DEMO_HOST, OTHER_HOST], all, Some(rest)),
        (
            &["a.cr.ionos.com", "docker.io"],
            "unchanged: a.cr.ionos.com does not use this program in ~/.docker/config.json\n\
             unchanged: docker.io does not use this program in ~/.docker/config.json\n",
            None,
        ),
        (
            &["--profile", "pull", DEMO_HOST],
            "unchanged: demo.cr.de-fra.ionos.com does not use helper ionos-pull in ~/.docker/config.json\n",
            None,
        ),
        (
            &["--profile", "push"],
            "unchanged: nothing in ~/.docker/config.json uses helper ionos-push\n",
            None,
        ),
    ] {
        let person = Person::with(content);
        let args: Vec<&str> = std::iter::once("--remove")
            .chain(args.iter().copied())
            .collect();
        person.sees(&person.run(&args), 0, stdout, "");
        assert_eq!(person.content(), left.unwrap_or(content), "{args:?}");
    }
    let person = Person::new();
    person.sees(
        &person.run(&["--remove"]),
        0,
        "unchanged: nothing in ~/.docker/config.json uses this program\n",
        "",
    );
    assert_eq!(person.home.files(), [""; 0]);
}

#[test]
fn a_dry_run_shows_the_change_without_secrets_and_makes_none() {
    let content = format!("{{\n  \"auths\": {{\"ghcr.io\": {{\"auth\": \"{LOGIN}\"}}}}\n}}\n");
    let person = Person::with(&content);
    person.sees(
        &person.run(&["--dry-run", DEMO_HOST]),
        0,
        "--- ~/.docker/config.json\n\
         +++ ~/.docker/config.json\n\
         @@ -1,3 +1,6 @@\n \
         {\n\
         -  \"auths\": {\"ghcr.io\": {\"auth\": \"…\"}}\n\
         +  \"auths\": {\"ghcr.io\": {\"auth\": \"…\"}},\n\
         +  \"credHelpers\": {\n\
         +    \"demo.cr.de-fra.ionos.com\": \"ionos\"\n\
         +  }\n \
         }\n",
        "",
    );
    assert_eq!(person.content(), content);

    let person = Person::new();
    person.sees(
        &person.run(&["--dry-run", DEMO_HOST]),
        0,
        "--- /dev/null\n\
         +++ ~/.docker/config.json\n\
         @@ -1,0 +1,5 @@\n\
         +{\n\
         +\t\"credHelpers\": {\n\
         +\t\t\"demo.cr.de-fra.ionos.com\": \"ionos\"\n\
         +\t}\n\
         +}\n",
        "",
    );
    assert_eq!(person.home.files(), [""; 0]);

    let content = "{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}\n";
    let person = Person::with(content);
    person.sees(
        &person.run(&["--dry-run", DEMO_HOST]),
        0,
        "unchanged: demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos\n",
        "",
    );
    person.sees(
        &person.run(&["--remove", "--dry-run"]),
        0,
        "--- ~/.docker/config.json\n\
         +++ ~/.docker/config.json\n\
         @@ -1,1 +1,1 @@\n\
         -{\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}\n\
         +{}\n",
        "",
    );
    assert_eq!(person.content(), content);
}

#[test]
fn each_client_has_its_file() {
    let person = Person::new();
    let dir = |name: &str| person.text(&format!("~/{name}"));
    let auth_file = dir("own/auth.json");
    for (args, variable, value, file) in [
        (
            &[][..],
            "DOCKER_CONFIG",
            dir("docker"),
            "docker/config.json",
        ),
        (
            &["--podman"],
            "UNUSED",
            dir(""),
            ".config/containers/auth.json",
        ),
        (
            &["--podman"],
            "XDG_CONFIG_HOME",
            dir("xdg"),
            "xdg/containers/auth.json",
        ),
        (
            &["--podman"],
            "DOCKER_CONFIG",
            dir("docker2"),
            "docker2/config.json",
        ),
        (
            &["--podman"],
            "REGISTRY_AUTH_FILE",
            auth_file,
            "own/auth.json",
        ),
    ] {
        let helper = person.helper().env(variable, &value);
        let args: Vec<&str> = args.iter().copied().chain([DEMO_HOST]).collect();
        person.sees(
            &run(&helper, &args),
            0,
            &format!("added demo.cr.de-fra.ionos.com to ~/{file}, helper ionos\n"),
            "",
        );
        assert!(person.home.path().join(file).is_file(), "{file}");
    }
    for (args, what, hint) in [
        (&[DEMO_HOST][..], "Docker's config.json", "DOCKER_CONFIG"),
        (
            &["--podman", "--remove"],
            "podman's auth.json",
            "REGISTRY_AUTH_FILE",
        ),
    ] {
        let without = person.helper().without("HOME");
        person.sees(
            &run(&without, args),
            1,
            "",
            &format!(
                "error: there is no home directory to look for {what} in\nhint: set HOME or {hint}\n"
            ),
        );
    }
}

#[test]
fn one_host_that_is_not_ours_stops_all() {
    let person = Person::new();
    let config = person.home.config();
    let ours = format!(
        "name a domain of your own under registries in {}",
        config.display()
    );
    for (host, what, hint) in [
        (
            "docker.io",
            "docker.io is not an IONOS registry",
            ours.as_str(),
        ),
        (
            "*.cr.de-fra.ionos.com",
            "not a registry's host: '*.cr.de-fra.ionos.com'",
            "give it as demo.cr.de-fra.ionos.com",
        ),
    ] {
        person.sees(
            &person.run(&[DEMO_HOST, host]),
            1,
            "",
            &format!("error: {what}\nhint: {hint}\n"),
        );
    }
    person.sees(
        &person.run(&["--profile", "pul", DEMO_HOST]),
        1,
        "",
        "error: there is no profile 'pul'\nhint: profiles are pull, push\n",
    );
    assert_eq!(person.home.files(), [""; 0]);
    person
        .home
        .configure(json!({"registries": {"127.0.0.1:5000": {"registryName": "demo"}}}));
    person.sees(
        &person.run(&["127.0.0.1:5000"]),
        0,
        "added 127.0.0.1:5000 to ~/.docker/config.json, helper ionos\n",
        "",
    );
}

#[test]
fn without_a_host_and_a_terminal_the_accounts_registries_are_printed() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("other"))
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("young").state("New"))
        .registry(RegistrySpec::new("odd").hostname("registry.example.com"))
        .start();
    let person = Person::new();
    let dir = Person::program().parent().unwrap().display().to_string();
    let helper = person.home.helper_for(&fake).env("PATH", &dir);
    person.sees(
        &run(&helper, &[]),
        1,
        "demo.cr.de-fra.ionos.com\nother.cr.de-fra.ionos.com\n",
        "left out: young, which is still being created\n\
         error: no registry was chosen\n\
         hint: name it: docker-credential-ionos configure-docker demo.cr.de-fra.ionos.com\n",
    );
    assert_eq!(person.home.files(), [""; 0]);
    // Nothing is asked of the API where it is not needed.
    fake.clear_requests();
    let _ = run(&helper, &[DEMO_HOST]);
    let _ = run(&helper, &["--remove"]);
    assert_eq!(fake.requests().len(), 0);
    fake.fault(Fault::status(403));
    person.sees(
        &run(&helper, &[]),
        1,
        "",
        &format!(
            "error: cannot list the account's registries: {} does not let the account do this: \
             403 \"feature is not enabled for the contract\" (account from IONOS_TOKEN)\n\
             hint: ask the contract's owner for the privilege to access and manage registries \
             (accessAndManageRegistries)\n",
            fake.address()
        ),
    );
}

#[test]
fn without_an_account_there_is_nothing_to_choose_from() {
    let person = Person::new();
    person.sees(
        &person.run(&[]),
        1,
        "",
        "error: cannot list the account's registries: there is no IONOS account to ask with\n\
         hint: run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), \
         IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD\n",
    );
}
