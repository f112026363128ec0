//! Who asks the API: every source of an account, alone and against every other.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN, PASSWORD, USERNAME,
};
use crate::support::helper::{Helper, Home};

/// Sources in order of precedence. Of those with the same rank only one can be there.
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
    (7, ".ionos/config"),
    (8, ".ionos/config.yaml"),
    (9, ".config/ionosctl/config.json"),
];

/// The scene for a set of sources, and what each would send.
struct Scene {
    home: Home,
    helper: Helper,
    config: Value,
}

impl Scene {
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
                self.section(source)["tokenCommand"] = json!(["/bin/echo", token]);
            }
            "own-ionos-profile" | "default-ionos-profile" => {
                // The profile is looked for in the first file there is.
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

    /// The `Authorization` header of a `get`.
    fn asks_as(&self, fake: &FakeIonos) -> String {
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

fn yaml(profile: &str, token: &str) -> String {
    format!(
        "version: 1.0\ncurrentProfile: {profile}\nprofiles:\n  - name: {profile}\n    environment: prod\n    credentials:\n      token: {token}\n"
    )
}

fn fake_for_all() -> FakeIonos {
    let mut fake = FakeIonos::builder().basic("jane", &token_of("IONOS_USERNAME"));
    for (_, source) in SOURCES {
        fake = fake.account_token(&token_of(source));
    }
    fake.start()
}

#[test]
fn each_source_alone_is_found() {
    let fake = fake_for_all();
    for (_, source) in SOURCES {
        let mut scene = Scene::new(&fake);
        scene.install(source);
        assert_eq!(scene.asks_as(&fake), header_of(source), "{source}");
    }
}

#[test]
fn each_source_wins_over_every_later_one() {
    let fake = fake_for_all();
    for (rank, source) in SOURCES {
        for (later_rank, later) in SOURCES {
            // A named profile is looked for in the file that is found first.
            let same_file = source.ends_with("profile") && later == "IONOS_CONFIG_FILE"
                || source.ends_with("profile") && later.ends_with("profile");
            if later_rank > rank && !same_file {
                let mut scene = Scene::new(&fake);
                scene.install(later);
                scene.install(source);
                assert_eq!(
                    scene.asks_as(&fake),
                    header_of(source),
                    "{source} over {later}"
                );
            }
        }
    }
}

#[test]
fn a_configuration_file_that_is_named_and_missing_is_an_error() {
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
fn the_profile_is_the_configured_one_or_the_environments_or_the_current() {
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
    let mut scene = Scene::new(&fake);
    scene.home.file(".ionos/config", file);
    assert_eq!(scene.asks_as(&fake), "Bearer one-token");
    scene.set("IONOS_CURRENT_PROFILE", " two ");
    assert_eq!(scene.asks_as(&fake), "Bearer two-token");
    scene.config["defaults"]["ionosProfile"] = "THREE".into();
    assert_eq!(scene.asks_as(&fake), "Bearer three-token");
    // Each profile has a credential of its own, warm.
    fake.clear_requests();
    let _ = scene.helper.get(DEMO_HOST).credential();
    assert!(fake.requests().is_empty());
}

#[test]
fn another_current_profile_is_another_account() {
    let fake = FakeIonos::builder()
        .account_token("one-token")
        .account_token("two-token")
        .start();
    let scene = Scene::new(&fake);
    for profile in ["one", "two"] {
        scene
            .home
            .file(".ionos/config", &yaml(profile, &format!("{profile}-token")));
        assert_eq!(scene.asks_as(&fake), format!("Bearer {profile}-token"));
    }
}

#[test]
fn the_files_endpoint_is_asked_unless_the_environment_names_one() {
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
fn a_command_is_run_when_a_token_is_needed_and_not_before() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let count = home.path().join("count");
    let script = format!("echo x >> {}; printf '\\n %s \\n' \"$0\"", count.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script, ACCOUNT_TOKEN]}}));
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin");
    let first = helper.get(DEMO_HOST).credential();
    for _ in 0..3 {
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
    }
    assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
}

#[test]
fn a_command_is_given_as_a_list_and_no_shell_reads_it() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let marker = home.path().join("run-by-a-shell");
    let argument = format!("$(touch {})", marker.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/echo", argument]}}));
    let helper = home.helper_for(&fake).without("IONOS_TOKEN");
    let config = home.config().display().to_string();
    helper.get(DEMO_HOST).fails(&format!("no credential for {DEMO_HOST}: tokenCommand /bin/echo of the defaults in {config} holds more than a token: there is a space, a line break or a control character inside (account from tokenCommand /bin/echo of the defaults in {config}); put the token there, alone on its line"));
    assert!(!marker.exists());
}

