//! Files and answers that are nested 100,000 levels deep or have two megabytes.

use std::fs;

use crate::network::memory::{LIMIT, peak};
use crate::support::fake_cluster::{Answer, FakeCluster};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Home, walk, write_private};
use crate::support::tally::attack;

fn deep() -> String {
    const LEVELS: usize = 100_000;
    format!("{}1{}", r#"{"a":"#.repeat(LEVELS), "}".repeat(LEVELS))
}

fn large() -> String {
    format!(r#"{{"a":"{}"}}"#, "x".repeat(2 << 20))
}

#[test]
fn files_of_users_are_refused_in_one_line() {
    let context = format!("docker-credential-ionos: no credential for {DEMO_HOST}: ");
    let get = &["get", DEMO_HOST][..];
    let edit = &["configure-docker", DEMO_HOST][..];
    for (path, args, if_deep, if_large) in [
        (
            ".config/docker-credential-ionos/config.json",
            get,
            "PATH: a is an unknown key; known keys are $schema, defaults, profiles, registries",
            "cannot read PATH: larger than 1 MiB; make it a readable file, or remove it",
        ),
        (
            ".config/ionosctl/config.json",
            get,
            "PATH: it has neither a token nor a name with a password (account from PATH); run \"ionosctl login\"",
            "cannot read PATH: larger than 1 MiB (account from PATH); make it a file that you can read, or run \"ionosctl login\"",
        ),
        (
            ".ionos/config",
            get,
            "PATH: line 1, column 161: larger, deeper or with more aliases than a configuration can be (account from PATH); fix it, or move it away and run \"ionosctl login\"",
            "cannot read PATH: larger than 1 MiB (account from PATH); make it a file that you can read, or run \"ionosctl login\"",
        ),
        (
            "token",
            get,
            "IONOS_TOKEN_FILE=PATH holds more than a token: it is longer than 16 KiB (account from IONOS_TOKEN_FILE=PATH); put the token there, alone on its line",
            "cannot read PATH: larger than 1 MiB (account from IONOS_TOKEN_FILE=PATH); check the path and its permissions",
        ),
        (
            ".docker/config.json",
            edit,
            "error: PATH: nested deeper than 10000 levels\nhint: ",
            "error: cannot read PATH: larger than 1 MiB\nhint: ",
        ),
        (
            ".config/containers/auth.json",
            &["configure-docker", "--podman", DEMO_HOST],
            "error: PATH: nested deeper than 10000 levels\nhint: ",
            "error: cannot read PATH: larger than 1 MiB\nhint: ",
        ),
    ] {
        for (content, line) in [(deep(), if_deep), (large(), if_large)] {
            attack(|| {
                let (fake, home) = (FakeIonos::start(), Home::new());
                let file = home.file(path, &content);
                let mut helper = home.helper_for(&fake).without("IONOS_TOKEN");
                if path == "token" {
                    helper = helper.env("IONOS_TOKEN_FILE", &file);
                }
                let done = helper.run(args, "");
                let line = line.replace("PATH", &file);
                let line = if args == get {
                    format!("{context}{line}")
                } else {
                    line
                };
                assert!(done.stderr.starts_with(&line), "{path}: {line}\n{done:?}");
                assert_eq!(done.code, Some(1));
                assert_eq!(fs::read_to_string(&file).unwrap(), content);
                assert!(fake.requests().is_empty());
                let peak = peak(&helper, args);
                assert!(peak < LIMIT, "{path}: {peak} KiB");
            });
        }
    }
}

#[test]
fn files_of_this_program_are_ignored() {
    for content in [deep(), large()] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        let _ = helper.get(DEMO_HOST).credential();
        let files = walk(home.path()).into_iter().filter(|it| it.is_file());
        for file in files {
            attack(|| {
                write_private(&file, content.as_bytes());
                for args in [
                    &["get", DEMO_HOST][..],
                    &["status"],
                    &["prune", "--dry-run", DEMO_HOST],
                ] {
                    let peak = peak(&helper, args);
                    assert!(peak < LIMIT, "{args:?} {}: {peak} KiB", file.display());
                }
                let _ = helper.get(DEMO_HOST).credential();
            });
        }
    }
}

#[test]
fn input_and_answers_are_refused_in_one_line() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    for content in [deep(), large()] {
        for (args, line) in [
            (
                &["store"][..],
                "docker-credential-ionos: the login on stdin is not the JSON of Docker's protocol; log in with docker login or podman login\n",
            ),
            (
                &["kubelet"],
                "docker-credential-ionos: unusable request on stdin: ",
            ),
            (&["get"], ""),
            (&["erase"], ""),
        ] {
            attack(|| {
                let done = helper.run(args, &content);
                assert!(done.stderr.starts_with(line), "{args:?} {done:?}");
                assert!(done.stderr.lines().count() <= 1, "{args:?} {done:?}");
                assert_eq!(done.code, Some(i32::from(args != ["erase"])));
            });
        }
        attack(|| {
            let (cluster, home) = (FakeCluster::start(&["own"]), Home::new());
            let helper = cluster.pod(&home, "own", home.helper_for(&fake));
            cluster.answer("GET", "secrets", Answer::text(200, &content));
            let dir = home.path().join("pod").display().to_string();
            let args = ["kubernetes-apply", "--service-account-dir", &dir, DEMO_HOST];
            let done = helper.run(&args, "");
            assert_eq!(done.code, Some(1), "{done:?}");
            assert!(done.stderr.starts_with("error: secret "), "{done:?}");
            assert_eq!(done.stderr.lines().count(), 2, "{done:?}");
        });
        for (method, path) in [("GET", "/registries"), ("POST", "/tokens")] {
            attack(|| {
                fake.fault(
                    Fault::replace_bytes(200, content.clone())
                        .on(method, path)
                        .always(),
                );
                let home = Home::new();
                let helper = home.helper_for(&fake);
                let done = helper.get(DEMO_HOST);
                let line = done.failure();
                assert!(line.contains(" (account from IONOS_TOKEN); "), "{line}");
                assert!(line.len() < 500, "{line}");
                let peak = peak(&helper, &["get", DEMO_HOST]);
                assert!(peak < LIMIT, "{path}: {peak} KiB");
                fake.clear_faults();
            });
        }
    }
}
