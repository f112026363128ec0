//! `config.json`: settings, precedence and error messages.

use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, DEMO_ID, FakeIonos, RegistrySpec};
use crate::support::helper::{Helper, Home, write_private};

const CUSTOM: &str = "registry.example.com";

/// The scopes and the lifetime in hours that a `get` requests.
#[track_caller]
fn asked(fake: &FakeIonos, helper: &Helper, host: &str) -> (Vec<String>, i64) {
    fake.clear_requests();
    let _ = helper.get(host).credential();
    let request = fake.requests().pop().unwrap();
    let properties = request.json()["properties"].clone();
    let scopes = properties["scopes"].as_array().unwrap().iter();
    let expiry: jiff::Timestamp = properties["expiryDate"].as_str().unwrap().parse().unwrap();
    let left = expiry.as_second() - docker_credential_ionos::env::now();
    let texts = |list: &Value| {
        let list = list.as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(",")
    };
    let scopes = scopes
        .map(|scope| {
            let name = scope["name"].as_str().unwrap();
            format!("{name}:{}", texts(&scope["actions"]))
        })
        .collect();
    (scopes, left / 3600)
}

fn scopes(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn most_specific_source_wins_for_each_key() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plain = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
    let deploy = home
        .helper_called("docker-credential-ionos-deploy", &fake)
        .env("IONOS_CR_DISABLE_CACHE", "true");
    let built_in = (scopes(&["*:pull,push"]), 12);
    assert_eq!(asked(&fake, &plain, DEMO_HOST), built_in);

    let mut config =
        json!({"defaults": {"actions": ["pull"], "repositories": ["a", "b"], "tokenTtl": "9h"}});
    home.configure(&config);
    let defaults = (scopes(&["a:pull", "b:pull"]), 9);
    assert_eq!(asked(&fake, &plain, DEMO_HOST), defaults);

    config["registries"] = json!({DEMO_HOST: {"repositories": ["own/*"]}});
    home.configure(&config);
    assert_eq!(
        asked(&fake, &plain, DEMO_HOST),
        (scopes(&["own/*:pull"]), 9)
    );

    let with_env = |helper: &Helper| {
        let helper = helper.clone().env("IONOS_CR_ACTIONS", "push");
        helper.env("IONOS_CR_TOKEN_TTL", "3h")
    };
    assert_eq!(
        asked(&fake, &with_env(&plain), DEMO_HOST),
        (scopes(&["own/*:push"]), 3)
    );

    config["profiles"] = json!({"deploy": {"actions": ["delete", "pull"], "tokenTtl": "1h"}});
    home.configure(&config);
    let deployed = (scopes(&["own/*:pull,delete"]), 1);
    assert_eq!(asked(&fake, &with_env(&deploy), DEMO_HOST), deployed);
    // The profile comes from the file name of the program; settings of another profile do not
    // apply.
    assert_eq!(
        asked(&fake, &plain, DEMO_HOST),
        (scopes(&["own/*:pull"]), 9)
    );
}

#[test]
fn explicit_scopes_are_sent_unchanged() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let own = json!([
        {"type": "namespace", "name": "team", "actions": ["pull"]},
        {"type": "registry", "name": "catalog", "actions": ["*"]},
    ]);
    home.configure(json!({"registries": {DEMO_HOST: {"scopes": own}}}));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(fake.tokens()[0].scopes, own);
}

#[test]
fn registry_entry_overrides_its_profile() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.configure(json!({
        "profiles": {"ci": {"actions": ["pull"], "tokenTtl": "2h"}},
        "registries": {DEMO_HOST: {"profile": "ci", "tokenTtl": "5h"}},
    }));
    let helper = home.helper_for(&fake);
    assert_eq!(asked(&fake, &helper, DEMO_HOST), (scopes(&["*:pull"]), 5));
}