#[test]
fn a_command_that_fails_says_why_without_its_arguments() {
    let fake = FakeIonos::start();
    for (argv, what) in [
        (
            json!([
                "/bin/sh",
                "-c",
                "echo first >&2; echo 'vault is locked' >&2; exit 3",
                "s3cret"
            ]),
            "failed (exit status: 3): vault is locked (account from",
        ),
        (
            json!(["/no/such/program", "s3cret"]),
            "does not start: No such file or directory",
        ),
        (json!(["/bin/true"]), "holds no token"),
        (
            json!(["/bin/sh", "-c", "printf '\\377'"]),
            "printed something that is not text",
        ),
        (
            json!(["/bin/cat", "/dev/zero"]),
            "did not end in time and was killed",
        ),
    ] {
        let home = Home::new();
        home.configure(json!({"defaults": {"tokenCommand": argv}}));
        let done = home
            .helper_for(&fake)
            .without("IONOS_TOKEN")
            .env("IONOS_CR_TIMEOUT", "500ms")
            .get(DEMO_HOST);
        assert!(done.failure().contains(what), "{}", done.stdout);
        assert!(!done.stdout.contains("s3cret"), "{}", done.stdout);
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn a_command_is_killed_with_its_children_at_the_deadline() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let pids = home.path().join("pids");
    let script = format!("sleep 600 & echo $! $$ > {}; wait", pids.display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}));
    let done = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin")
        .env("IONOS_CR_TIMEOUT", "700ms")
        .get(DEMO_HOST);
    assert!(
        done.failure()
            .contains("tokenCommand /bin/sh did not end in time and was killed")
    );
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        // The kernel takes a moment to bury what was killed.
        while is_alive(pid) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn two_accounts_in_one_home_never_see_each_others_credential() {
    let fake = FakeIonos::builder()
        .account_token(ACCOUNT_TOKEN)
        .account_token(OTHER_ACCOUNT_TOKEN)
        .basic(USERNAME, PASSWORD)
        .start();
    let home = Home::new();
    let one = home.helper_for(&fake).get(DEMO_HOST).credential();
    let two = home
        .helper_for(&fake)
        .env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN)
        .get(DEMO_HOST)
        .credential();
    assert_ne!(one.secret, two.secret);
    // The other account is refused, and is not served what is cached.
    let stranger = home.helper_for(&fake).env("IONOS_TOKEN", "stranger");
    assert!(stranger.get(DEMO_HOST).failure().contains("401"));
    // The same account with a renewed token is the same account.
    let (claims, _) = ACCOUNT_TOKEN.rsplit_once('.').unwrap();
    let renewed = home
        .helper_for(&fake)
        .env("IONOS_TOKEN", &format!("{claims}.renewed"));
    assert_eq!(renewed.get(DEMO_HOST).credential(), one);
    // Under another contract it is another.
    let contract = home.helper_for(&fake).env("IONOS_CONTRACT_NUMBER", "77");
    assert_ne!(contract.get(DEMO_HOST).credential().secret, one.secret);
}

fn jwt(exp: &str) -> String {
    let claims = format!("{{\"exp\":{exp},\"identity\":{{\"uuid\":\"u\"}}}}");
    format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn a_refusal_names_the_account_and_what_to_do() {
    let fake = FakeIonos::start();
    let api = fake.address();
    for (token, hint) in [
        (
            jwt("1700000000"),
            "the token in IONOS_TOKEN expired at 2023-11-14T22:13:20Z: make a new one (\"ionosctl token generate\")",
        ),
        (
            jwt("1700000000071"),
            "the token in IONOS_TOKEN expired at 2023-11-14T22:13:20Z: make a new one (\"ionosctl token generate\")",
        ),
        (
            jwt("4100000000"),
            "the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
        ),
    ] {
        let home = Home::new();
        let done = home
            .helper_for(&fake)
            .env("IONOS_TOKEN", &token)
            .get(DEMO_HOST);
        done.fails(&format!("no credential for {DEMO_HOST}: {api} refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\" (account from IONOS_TOKEN); {hint}"));
    }
    let home = Home::new();
    let basic = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_USERNAME", "dci-registry-token")
        .env("IONOS_PASSWORD", "pw");
    basic.get(DEMO_HOST).fails(&format!("no credential for {DEMO_HOST}: {api} refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\" (account from IONOS_USERNAME and IONOS_PASSWORD); check that user name and password are those of the IONOS account, not of a registry token; an account with two-factor authentication needs an API token (IONOS_TOKEN) instead"));
    fake.fault(Fault::status(403).empty().always());
    let home = Home::new();
    home.helper_for(&fake).get(DEMO_HOST).fails(&format!("no credential for {DEMO_HOST}: {api} does not let the account do this: 403 (account from IONOS_TOKEN); ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)"));
}

#[test]
fn a_warm_get_opens_no_account_file() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_CURRENT_PROFILE", "main");
    home.file(".ionos/config", &yaml("main", ACCOUNT_TOKEN));
    let minted = helper.get(DEMO_HOST).credential();
    home.file(".ionos/config", "\0 not yaml: [");
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
    // Nobody reads it until a token is needed.
    home.age_entry(13 * 3600);
    assert!(helper.get(DEMO_HOST).failure().contains(".ionos/config: "));
}

#[test]
fn a_file_that_is_wrong_is_named_and_costs_nothing_else() {
    let fake = FakeIonos::start();
    let huge = "x".repeat(2 << 20);
    for content in [
        "",
        "\0\u{1}binary",
        "profiles: {",
        "\tprofiles:",
        "[]",
        "version: [1",
        "currentProfile: none",
        &huge,
    ] {
        let home = Home::new();
        let helper = home.helper_for(&fake);
        let minted = helper.get(DEMO_HOST).credential();
        let path = home.file(".ionos/config", content);
        let done = helper.clone().without("IONOS_TOKEN").get(DEMO_HOST);
        assert!(
            done.failure().contains(&format!(" {path}")),
            "{}",
            done.stdout
        );
        assert_eq!(helper.get(DEMO_HOST).credential(), minted);
    }
    let home = Home::new();
    std::os::unix::fs::symlink("config", home.path().join("config")).unwrap();
    for path in [
        home.path().to_owned(),
        home.path().join("config"),
        "/dev/zero".into(),
    ] {
        let helper = home.helper_for(&fake).without("IONOS_TOKEN");
        let helper = helper.env("IONOS_CONFIG_FILE", path.to_str().unwrap());
        let done = helper.get(DEMO_HOST);
        assert!(
            done.failure()
                .contains(&format!("cannot read {}: ", path.display())),
            "{}",
            done.stdout
        );
    }
}
