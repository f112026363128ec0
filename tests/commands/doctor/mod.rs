//! `doctor`: the list of checks.

mod client_files;
mod findings;
mod local;
mod registry_answers;
#[cfg(windows)]
mod windows;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::fake_ionos::{ACCOUNT_TOKEN, FakeIonos, Fault};
use crate::support::helper::{Done, Helper, Home};
use crate::support::registry::{Auth, Registry};

pub(super) struct Setup {
    pub(super) home: Home,
    pub(super) api: Arc<FakeIonos>,
    pub(super) registry: Registry,
}

impl Setup {
    /// A setup without problems: the registry accepts what the API minted.
    pub(super) fn new(auth: Auth) -> Self {
        Self::with(auth, FakeIonos::start())
    }

    fn with(auth: Auth, api: FakeIonos) -> Self {
        let api = Arc::new(api);
        let accepts = Arc::clone(&api);
        let registry = Registry::start(auth, move |name, word| accepts.accepts(name, word));
        let home = Home::new();
        let host = registry.host();
        home.configure(json!({"registries": {&host: {"registryName": "demo"}}}));
        let helpers = json!({"credHelpers": {&host: "ionos"}});
        home.file(".docker/config.json", &helpers.to_string());
        Self {
            home,
            api,
            registry,
        }
    }

    pub(super) fn helper(&self) -> Helper {
        let program = std::path::Path::new(crate::support::helper::BIN);
        let runtime = self.home.path().join("run").display().to_string();
        self.home
            .helper_for(&self.api)
            .env("PATH", program.parent().unwrap().to_str().unwrap())
            .env("XDG_RUNTIME_DIR", &runtime)
    }

    fn run(&self, args: &[&str]) -> Done {
        self.examine(&self.helper(), args)
    }

    /// Runs doctor and replaces the home, the program and the addresses in its output.
    fn examine(&self, helper: &Helper, args: &[&str]) -> Done {
        let args: Vec<&str> = std::iter::once("doctor")
            .chain(args.iter().copied())
            .collect();
        let mut done = helper.run(&args, "");
        done.stdout = self.shown(&done.stdout);
        done.stderr = self.shown(&done.stderr);
        done
    }

    pub(super) fn shown(&self, text: &str) -> String {
        let text = text.replace(&self.registry.host(), "HOST");
        let text = text.replace(&self.api.address().to_string(), "API");
        self.home.shown(&text)
    }
}

const WELL_UNTIL_TOKEN: &str = "\
ok       program: PROGRAM is on PATH
ok       docker: ~/.docker/config.json has helper 'ionos' for HOST
skipped  podman: podman, skopeo, buildah are not on PATH
ok       settings: profile default, scopes *:pull,push, tokens valid for 12 h
ok       cache: ~/.cache/docker-credential-ionos can be written
ok       account: from IONOS_TOKEN
ok       account token: valid until 2100-01-01T00:00:00Z
ok       api: API accepts the account
ok       registry: demo is running
ok       allow list: every network may reach the registry
ok       clock: matches the API's
";

#[test]
fn every_check_has_a_line_and_no_token_is_minted() {
    let setup = Setup::new(Auth::Basic);
    let host = setup.registry.host();
    setup.run(&[&host]).says(&format!(
        "{WELL_UNTIL_TOKEN}skipped  token: none is cached; --mint creates one\nskipped  login: no credential to log in with\n"
    ));
    assert_eq!(setup.api.count("POST", "/tokens"), 0);
    assert_eq!(setup.registry.requests().len(), 0);
    assert_eq!(setup.home.entries().len(), 0);
}

#[test]
fn mint_option_checks_the_registry_with_basic_and_bearer() {
    for (auth, scheme) in [(Auth::Basic, "Basic"), (Auth::Bearer, "Bearer")] {
        let setup = Setup::new(auth);
        let host = setup.registry.host();
        let done = setup.run(&["--mint", &host]);
        let name = &setup.api.tokens()[0].name;
        done.says(&format!(
            "{WELL_UNTIL_TOKEN}ok       token: minted {name}\nok       login: HOST accepts the credential ({scheme})\n"
        ));
        // The minted credential is cached now, also for a run without a host.
        setup.run(&[]).says(&format!(
            "{WELL_UNTIL_TOKEN}ok       token: cached, and younger than half its life\nok       login: HOST accepts the credential ({scheme})\n"
        ));
        assert_eq!(setup.api.count("POST", "/tokens"), 1);
    }
}

#[test]
fn json_has_the_same_checks() {
    let setup = Setup::new(Auth::Basic);
    let done = setup.run(&["--json"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let reports: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(reports[0]["host"], "HOST");
    assert_eq!(
        reports[0]["checks"][5],
        json!({"name": "account", "outcome": "ok", "what": "from IONOS_TOKEN", "hint": ""})
    );
    assert_eq!(reports[0]["checks"].as_array().unwrap().len(), 13);
}

#[test]
fn doctor_prints_no_secret() {
    let setup = Setup::new(Auth::Basic);
    setup.api.fault(Fault::status(403).on("POST", "/tokens"));
    let debug = setup.helper().env("IONOS_CR_LOG", "debug");
    for _ in 0..2 {
        let done = debug.run(&["doctor", "--mint"], "");
        let said = format!("{}{}", done.stdout, done.stderr);
        for secret in setup
            .api
            .minted_passwords()
            .iter()
            .map(String::as_str)
            .chain([ACCOUNT_TOKEN])
        {
            assert!(!said.contains(secret), "{said}");
        }
    }
}
