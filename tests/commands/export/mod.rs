//! `docker-config`, `env` and `login`: credentials for clients without credential helpers.

mod env;
mod login;

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Credential, Done, Home};
use crate::support::platform;

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";

struct Setup {
    home: Home,
    api: FakeIonos,
}

impl Setup {
    fn new() -> Self {
        let api = FakeIonos::builder()
            .registry(RegistrySpec::new("demo"))
            .registry(RegistrySpec::new("other"))
            .start();
        let home = Home::new();
        Self { home, api }
    }

    fn run(&self, args: &[&str]) -> Done {
        self.home.helper_for(&self.api).run(args, "")
    }

    fn credential(&self, host: &str) -> Credential {
        self.home.helper_for(&self.api).get(host).credential()
    }

    /// Creates a program that records its arguments and stdin. Returns a PATH with it.
    fn program(&self, name: &str, exit: u8) -> String {
        let dir = self.home.path().join("bin");
        let log = self.home.path().join(name);
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >{log}.args\ncat >{log}.stdin\necho from {name}\nexit {exit}\n",
            log = log.display()
        );
        self.home.file(&format!("bin/{name}"), &script);
        platform::set_mode(dir.join(name), 0o700);
        format!("{}:/usr/bin:/bin", dir.display())
    }

    fn recorded(&self, file: &str) -> String {
        fs::read_to_string(self.home.path().join(file)).unwrap()
    }
}

#[test]
fn docker_config_prints_every_host_on_one_line() {
    let setup = Setup::new();
    let done = setup.run(&["docker-config", DEMO_HOST, OTHER_HOST, DEMO_HOST]);
    let auth = |host| {
        let credential = setup.credential(host);
        let pair = format!("{}:{}", credential.username, credential.secret);
        json!({ "auth": BASE64_STANDARD.encode(pair) })
    };
    let line = done.stdout.strip_suffix('\n').unwrap();
    let seen: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        seen,
        json!({"auths": {DEMO_HOST: auth(DEMO_HOST), OTHER_HOST: auth(OTHER_HOST)}})
    );
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(!line.contains('\n'));
    assert_eq!(setup.api.count("POST", "/tokens"), 2);
}

#[test]
fn one_failing_host_prints_no_credential() {
    let setup = Setup::new();
    let done = setup.run(&["docker-config", DEMO_HOST, "absent.cr.de-fra.ionos.com"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: no credential for absent.cr.de-fra.ionos.com: no such registry among the 2 that the account sees (account from IONOS_TOKEN)\n\
         hint: check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it\n"
    );
}

#[test]
fn foreign_host_is_refused_by_every_command() {
    let setup = Setup::new();
    for command in ["docker-config", "env", "login", "tokens", "prune"] {
        let done = setup.run(&[command, "docker.io"]);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (Some(1), ""),
            "{command}"
        );
        assert_eq!(
            done.stderr,
            format!(
                "error: docker.io is not an IONOS registry\n\
                 hint: if it is a custom domain, add it to registries in {}\n",
                setup.home.config().display()
            ),
            "{command}"
        );
    }
    assert_eq!(setup.api.requests().len(), 0);
}

#[test]
fn refused_account_is_named() {
    let setup = Setup::new();
    setup.api.fault(Fault::status(403).always());
    for command in ["docker-config", "env", "login"] {
        let done = setup.run(&[command, DEMO_HOST]);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (Some(1), ""),
            "{command}"
        );
        let line = done.stderr.lines().next().unwrap();
        assert!(
            line.starts_with(&format!("error: no credential for {DEMO_HOST}: "))
                && line.contains("(account from IONOS_TOKEN)"),
            "{line}"
        );
    }
}

#[test]
fn user_name_with_a_colon_is_refused() {
    let setup = Setup::new();
    let helper = setup.home.helper_for(&setup.api);
    helper.store(DEMO_HOST, "team:jane", "secret").says("");
    let done = setup.run(&["docker-config", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        format!(
            "error: the user name for {DEMO_HOST} has a colon, which auths cannot hold\n\
             hint: log in with another user name, or use: docker-credential-ionos env {DEMO_HOST}\n"
        )
    );
}