#[test]
fn program_name_selects_a_profile_with_a_separate_cache() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let mut seen = Vec::new();
    for (name, actions) in [
        ("docker-credential-ionos", "*:pull,push"),
        ("docker-credential-ionos-pull", "*:pull"),
        ("docker-credential-ionos-push", "*:pull,push"),
        ("docker-credential-ionos-pull.exe", "*:pull"),
    ] {
        let helper = home.helper_called(name, &fake);
        let secret = helper.get(DEMO_HOST).credential().secret;
        assert_eq!(helper.get(DEMO_HOST).credential().secret, secret);
        let token = fake
            .tokens()
            .into_iter()
            .find(|t| t.password == secret)
            .unwrap();
        let (kind, repository) = (&token.scopes[0]["actions"], &token.scopes[0]["name"]);
        let list: Vec<_> = kind
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(
            format!("{}:{}", repository.as_str().unwrap(), list.join(",")),
            actions
        );
        seen.push(secret);
    }
    assert_eq!(seen[1], seen[3], "the same profile");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
    // Erase deletes the credentials of every profile.
    home.helper_for(&fake).erase(DEMO_HOST).says("");
    assert!(fake.tokens().is_empty());
    home.helper_called("docker-credential-ionos-nightly", &fake)
        .get(DEMO_HOST)
        .fails("no credential for demo.cr.de-fra.ionos.com: there is no profile 'nightly'; profiles are pull, push");
}

#[test]
fn configured_host_is_served_by_registry_id_or_name() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("other"))
        .registry(RegistrySpec::new("demo"))
        .start();
    let home = Home::new();
    let helper = home.helper_for(&fake);
    helper.get(CUSTOM).is_not_found();
    home.configure(json!({"registries": {
        CUSTOM: {"registryName": "Demo"},
        "127.0.0.1:5000": {"registryId": DEMO_ID},
        "HTTPS://Proxy.example.com:443/v2/": {"registryName": "none"},
    }}));
    let by_name = helper.get("https://registry.example.com/v2/").credential();
    assert_eq!(fake.requests().len(), 2);
    assert_eq!(fake.tokens()[0].registry_id, DEMO_ID);
    fake.clear_requests();
    let by_id = helper.get("127.0.0.1:5000").credential();
    assert_eq!(fake.requests().len(), 1, "nothing to look up");
    assert_ne!(by_id.secret, by_name.secret);
    assert!(
        helper
            .get("proxy.example.com")
            .failure()
            .contains("no such registry among the 2 that the account sees (account from IONOS_TOKEN); check registryName in config.json with")
    );
    helper.get("127.0.0.1:5001").is_not_found();
    helper.store(CUSTOM, "jane", "typed").says("");
    assert_eq!(helper.get(CUSTOM).credential().secret, "typed");
    helper.erase(CUSTOM).says("");
    helper.erase("127.0.0.1:5000").says("");
    assert!(fake.tokens().is_empty());
}

#[test]
fn changed_registry_of_a_host_mints_a_new_credential() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("other"))
        .registry(RegistrySpec::new("demo"))
        .start();
    let home = Home::new();
    for name in ["demo", "other", "demo"] {
        home.configure(json!({"registries": {CUSTOM: {"registryName": name}}}));
        let secret = home.helper_for(&fake).get(CUSTOM).credential().secret;
        let token = fake
            .tokens()
            .into_iter()
            .find(|t| t.password == secret)
            .unwrap();
        assert_eq!(token.registry_id == DEMO_ID, name == "demo");
    }
}

#[test]
fn config_in_another_encoding_is_reported() {
    let home = Home::new();
    for content in [&b"\xff\xfe{\0}\0"[..], b"{\"profiles\": {\"\xe4\": {}}}"] {
        write_private(&home.config(), content);
        home.helper().get(DEMO_HOST).fails(&format!(
            "no credential for {DEMO_HOST}: {}: it is not valid UTF-8; save it as UTF-8 (PowerShell's > writes UTF-16)",
            home.config().display()
        ));
    }
}

