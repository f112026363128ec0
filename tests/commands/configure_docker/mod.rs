//! `configure-docker`: output and written files.

#[cfg(unix)]
mod attributes;
mod clients;
mod file_edits;
mod prompt;
mod refused_files;
mod warnings;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{Done, Helper, Home, Started, write_private};
use crate::support::platform::{self, assert_mode};

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const LOGIN: &str = "cGVyc29uOnR5cGVkLXNlY3JldA==";

/// A user with the program on PATH.
struct Person {
    home: Home,
}

impl Person {
    fn new() -> Self {
        Self { home: Home::new() }
    }

    /// A user with this config.json.
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
        Path::new(crate::support::helper::BIN)
    }

    fn helper(&self) -> Helper {
        let dir = Self::program().parent().unwrap();
        // The program must not look outside of the home.
        let runtime = self.home.path().join("run");
        self.home
            .helper()
            .env("PATH", dir.to_str().unwrap())
            .env("XDG_RUNTIME_DIR", runtime.to_str().unwrap())
    }

    fn run(&self, args: &[&str]) -> Done {
        run(&self.helper(), args)
    }

    /// Replaces `~` by the home and `PROGRAM` by the program.
    fn text(&self, text: &str) -> String {
        text.replace('~', self.home.path().to_str().unwrap())
            .replace("PROGRAM", Self::program().to_str().unwrap())
    }

    #[track_caller]
    fn sees(&self, done: &Done, code: i32, stdout: &str, stderr: &str) {
        let seen = (self.home.shown(&done.stdout), self.home.shown(&done.stderr));
        assert_eq!(done.code, Some(code), "{done:?}");
        assert_eq!(seen, (stdout.into(), stderr.into()));
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
fn new_file_is_formatted_as_docker_does() {
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
    assert_mode(&person.config(), 0o600);
    assert_mode(person.config().parent().unwrap(), 0o700);
    assert_eq!(person.home.files(), [".docker/config.json"]);

    let before = platform::file_id(&person.config());
    person.sees(
        &person.run(&[&format!("https://{}/v2/", DEMO_HOST.to_uppercase())]),
        0,
        "unchanged: demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos\n",
        "",
    );
    let after = platform::file_id(&person.config());
    assert_eq!(before, after, "a file that is right is left alone");

    person.sees(
        &person.run(&["--remove"]),
        0,
        "removed demo.cr.de-fra.ionos.com from ~/.docker/config.json\n",
        "",
    );
    assert_eq!(person.content(), "{}\n");
}

#[test]
fn replaced_helper_is_named() {
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
fn remove_deletes_only_our_entries() {
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
fn dry_run_prints_a_diff_without_secrets_and_writes_nothing() {
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
