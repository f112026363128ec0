//! `doctor`: what is wrong, and the command that mends it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, DEMO_ID, FakeIonos, Fault, RegistrySpec,
};
use crate::support::helper::{Done, Helper, Home};
use crate::support::registry::{Door, Registry};

struct Ward {
    home: Home,
    api: Arc<FakeIonos>,
    registry: Registry,
}

impl Ward {
    /// All is well, and the registry takes what the API minted.
    fn new(door: Door) -> Self {
        Self::with(door, FakeIonos::start())
    }

    fn with(door: Door, api: FakeIonos) -> Self {
        let api = Arc::new(api);
        let accepts = Arc::clone(&api);
        let registry = Registry::start(door, move |name, word| accepts.accepts(name, word));
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

    fn helper(&self) -> Helper {
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_docker-credential-ionos"));
        let runtime = self.home.path().join("run").display().to_string();
        self.home
            .helper_for(&self.api)
            .env("PATH", program.parent().unwrap().to_str().unwrap())
            .env("XDG_RUNTIME_DIR", &runtime)
    }

    fn run(&self, args: &[&str]) -> Done {
        self.examine(&self.helper(), args)
    }

    /// What it says, with the home, the program and the addresses by name.
    fn examine(&self, helper: &Helper, args: &[&str]) -> Done {
        let args: Vec<&str> = std::iter::once("doctor")
            .chain(args.iter().copied())
            .collect();
        let mut done = helper.run(&args, "");
        let host = self.registry.host();
        let api = self.api.address().to_string();
        for (from, to) in [
            (env!("CARGO_BIN_EXE_docker-credential-ionos"), "PROGRAM"),
            (self.home.path().to_str().unwrap(), "~"),
            (host.as_str(), "HOST"),
            (api.as_str(), "API"),
        ] {
            done.stdout = done.stdout.replace(from, to);
            done.stderr = done.stderr.replace(from, to);
        }
        done
    }
}

const WELL_UNTIL_TOKEN: &str = "\
ok       program: PROGRAM is on PATH
ok       docker: ~/.docker/config.json asks helper ionos
ok       settings: profile default, scopes *:pull,push, tokens of 12 h
ok       account: from IONOS_TOKEN
ok       account token: good until 2100-01-01T00:00:00Z
ok       api: API answers and knows the account
ok       registry: demo is running
ok       allow list: every network may reach the registry
ok       clock: agrees with the API's
";

#[test]
fn each_link_has_its_line_and_nothing_is_minted_unasked() {
    let ward = Ward::new(Door::Basic);
    let host = ward.registry.host();
    ward.run(&[&host]).says(&format!(
        "{WELL_UNTIL_TOKEN}skipped  token: none is held; --mint makes one\nskipped  login: there is no credential to log in with\n"
    ));
    assert_eq!(ward.api.count("POST", "/tokens"), 0);
    assert_eq!(ward.registry.requests().len(), 0);
    assert_eq!(ward.home.entries().len(), 0);
}

#[test]
fn with_mint_the_whole_way_is_gone_under_both_schemes() {
    for (door, scheme) in [(Door::Basic, "Basic"), (Door::Bearer, "Bearer")] {
        let ward = Ward::new(door);
        let host = ward.registry.host();
        let done = ward.run(&["--mint", &host]);
        let name = &ward.api.tokens()[0].name;
        done.says(&format!(
            "{WELL_UNTIL_TOKEN}ok       token: minted {name}\nok       login: HOST accepts the credential ({scheme})\n"
        ));
        // What was minted is held now, also for the host that nobody named.
        ward.run(&[]).says(&format!(
            "{WELL_UNTIL_TOKEN}ok       token: held, and younger than half its life\nok       login: HOST accepts the credential ({scheme})\n"
        ));
        assert_eq!(ward.api.count("POST", "/tokens"), 1);
    }
}

#[test]
fn json_says_the_same() {
    let ward = Ward::new(Door::Basic);
    let done = ward.run(&["--json"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let reports: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(reports[0]["host"], "HOST");
    assert_eq!(
        reports[0]["checks"][3],
        json!({"name": "account", "outcome": "ok", "what": "from IONOS_TOKEN", "hint": ""})
    );
    assert_eq!(reports[0]["checks"].as_array().unwrap().len(), 11);
}

#[track_caller]
fn finds(done: &Done, lines: &[&str]) {
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (Some(1), ""),
        "{}",
        done.stdout
    );
    for line in lines {
        assert!(
            done.stdout.lines().any(|seen| seen == *line),
            "no {line:?} in:\n{}",
            done.stdout
        );
    }
}

#[test]
fn a_revoked_token_is_found_where_it_is_refused() {
    for door in [Door::Basic, Door::Bearer] {
        let ward = Ward::new(door);
        let host = ward.registry.host();
        let _ = ward.helper().get(&host).credential();
        ward.api.expire_tokens();
        finds(
            &ward.run(&[&host]),
            &[
                "failed   login: HOST does not accept the credential",
                "         hint: the token may have been deleted at the API: run docker logout for this host, then try again",
            ],
        );
    }
}

#[test]
fn a_credential_is_not_sent_in_the_clear() {
    let ward = Ward::new(Door::BearerInTheClear);
    let host = ward.registry.host();
    finds(
        &ward.run(&["--mint", &host]),
        &[
            "failed   login: the registry names a token service that the credential is not sent to: 'http://tokens.example.com/token'",
        ],
    );
    for request in ward.registry.requests() {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn what_is_no_registry_is_told() {
    let ward = Ward::new(Door::NoRegistry);
    let host = ward.registry.host();
    finds(
        &ward.run(&["--mint", &host]),
        &["failed   login: HOST answers 404 to GET /v2/"],
    );
    let open = Ward::new(Door::Open);
    let done = open.run(&["--mint"]);
    assert_eq!(done.code, Some(0));
    assert!(
        done.stdout
            .ends_with("ok       login: HOST lets everybody in\n")
    );
}

#[test]
fn without_an_account_the_rest_is_skipped() {
    let ward = Ward::new(Door::Basic);
    let done = ward.examine(&ward.helper().without("IONOS_TOKEN"), &["--mint"]);
    finds(
        &done,
        &[
            "failed   account: there is no IONOS account to ask with",
            "         hint: run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD",
            "skipped  api: not looked at after what failed above",
            "skipped  token: not looked at after what failed above",
        ],
    );
    assert_eq!(ward.api.requests().len(), 0);
}

#[test]
fn an_account_token_that_ended_is_named_before_the_api_refuses_it() {
    use base64::Engine as _;
    let ward = Ward::new(Door::Basic);
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000}"#);
    let token = format!("e30.{payload}.x");
    let done = ward.examine(&ward.helper().env("IONOS_TOKEN", &token), &[]);
    finds(
        &done,
        &[
            "failed   account token: expired at 2023-11-14T22:13:20Z",
            "         hint: make a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
        ],
    );
    assert!(!done.stdout.contains(&token));
    // One mend at a time: the first failure's.
    assert_eq!(done.stdout.matches("hint:").count(), 1, "{}", done.stdout);
}

#[test]
fn an_api_that_cannot_be_reached_is_the_network() {
    let ward = Ward::new(Door::Basic);
    let done = ward.examine(
        &ward.helper().env("IONOS_API_URL", "http://127.0.0.1:1"),
        &[],
    );
    finds(
        &done,
        &[
            "failed   api: no connection to 127.0.0.1:1: Connection refused",
            "         hint: check the network, HTTPS_PROXY and IONOS_API_URL",
            "skipped  registry: not looked at after what failed above",
            "skipped  clock: the API told no time",
        ],
    );
}

#[test]
fn a_registry_that_is_not_there_or_not_ready_is_told_apart() {
    let ward = Ward::new(Door::Basic);
    ward.api.set_registry_state(DEMO_ID, "Deploying");
    let done = ward.run(&[]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(
        done.stdout.contains("failed   registry: "),
        "{}",
        done.stdout
    );
    ward.api.remove_registry(DEMO_ID);
    finds(
        &ward.run(&[]),
        &["failed   registry: no such registry among the 0 that the account sees"],
    );
}

#[test]
fn an_allow_list_and_a_wrong_clock_are_warnings() {
    let mut spec = RegistrySpec::new("demo");
    spec.allow_list = vec!["10.1.0.0/16".into()];
    let ward = Ward::with(Door::Basic, FakeIonos::builder().registry(spec).start());
    ward.api.set_clock(7200);
    let done = ward.run(&[]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    for line in [
        "warning  allow list: only 10.1.0.0/16 may reach the registry",
        "         hint: see that this machine's public address is among them",
        "         hint: set it (NTP); this program goes by the API's, others do not",
    ] {
        assert!(done.stdout.contains(line), "{}", done.stdout);
    }
    let clock = done
        .stdout
        .lines()
        .find(|line| line.contains("clock:"))
        .unwrap();
    assert!(clock.ends_with(" s behind the API's"), "{clock}");
}

#[test]
fn docker_that_does_not_ask_or_cannot_is_told() {
    let ward = Ward::new(Door::Basic);
    let host = ward.registry.host();
    ward.home.file(".docker/config.json", "{}");
    let done = ward.run(&[&host]);
    assert!(
        done.stdout.contains(
            "warning  docker: ~/.docker/config.json does not ask this program\n         hint: docker-credential-ionos configure-docker HOST\n"
        ),
        "{}",
        done.stdout
    );
    ward.home.file(".docker/config.json", "{oops");
    finds(
        &ward.run(&[&host]),
        &["failed   docker: ~/.docker/config.json: no JSON at line 1, column 2"],
    );
    let done = ward.examine(&ward.helper().env("PATH", "/nowhere"), &[&host]);
    finds(
        &done,
        &["failed   program: docker-credential-ionos is not on PATH, so no client can run it"],
    );
}

#[test]
fn the_profile_is_the_one_docker_asks_for() {
    let ward = Ward::new(Door::Basic);
    let helpers = json!({"credHelpers": {ward.registry.host(): "ionos-pull"}});
    ward.home.file(".docker/config.json", &helpers.to_string());
    let done = ward.run(&[]);
    assert!(
        done.stdout
            .contains("ok       settings: profile pull, scopes *:pull, tokens of 12 h\n")
            && done
                .stdout
                .contains("failed   program: docker-credential-ionos-pull is not on PATH"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_the_finding() {
    let ward = Ward::new(Door::Basic);
    ward.home
        .configure("{\"defaults\": {\"tokenTtl\": \"5m\"}}");
    let done = ward.run(&[DEMO_HOST]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stdout.contains("failed   settings: "),
        "{}",
        done.stdout
    );
}

#[test]
fn no_secret_is_shown() {
    let ward = Ward::new(Door::Basic);
    ward.api.fault(Fault::status(403).on("POST", "/tokens"));
    let debug = ward.helper().env("IONOS_CR_LOG", "debug");
    for _ in 0..2 {
        let done = debug.run(&["doctor", "--mint"], "");
        let said = format!("{}{}", done.stdout, done.stderr);
        for secret in ward
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