#[test]
fn config_error_names_the_position_and_quotes_no_value() {
    let home = Home::new();
    let fake = FakeIonos::start();
    let layer = "known keys are actions, repositories, scopes, tokenTtl, timeout";
    let json = "JSON has no comments and no comma after the last item";
    for (config, line) in [
        (r#"{"registry": {}}"#, "registry is an unknown key; did you mean registries?".to_owned()),
        (r#"{"defaults": {"actoins": ["pull"]}}"#, "defaults.actoins is an unknown key; did you mean actions?".into()),
        (r#"{"registries": {"x.example": {"tokenTTL": "12h"}}}"#, "registries.\"x.example\".tokenTTL is an unknown key; did you mean tokenTtl?".into()),
        (r#"{"profiles": {"ci": {"zzzzzzzzzzzz": "s3cret"}}}"#, format!("profiles.ci.zzzzzzzzzzzz is an unknown key; {layer}")),
        (r#"{"profiles": {"ci": {"tokenFile": "/s3cret"}}}"#, format!("profiles.ci.tokenFile is an unknown key; {layer}")),
        (r#"{"defaults": {"registryId": "s3cret"}}"#, format!("defaults.registryId is an unknown key; {layer}, tokenFile, tokenCommand, ionosProfile")),
        (r#"{"defaults": {"actions": "s3cret, expected nothing"}}"#, "defaults.actions has a wrong value; write a list".into()),
        (r#"{"defaults": {"actions": ["pull", 5]}}"#, "defaults.actions[1] has a wrong value; write a string".into()),
        (r#"{"defaults": {"tokenTtl": 12}}"#, "defaults.tokenTtl has a wrong value; write a string".into()),
        (r#"{"defaults": {"tokenTtl": "12"}}"#, "defaults.tokenTtl: '12' is not a duration; write it with units (h, m, s), such as 12h".into()),
        (r#"{"defaults": {"tokenTtl": "59m"}}"#, "defaults.tokenTtl: out of range; use 1h to 8784h; the default is 12h".into()),
        (r#"{"defaults": {"timeout": "1ms"}}"#, "defaults.timeout: out of range; use 100ms to 10m; the default is 8s".into()),
        (r#"{"defaults": {"actions": ["read"]}}"#, "defaults.actions: unknown action 'read'; use pull, push, delete or *".into()),
        (r#"{"defaults": {"actions": []}}"#, "defaults.actions: no action; use pull, push, delete or *".into()),
        (r#"{"defaults": {"scopes": []}}"#, "defaults.scopes: no scope; add one, or remove the key".into()),
        (r#"{"defaults": {"scopes": [{"type": "s3cret", "name": "*", "actions": ["pull"]}]}}"#, "defaults.scopes: unknown type; use repository, namespace or registry".into()),
        (r#"{"defaults": {"scopes": [{"type": "repository"}]}}"#, "defaults.scopes[0] has no name; add it".into()),
        (r#"{"defaults": {"scopes": [{"type": "namespace", "name": "", "actions": ["pull"]}]}}"#, "defaults.scopes: a namespace has no name; name it, or write * for all".into()),
        (r#"{"profiles": {"ci": {"scopes": [{"type": "namespace", "name": "x", "actions": ["pull"]}], "actions": ["pull"]}}}"#, "profiles.ci: scopes together with actions or repositories; keep the scopes, or the two others".into()),
        (r#"{"defaults": {"tokenFile": "token"}}"#, "defaults: tokenFile is not an absolute path; write the whole path".into()),
        (r#"{"defaults": {"tokenFile": "/t", "ionosProfile": "ci"}}"#, "defaults: more than one account is set; keep one of tokenFile, tokenCommand and ionosProfile".into()),
        (r#"{"defaults": {"tokenCommand": []}}"#, "defaults: tokenCommand names no program; write a list, the program first: [\"op\", \"read\", \"op://…\"]".into()),
        (r#"{"defaults": {"tokenCommand": "op read s3cret"}}"#, "defaults.tokenCommand has a wrong value; write a list".into()),
        (r#"{"registries": {"x.example": {"registryId": "s3cret"}}}"#, "registries.\"x.example\": registryId is not a UUID; \"ionosctl container-registry registry list\" shows it".into()),
        (r#"{"registries": {"x.example": {"registryId": "s3cret", "registryName": "x"}}}"#, "registries.\"x.example\": both registryId and registryName are set; keep one of them".into()),
        (r#"{"registries": {"*.cr.de-fra.ionos.com": {}}}"#, "registries.\"*.cr.de-fra.ionos.com\" is not the host of a registry; write the host as docker does, such as demo.cr.de-fra.ionos.com or 127.0.0.1:5000".into()),
        (r#"{"registries": {"x.example": {}, "https://X.example": {}}}"#, "registries.\"x.example\" is a duplicate of a key in another spelling; keep one of them".into()),
        (r#"{"registries": {"x.example": {"profile": "none"}}}"#, "registries.\"x.example\".profile: there is no profile 'none'; profiles are pull, push".into()),
        (r#"{"profiles": {"../x": {}}}"#, "profiles.\"../x\" is not a valid name for a profile; use up to 40 lower-case letters, digits, - and _, and not 'default'".into()),
        (r#"{"defaults": []}"#, "defaults has a wrong value; write an object".into()),
        // serde accepts a list of all values as a struct.
        (r#"{"defaults": [["pull"], null, null, "9h", null, null, null, null]}"#, "defaults has a wrong value; write an object".into()),
        (r#"{"registries": ["x.example"]}"#, "registries has a wrong value; write an object".into()),
        (r#"{"profiles": {"ci": [["pull"], null, null, null, null]}}"#, "profiles.ci has a wrong value; write an object".into()),
        (r#"{"registries": {"x.example": [null, null, null, null, null, null, null, null, null, null, null]}}"#, "registries.\"x.example\" has a wrong value; write an object".into()),
        (r#"{"defaults": {"scopes": [["repository", "*", ["pull"]]]}}"#, "defaults.scopes[0] has a wrong value; write an object".into()),
        (r#"[null, {"actions": ["pull"]}, null, null]"#, "the file has a wrong value; write an object".into()),
        ("[]", "the file has a wrong value; write an object".into()),
        ("null", "the file has a wrong value; write an object".into()),
        (" \n", "it is empty; write {} for no settings, or remove the file".into()),
        ("{\n  \"defaults\": {},\n}", format!("invalid JSON at line 3, column 1; {json}")),
        ("{} s3cret", format!("invalid JSON at line 1, column 4; {json}")),
        ("{\"defaults\": {}, \"defaults\": {}}", "the file has a duplicate key defaults; keep one of them".into()),
        (r#"{"defaults": {"timeout": "8s", "timeout": "9s"}}"#, "defaults has a duplicate key timeout; keep one of them".into()),
    ] {
        home.configure(config);
        let done = home.helper_for(&fake).get(DEMO_HOST);
        let path = home.config();
        done.fails(&format!("no credential for {DEMO_HOST}: {}: {line}", path.display()));
        assert!(!done.stdout.contains("s3cret"), "{}", done.stdout);
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn invalid_config_affects_neither_foreign_hosts_nor_logout() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    home.configure("{");
    helper.get("docker.io").is_not_found();
    let listed = helper.list();
    assert!(listed.code == Some(0) && listed.stdout.contains(DEMO_HOST));
    helper.erase(DEMO_HOST).says("");
    assert!(fake.tokens().is_empty());
}

#[test]
fn missing_or_irregular_config_file_is_an_error() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let path = home.file("mine.json", r#"{"defaults": {"actions": ["pull"]}}"#);
    let helper = home.helper_for(&fake).env("IONOS_CR_CONFIG", &path);
    assert_eq!(asked(&fake, &helper, DEMO_HOST).0, ["*:pull"]);

    for (path, why) in [
        (home.path().join("none"), "No such file or directory"),
        (home.path().to_owned(), "not a regular file"),
        ("/dev/zero".into(), "not a regular file"),
    ] {
        let helper = home
            .helper_for(&fake)
            .env("IONOS_CR_CONFIG", path.to_str().unwrap());
        helper.get(DEMO_HOST).fails(&format!(
            "no credential for {DEMO_HOST}: cannot read {}: {why}; correct IONOS_CR_CONFIG or unset it",
            path.display()
        ));
    }
    let huge = home.file("huge", &" ".repeat(1 << 20 | 1));
    let helper = home.helper_for(&fake).env("IONOS_CR_CONFIG", &huge);
    assert!(
        helper
            .get(DEMO_HOST)
            .failure()
            .contains("larger than 1 MiB")
    );
}
