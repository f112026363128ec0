//! Sources of the account and their precedence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::yaml;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home};
use crate::support::platform;

/// Sources by precedence. Sources of equal rank exclude each other.
const SOURCES: [(u8, &str); 14] = [
    (0, "own-token-file"),
    (0, "own-token-command"),
    (0, "own-ionos-profile"),
    (1, "IONOS_TOKEN"),
    (2, "IONOS_TOKEN_FILE"),
    (3, "IONOS_USERNAME"),
    (4, "default-token-file"),
    (4, "default-token-command"),
    (4, "default-ionos-profile"),
    (5, "IONOS_CONFIG_FILE"),
    (6, ".config/ionosctl/config.yaml"),
    (7, ".config/ionosctl/config.json"),
    (8, ".ionos/config"),
    (9, ".ionos/config.yaml"),
];

/// A home with a set of sources.
struct Setup {
    home: Home,
    helper: Helper,
    config: Value,
}

impl Setup {
    fn new(fake: &FakeIonos) -> Self {
        let home = Home::new();
        let helper = home.helper().env("IONOS_API_URL", &fake.url());
        let config = json!({"registries": {DEMO_HOST: {}}, "defaults": {}});
        Self {
            home,
            helper,
            config,
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.helper = self.helper.clone().env(name, value);
    }

    fn install(&mut self, source: &str) {
        let token = token_of(source);
        let yaml = yaml("main", &token);
        match source {
            "own-token-file" | "default-token-file" => {
                let path = self.home.file(source, &token);
                self.section(source)["tokenFile"] = path.into();
            }
            "own-token-command" | "default-token-command" => {
                self.section(source)["tokenCommand"] = json!(platform::printing(&token));
            }
            "own-ionos-profile" | "default-ionos-profile" => {
                // The profile is looked up in the first existing file.
                let path = self.home.file("profiles.yaml", &yaml);
                self.set("IONOS_CONFIG_FILE", &path);
                self.section(source)["ionosProfile"] = "main".into();
            }
            "IONOS_TOKEN" => self.set(source, &token),
            "IONOS_TOKEN_FILE" => {
                let path = self.home.file(source, &token);
                self.set(source, &path);
            }
            "IONOS_USERNAME" => {
                self.set("IONOS_USERNAME", "jane");
                self.set("IONOS_PASSWORD", &token);
            }
            "IONOS_CONFIG_FILE" => {
                let path = self.home.file(source, &yaml);
                self.set(source, &path);
            }
            ".config/ionosctl/config.json" => {
                let legacy = json!({"userdata.token": token, "userdata.name": "x"});
                self.home.file(source, &legacy.to_string());
            }
            _ => {
                self.home.file(source, &yaml);
            }
        }
    }

    fn section(&mut self, source: &str) -> &mut Value {
        if source.starts_with("own") {
            &mut self.config["registries"][DEMO_HOST]
        } else {
            &mut self.config["defaults"]
        }
    }

    /// The `Authorization` header that a `get` sends.
    fn authorization(&self, fake: &FakeIonos) -> String {
        self.home.configure(&self.config);
        fake.clear_requests();
        let _ = self.helper.get(DEMO_HOST).credential();
        let request = fake.requests().pop().unwrap();
        request.header("authorization").unwrap().to_owned()
    }
}

fn token_of(source: &str) -> String {
    let words = source.split(|c: char| !c.is_ascii_alphanumeric());
    words.collect::<Vec<_>>().join("-") + "-token"
}

fn header_of(source: &str) -> String {
    let token = token_of(source);
    if source == "IONOS_USERNAME" {
        format!("Basic {}", STANDARD.encode(format!("jane:{token}")))
    } else {
        format!("Bearer {token}")
    }
}

fn fake_for_all() -> FakeIonos {
    let mut fake = FakeIonos::builder().basic("jane", &token_of("IONOS_USERNAME"));
    for (_, source) in SOURCES {
        fake = fake.account_token(&token_of(source));
    }
    fake.start()
}

#[test]
fn every_single_source_is_found() {
    let fake = fake_for_all();
    for (_, source) in SOURCES {
        let mut setup = Setup::new(&fake);
        setup.install(source);
        assert_eq!(setup.authorization(&fake), header_of(source), "{source}");
    }
}

#[test]
fn every_source_wins_over_all_later_ones() {
    let fake = fake_for_all();
    for (rank, source) in SOURCES {
        for (later_rank, later) in SOURCES {
            // A named profile is looked up in the first existing file.
            let same_file = source.ends_with("profile") && later == "IONOS_CONFIG_FILE"
                || source.ends_with("profile") && later.ends_with("profile");
            if later_rank > rank && !same_file {
                let mut setup = Setup::new(&fake);
                setup.install(later);
                setup.install(source);
                assert_eq!(
                    setup.authorization(&fake),
                    header_of(source),
                    "{source} over {later}"
                );
            }
        }
    }
}

#[test]
fn missing_ionos_config_file_is_an_error() {
    let home = Home::new();
    home.file(".ionos/config", &yaml("main", "t"));
    let done = home
        .helper()
        .env("IONOS_CONFIG_FILE", "/nowhere/config.yaml")
        .get(DEMO_HOST);
    assert!(
        done.failure().contains("/nowhere/config.yaml"),
        "{}",
        done.stdout
    );
}

#[test]
fn profile_comes_from_config_then_environment_then_file() {
    let fake = FakeIonos::builder()
        .account_token("one-token")
        .account_token("two-token")
        .account_token("three-token")
        .start();
    let file = "version: 1.0
currentProfile: one
profiles:
  - {name: one, credentials: {token: one-token}}
  - {name: Two, credentials: {token: two-token}}
  - {name: three, credentials: {token: three-token, username: u, password: p}}
";
    let mut setup = Setup::new(&fake);
    setup.home.file(".ionos/config", file);
    assert_eq!(setup.authorization(&fake), "Bearer one-token");
    setup.set("IONOS_CURRENT_PROFILE", " two ");
    assert_eq!(setup.authorization(&fake), "Bearer two-token");
    setup.config["defaults"]["ionosProfile"] = "THREE".into();
    assert_eq!(setup.authorization(&fake), "Bearer three-token");
    // Each profile has its own cached credential.
    fake.clear_requests();
    let _ = setup.helper.get(DEMO_HOST).credential();
    assert!(fake.requests().is_empty());
}

#[test]
fn changed_current_profile_is_another_account() {
    let fake = FakeIonos::builder()
        .account_token("one-token")
        .account_token("two-token")
        .start();
    let setup = Setup::new(&fake);
    for profile in ["one", "two"] {
        setup
            .home
            .file(".ionos/config", &yaml(profile, &format!("{profile}-token")));
        assert_eq!(
            setup.authorization(&fake),
            format!("Bearer {profile}-token")
        );
    }
}

#[test]
fn endpoint_of_the_file_is_used_unless_the_environment_sets_one() {
    let (in_file, in_env) = (fake_for_all(), fake_for_all());
    let home = Home::new();
    let file = format!(
        "currentProfile: ci
profiles: [{{name: ci, environment: staging, credentials: {{token: {}}}}}]
environments:
  - name: prod
    products: [{{name: containerregistry, endpoints: [{{name: 'https://api.invalid'}}]}}]
  - name: staging
    products:
      - name: containerregistry
        endpoints:
          - {{location: de/txl, name: 'https://other.invalid'}}
          - {{name: '{}/containerregistries/'}}
",
        token_of("IONOS_TOKEN"),
        in_file.url()
    );
    home.file(".ionos/config", &file);
    let _ = home.helper().get(DEMO_HOST).credential();
    assert_eq!(in_file.count("POST", "/tokens"), 1);
    let _ = home
        .helper()
        .env("IONOS_API_URL", &in_env.url())
        .get(DEMO_HOST)
        .credential();
    assert_eq!(in_env.count("POST", "/tokens"), 1);
}

#[test]
fn half_of_a_user_name_and_password_is_named() {
    let home = Home::new();
    for (set, unset) in [
        ("IONOS_USERNAME", "IONOS_PASSWORD"),
        ("IONOS_PASSWORD", "IONOS_USERNAME"),
    ] {
        let helper = home.helper().env(set, "half-of-it").env(unset, "");
        let done = helper.get(DEMO_HOST);
        let line = done.failure();
        let named = format!("no IONOS credentials found: {set} is set without {unset}; run");
        assert!(line.contains(&named), "{line}");
        assert!(!line.contains("half-of-it"), "{line}");
    }
}
