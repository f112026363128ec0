//! A machine for every command, with secrets in every possible place.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{KEY_MARKER, TYPED_MARKER, account_marks, has_no_secret, secrets_are_private};
use crate::support::fake_cluster::FakeCluster;
use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, MINTED_MARKER, PASSWORD, RegistrySpec, USERNAME,
};
use crate::support::helper::{Done, Helper, Home, walk};
use crate::support::platform;
use crate::support::tls::Ca;

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const STORED_HOST: &str = "stored.cr.de-fra.ionos.com";

/// Commands that print a registry secret on stdout because that is their purpose.
const ANSWERS: [&str; 5] = [
    "get",
    "docker-config",
    "env",
    "kubernetes-manifest",
    "kubelet",
];

/// A machine on which other programs store secrets too.
pub(super) struct Machine {
    pub(super) api: FakeIonos,
    pub(super) cluster: FakeCluster,
    /// Where the program writes.
    pub(super) home: Home,
    /// Where the program reads files of others.
    pub(super) host_files: Home,
    /// Every command with its exit code.
    pub(super) seen: RefCell<BTreeSet<(String, Option<i32>)>>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let ca = Ca::new();
        let api = FakeIonos::builder()
            .tls(&ca, &["localhost"])
            .registry(RegistrySpec::new("demo"))
            .registry(RegistrySpec::new("other"))
            .start();
        let machine = Self {
            api,
            cluster: FakeCluster::start(&["own", "shop"]),
            home: Home::new(),
            host_files: Home::new(),
            seen: RefCell::default(),
        };
        machine.write_files(&ca);
        machine
    }

    fn write_files(&self, ca: &Ca) {
        let host_files = &self.host_files;
        let key = STANDARD.encode(format!("{KEY_MARKER}0123456789"));
        host_files.file(
            "bundle.pem",
            &format!(
                "-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n{}",
                ca.pem()
            ),
        );
        host_files.file("token", &format!("{ACCOUNT_TOKEN}\n"));
        let typed = STANDARD.encode(format!("jane:{TYPED_MARKER}5"));
        let config = json!({
            "auths": {
                DEMO_HOST: {"auth": typed},
                "ghcr.io": {"identitytoken": format!("{TYPED_MARKER}6")},
            },
            "HttpHeaders": {"X-Key": format!("{TYPED_MARKER}7")},
        });
        host_files.file("docker/config.json", &format!("{config:#}\n"));
        let variable = |value: &str| json!({"name": "IONOS_TOKEN", "value": value});
        let check = json!({
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [{
                "name": "docker-credential-ionos",
                "matchImages": ["*.cr.*.ionos.com"],
                "defaultCacheDuration": "0s",
                "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
                "args": ["kubelet", format!("--token={TYPED_MARKER}8")],
                "env": [variable(ACCOUNT_TOKEN), variable(&format!("{TYPED_MARKER}9"))],
            }],
        });
        host_files.file("kubelet.yaml", &check.to_string());
        host_files.file(
            "ionos.yaml",
            &format!(
                "currentProfile: ci\nprofiles:\n  - name: ci\n    environment: prod\n    credentials: {{username: {USERNAME}, password: '{PASSWORD}'}}\n"
            ),
        );
        let path = host_files.path().display();
        host_files.file(
            "command.json",
            &json!({"defaults": {"tokenCommand": [format!("{path}/bin/vault"), PASSWORD]}})
                .to_string(),
        );
        let note =
            format!("{{ echo \"$0 $*\"; tr '\\0' ' ' </proc/$PPID/cmdline; echo; }} >>{path}/argv");
        for name in ["docker", "podman"] {
            let script = format!("#!/bin/sh\n{note}\ncat >/dev/null\nexit ${{FAKE_EXIT:-0}}\n");
            self.program(name, &script);
        }
        // The tokenCommand also prints the token on stderr, which must not be shown.
        self.program(
            "vault",
            &format!(
                "#!/bin/sh\ntr '\\0' ' ' </proc/$PPID/cmdline >>{path}/argv\necho {ACCOUNT_TOKEN}\necho {ACCOUNT_TOKEN} >&2\necho denied >&2\nexit ${{FAKE_EXIT:-0}}\n"
            ),
        );
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.host_files.file(&format!("bin/{name}"), script);
        platform::set_mode(path, 0o700);
    }

    fn host_file(&self, name: &str) -> String {
        self.host_files.path().join(name).display().to_string()
    }

    /// The program without an account.
    fn without_account(&self) -> Helper {
        let home = self.home.path().display().to_string();
        self.cluster
            .pod(&self.host_files, "own", self.home.helper_for(&self.api))
            .without("IONOS_TOKEN")
            .env("HOME", &home)
            .env("TMPDIR", &home)
            .env("XDG_RUNTIME_DIR", &self.host_file("run"))
            .env("DOCKER_CONFIG", &self.host_file("docker"))
            .env("GITHUB_ENV", &self.host_file("github"))
            .env("SSL_CERT_FILE", &self.host_file("bundle.pem"))
            .env("PATH", &format!("{}:/usr/bin:/bin", self.host_file("bin")))
            // For the registries: only doctor contacts them.
            .env(
                "HTTPS_PROXY",
                &format!("http://jane:{TYPED_MARKER}0@127.0.0.1:9"),
            )
            .env("IONOS_CR_TIMEOUT", "2s")
    }

    /// The program with each kind of account source.
    pub(super) fn accounts(&self) -> Vec<Helper> {
        let without_account = self.without_account();
        let with = |name: &str, value: &str| without_account.clone().env(name, value);
        vec![
            with("IONOS_TOKEN", ACCOUNT_TOKEN),
            with("IONOS_USERNAME", USERNAME).env("IONOS_PASSWORD", PASSWORD),
            with("IONOS_TOKEN_FILE", &self.host_file("token")),
            with("IONOS_CR_CONFIG", &self.host_file("command.json")),
            with("IONOS_CONFIG_FILE", &self.host_file("ionos.yaml")),
        ]
    }

    #[track_caller]
    fn run(&self, helper: &Helper, args: &[&str], stdin: &str) {
        let done = helper.run(args, stdin);
        let what = args.join(" ");
        assert!(matches!(done.code, Some(0 | 1)), "{what}: {done:?}");
        has_no_secret(&what, &done.stderr);
        // The cluster token may only be sent to the cluster.
        assert!(
            !done.stderr.contains(self.cluster.token()),
            "{what}: {done:?}"
        );
        if ANSWERS.contains(&args[0]) && done.code == Some(0) {
            for mark in account_marks() {
                assert!(!done.stdout.contains(&mark), "{mark} in {what}: {done:?}");
            }
        } else {
            has_no_secret(&what, &done.stdout);
        }
        assert!(
            !done.stdout.contains(self.cluster.token()),
            "{what}: {done:?}"
        );
        self.secrets_are_in_place(&what);
        self.note(args, &done);
    }

    fn note(&self, args: &[&str], done: &Done) {
        let command = (args[0].to_owned(), done.code);
        self.seen.borrow_mut().insert(command);
    }

    /// Asserts that secrets are only in private files, and those of a host only in its own files.
    #[track_caller]
    fn secrets_are_in_place(&self, what: &str) {
        secrets_are_private(&self.home);
        for entry in self.home.entries() {
            let own = entry.parent().unwrap();
            let Ok(content) = serde_json::from_slice::<Value>(&fs::read(&entry).unwrap()) else {
                continue;
            };
            let secret = content["secret"].as_str().unwrap_or(MINTED_MARKER);
            for path in walk(self.home.path()) {
                if path.is_file() && !path.starts_with(own) {
                    let other = fs::read(&path).unwrap();
                    let other = String::from_utf8_lossy(&other);
                    assert!(!other.contains(secret), "{what}: {}", path.display());
                }
            }
        }
    }

    #[track_caller]
    fn child_arguments_have_no_secret(&self) {
        let argv = fs::read_to_string(self.host_files.path().join("argv")).unwrap_or_default();
        has_no_secret("the arguments of a child", &argv);
    }

    /// Runs every command with every option that changes its output.
    #[track_caller]
    pub(super) fn run_everything(&self, helper: &Helper) {
        let run = |args: &[&str]| self.run(helper, args, "");
        let typed = format!("{TYPED_MARKER}1");
        let login = |host: &str| {
            json!({"ServerURL": host, "Username": "jane", "Secret": typed}).to_string()
        };
        self.run(helper, &["get"], DEMO_HOST);
        self.run(helper, &["get"], DEMO_HOST);
        run(&["get", OTHER_HOST]);
        self.run(helper, &["store"], &login(STORED_HOST));
        self.run(helper, &["store"], &login("ghcr.io"));
        run(&["get", STORED_HOST]);
        for words in [
            "list",
            "status",
            "status --json",
            "doctor",
            "doctor --json",
            &format!("doctor {DEMO_HOST} --mint"),
            &format!("doctor {STORED_HOST}"),
            &format!("tokens {DEMO_HOST}"),
            &format!("tokens {DEMO_HOST} --all --json"),
            &format!("docker-config {DEMO_HOST} {STORED_HOST}"),
            &format!("env {DEMO_HOST}"),
            &format!("env {STORED_HOST} --shell fish"),
            &format!("env {DEMO_HOST} --shell powershell"),
            &format!("env {DEMO_HOST} --github"),
            &format!("login {DEMO_HOST}"),
            &format!("login {DEMO_HOST} --podman"),
            &format!("login {DEMO_HOST} --with crane"),
            &format!("kubernetes-manifest {DEMO_HOST} {OTHER_HOST}"),
            &format!("kubernetes-manifest {DEMO_HOST} --format dockerconfigjson"),
            &format!("kubernetes-manifest {DEMO_HOST} --format argocd"),
            "configure-docker",
            &format!("configure-docker {DEMO_HOST} --dry-run"),
            &format!("configure-docker {DEMO_HOST} {OTHER_HOST}"),
            "configure-docker --podman",
            "configure-docker --remove --dry-run",
            "configure-docker --remove",
            "completions bash",
            "completions zsh",
            "completions fish",
            "completions powershell",
            "completions tcsh",
            "version",
            "--version",
            "--help",
            "help",
            "get --help",
            "no-such-command",
            "list --no-such-option",
            "prune --dry-run",
        ] {
            run(&words.split(' ').collect::<Vec<_>>());
        }
        self.run_for_kubernetes(helper);
        for host in [DEMO_HOST, STORED_HOST] {
            // A user pastes a URL that contains the login.
            let url = format!("https://jane:{typed}@{host}");
            for verb in ["get", "erase"] {
                self.run(helper, &[verb], &url);
            }
        }
        run(&["prune", "--yes"]);
        run(&["prune", DEMO_HOST, "--yes"]);
        self.run(helper, &["erase"], DEMO_HOST);
        self.run(helper, &["erase"], STORED_HOST);
        run(&["status"]);
        self.child_arguments_have_no_secret();
    }

    #[track_caller]
    fn run_for_kubernetes(&self, helper: &Helper) {
        let run = |args: &[&str]| self.run(helper, args, "");
        let pod = self.host_file("pod");
        let apply = ["kubernetes-apply", "--service-account-dir", &pod, DEMO_HOST];
        for words in [
            "--dry-run",
            "-n shop -n own",
            "-n shop --service-account default",
            "-n nowhere",
        ] {
            let words: Vec<_> = words.split(' ').collect();
            run(&[&apply[..], &words].concat());
        }
        run(&["kubelet", "--check", &self.host_file("kubelet.yaml")]);
        run(&["kubelet", "--check", &self.host_file("token")]);
        let token = format!("{TYPED_MARKER}of-a-service-account");
        for (kind, image) in [
            ("CredentialProviderRequest", format!("{DEMO_HOST}/team/app")),
            ("CredentialProviderRequest", "nginx".into()),
            (&token, format!("{DEMO_HOST}/team/app")),
        ] {
            let request = json!({
                "kind": kind,
                "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
                "image": image,
                "serviceAccountToken": token,
                "serviceAccountAnnotations": {"docker-credential-ionos/profile": "pull"},
            });
            let request = request.to_string();
            self.run(helper, &["kubelet"], &request);
            self.run(helper, &["kubelet"], &request[..request.len() - 9]);
        }
    }
}
