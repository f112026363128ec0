//! `docker-config`, `env` and `login`: credentials for what cannot run a helper.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Credential, Done, Home};

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";

struct Desk {
    home: Home,
    api: FakeIonos,
}

impl Desk {
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

    /// A program of this name that notes how it was called, on a PATH of its own.
    fn program(&self, name: &str, exit: u8) -> String {
        let dir = self.home.path().join("bin");
        let log = self.home.path().join(name);
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >{log}.args\ncat >{log}.stdin\necho from {name}\nexit {exit}\n",
            log = log.display()
        );
        self.home.file(&format!("bin/{name}"), &script);
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o700)).unwrap();
        format!("{}:/usr/bin:/bin", dir.display())
    }

    fn noted(&self, file: &str) -> String {
        fs::read_to_string(self.home.path().join(file)).unwrap()
    }
}

#[test]
fn docker_config_has_a_login_for_each_host_on_one_line() {
    let desk = Desk::new();
    let done = desk.run(&["docker-config", DEMO_HOST, OTHER_HOST, DEMO_HOST]);
    let auth = |host| {
        let credential = desk.credential(host);
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
    assert_eq!(desk.api.count("POST", "/tokens"), 2);
}

#[test]
fn one_host_that_fails_hands_out_nothing() {
    let desk = Desk::new();
    let done = desk.run(&["docker-config", DEMO_HOST, "absent.cr.de-fra.ionos.com"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: no credential for absent.cr.de-fra.ionos.com: no such registry among the 2 that the account sees (account from IONOS_TOKEN)\n\
         hint: check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it\n"
    );
}

#[test]
fn what_is_not_ours_is_refused_by_every_command() {
    let desk = Desk::new();
    for command in ["docker-config", "env", "login", "tokens", "prune"] {
        let done = desk.run(&[command, "docker.io"]);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (Some(1), ""),
            "{command}"
        );
        assert_eq!(
            done.stderr,
            format!(
                "error: docker.io is not an IONOS registry\n\
                 hint: name a domain of your own under registries in {}\n",
                desk.home.config().display()
            ),
            "{command}"
        );
    }
    assert_eq!(desk.api.requests().len(), 0);
}

#[test]
fn env_prints_a_pair_that_fits_and_mints_once() {
    let desk = Desk::new();
    let done = desk.run(&["env", DEMO_HOST]);
    let Credential {
        username, secret, ..
    } = desk.credential(DEMO_HOST);
    done.says(&format!(
        "export IONOS_CR_REGISTRY_USERNAME={username}\nexport IONOS_CR_REGISTRY_PASSWORD={secret}\n"
    ));
    desk.run(&["env", "--shell", "fish", DEMO_HOST]).says(&format!(
        "set -gx IONOS_CR_REGISTRY_USERNAME '{username}'\nset -gx IONOS_CR_REGISTRY_PASSWORD '{secret}'\n"
    ));
    desk.run(&["env", "--shell", "powershell", DEMO_HOST]).says(&format!(
        "$Env:IONOS_CR_REGISTRY_USERNAME = '{username}'\n$Env:IONOS_CR_REGISTRY_PASSWORD = '{secret}'\n"
    ));
    assert_eq!(desk.api.count("POST", "/tokens"), 1);
}

#[test]
fn what_a_shell_reads_is_what_was_stored() {
    let desk = Desk::new();
    let secret = "it's $HOME `x` \\ \"q\"";
    let helper = desk.home.helper_for(&desk.api);
    helper.store(DEMO_HOST, "a person", secret).says("");
    let script = helper.run(&["env", DEMO_HOST], "").stdout;
    let script = format!("{script}printf %s \"$IONOS_CR_REGISTRY_PASSWORD\"");
    let read = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap(), secret);
}

#[test]
fn in_github_actions_the_mask_comes_first_and_the_variables_go_into_the_file() {
    let desk = Desk::new();
    let file = desk.home.file("github_env", "BEFORE=1\n");
    let helper = desk.home.helper_for(&desk.api).env("GITHUB_ENV", &file);
    let done = helper.run(&["env", "--github", DEMO_HOST], "");
    let Credential {
        username, secret, ..
    } = desk.credential(DEMO_HOST);
    assert_eq!(done.stdout, format!("::add-mask::{secret}\n"));
    assert_eq!(
        done.stderr,
        "set IONOS_CR_REGISTRY_USERNAME and IONOS_CR_REGISTRY_PASSWORD for the steps that follow\n"
    );
    let written = desk.noted("github_env");
    let lines: Vec<&str> = written.lines().collect();
    let [
        before,
        name,
        user,
        end,
        password_name,
        password,
        password_end,
    ] = lines[..]
    else {
        panic!("{lines:?}");
    };
    assert_eq!(before, "BEFORE=1");
    assert_eq!(name, format!("IONOS_CR_REGISTRY_USERNAME<<{end}"));
    assert_eq!(user, username);
    assert_eq!(
        password_name,
        format!("IONOS_CR_REGISTRY_PASSWORD<<{password_end}")
    );
    assert_eq!(password, secret);
    assert_ne!(end, password_end);
}

#[test]
fn a_secret_cannot_add_variables_to_a_github_job() {
    let desk = Desk::new();
    let file = desk.home.file("github_env", "");
    let helper = desk.home.helper_for(&desk.api).env("GITHUB_ENV", &file);
    let secret = "first\nPATH=/tmp/evil\n100%";
    helper.store(DEMO_HOST, "person", secret).says("");
    let done = helper.run(&["env", "--github", DEMO_HOST], "");
    assert_eq!(done.stdout, "::add-mask::first%0APATH=/tmp/evil%0A100%25\n");
    let written = desk.noted("github_env");
    let (_, password) = written.split_once("PASSWORD<<").unwrap();
    let (end, rest) = password.split_once('\n').unwrap();
    assert_eq!(rest, format!("{secret}\n{end}\n"));
}

#[test]
fn outside_github_nothing_is_minted_for_it() {
    let desk = Desk::new();
    let done = desk.run(&["env", "--github", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: GITHUB_ENV is not set, so this is no step of GitHub Actions\nhint: leave --github out\n"
    );
    assert_eq!(desk.api.requests().len(), 0);
}

#[test]
fn login_pipes_the_password_and_names_it_nowhere() {
    let desk = Desk::new();
    for (program, arguments) in [
        ("docker", "login"),
        ("podman", "login"),
        ("helm", "registry login"),
        ("crane", "auth login"),
    ] {
        let path = desk.program(program, 0);
        let helper = desk.home.helper_for(&desk.api).env("PATH", &path);
        let done = helper.run(&["login", "--with", program, DEMO_HOST], "");
        let Credential {
            username, secret, ..
        } = desk.credential(DEMO_HOST);
        done.says(&format!("from {program}\n"));
        assert_eq!(desk.noted(&format!("{program}.stdin")), secret);
        assert_eq!(
            desk.noted(&format!("{program}.args")),
            format!("{arguments} --username {username} --password-stdin {DEMO_HOST}\n")
        );
    }
    assert_eq!(desk.api.count("POST", "/tokens"), 1);
}

#[test]
fn a_login_that_is_not_needed_says_so() {
    let desk = Desk::new();
    let path = desk.program("docker", 0);
    let config = json!({"credHelpers": {DEMO_HOST: "ionos"}});
    desk.home.file(".docker/config.json", &config.to_string());
    let helper = desk.home.helper_for(&desk.api).env("PATH", &path);
    let done = helper.run(&["login", DEMO_HOST], "");
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(0), "from docker\n")
    );
    assert_eq!(
        done.stderr,
        format!("docker asks this program for {DEMO_HOST} already: no login is needed\n")
    );
}

#[test]
fn a_login_that_fails_is_a_failure_with_a_way_on() {
    let desk = Desk::new();
    let path = desk.program("docker", 7);
    let helper = desk.home.helper_for(&desk.api).env("PATH", &path);
    let done = helper.run(&["login", DEMO_HOST], "");
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(1), "from docker\n")
    );
    assert_eq!(
        done.stderr,
        format!(
            "error: cannot log in to {DEMO_HOST}: docker failed\nhint: see what it says above, or run: docker-credential-ionos doctor {DEMO_HOST}\n"
        )
    );
    let nowhere = helper.env("PATH", "/nowhere");
    let done = nowhere.run(&["login", "--podman", DEMO_HOST], "");
    assert_eq!(
        done.stderr,
        format!(
            "error: cannot log in to {DEMO_HOST}: podman is not on PATH\nhint: install it, or name another program with --with\n"
        )
    );
}

#[test]
fn a_refused_account_is_named() {
    let desk = Desk::new();
    desk.api.fault(Fault::status(403).always());
    for command in ["docker-config", "env", "login"] {
        let done = desk.run(&[command, DEMO_HOST]);
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
