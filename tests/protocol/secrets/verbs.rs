//! Docker's verbs print no secret except in the answer to `get`.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{OTHER_HOST, TYPED_MARKER, each_way, has_no_secret, secrets_are_private};
use crate::support::fake_ionos::{
    ACCOUNT_MARKER, ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, MINTED_MARKER, PASSWORD, USERNAME,
};
use crate::support::helper::{Done, Helper, Home, walk, write_private};
use crate::support::platform;

/// Asserts that only the answer to `get` contains a registry secret, and nothing an account secret.
#[track_caller]
fn prints_no_secret(verb: &str, done: &Done) {
    has_no_secret(verb, &done.stderr);
    if verb == "get" && done.code == Some(0) {
        let line: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        has_no_secret(verb, line["Username"].as_str().unwrap());
        assert!(!done.stdout.contains(ACCOUNT_MARKER));
    } else {
        has_no_secret(verb, &done.stdout);
    }
}

#[track_caller]
fn run_every_verb(home: &Home, helper: &Helper) {
    let typed = format!("{TYPED_MARKER}1");
    let store = |input: &str| prints_no_secret("store", &helper.run(&["store"], input));
    prints_no_secret("get", &helper.get(DEMO_HOST));
    prints_no_secret("get", &helper.get(DEMO_HOST));
    prints_no_secret("list", &helper.list());
    prints_no_secret("store", &helper.store(OTHER_HOST, "jane", &typed));
    prints_no_secret("get", &helper.get(OTHER_HOST));
    prints_no_secret("list", &helper.list());
    secrets_are_private(home);
    // Logins that cannot be stored or parsed.
    prints_no_secret("store", &helper.store("ghcr.io", "jane", &typed));
    prints_no_secret("store", &helper.store(OTHER_HOST, "", &typed));
    prints_no_secret(
        "store",
        &helper.store(OTHER_HOST, "jane", &typed.repeat(1000)),
    );
    store(&json!({"ServerURL": OTHER_HOST, "Username": "u", "Secret": [typed]}).to_string());
    store(&json!({"ServerURL": OTHER_HOST, "Username": {"x": typed}, "Secret": ""}).to_string());
    store(&format!(
        r#"{{"ServerURL":"{OTHER_HOST}","Username":"u","Secret":"{typed}"#
    ));
    store(&format!(
        r#"{{"ServerURL":"{OTHER_HOST}","Username":"u","Secret":"{typed}\x"}}"#
    ));
    store(&typed);
    prints_no_secret(
        "get",
        &helper.run(&["get"], format!("https://u:{typed}@{DEMO_HOST}")),
    );
    prints_no_secret(
        "erase",
        &helper.run(&["erase"], format!("https://u:{typed}@{DEMO_HOST}")),
    );
    prints_no_secret("erase", &helper.erase(DEMO_HOST));
    prints_no_secret("erase", &helper.erase(OTHER_HOST));
    secrets_are_private(home);
}

#[test]
fn failing_api_leads_to_no_printed_secret() {
    let echo = |status: u16, text: &str| {
        let body = json!({"httpStatus": status, "messages": [{"errorCode": "0", "message": text}]});
        Fault::replace(status, &body)
    };
    let basic = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
    let secret = format!("{MINTED_MARKER}in-an-odd-place");
    let token = |password: serde_json::Value| {
        let credentials = json!({"username": "u", "password": password});
        Fault::replace(
            201,
            &json!({"properties": {"name": "t", "credentials": credentials}}),
        )
    };
    let mut faults = vec![
        Fault::drop_idle(),
        Fault::reset(),
        Fault::hang(),
        Fault::cut_body(),
        Fault::status(502).html(),
        Fault::replace_bytes(201, format!("\"{secret}\"")),
        Fault::replace_bytes(
            201,
            format!(r#"{{"properties":{{"credentials":{{"password":"{secret}"#),
        ),
        token(json!([secret])),
        token(json!({"value": secret})),
        token(secret.clone().into()),
        Fault::replace(
            201,
            &json!({"properties": {"credentials": {"password": secret}}}),
        ),
    ];
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 503, 307] {
        faults.push(Fault::status(status));
        // Gateways quote the header they rejected.
        for sent in [ACCOUNT_TOKEN, &basic] {
            faults.push(echo(status, &format!("bad header Bearer {sent}")));
            faults.push(echo(
                status,
                &format!("bad header Authorization:\tBasic\n{sent}."),
            ));
            faults.push(Fault::replace(status, &json!({"msg": sent})));
        }
    }
    for (n, fault) in faults.into_iter().enumerate() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let [token, password, ..] = &each_way(&home, &fake)[..] else {
            panic!("not so many ways")
        };
        // A fault can quote only the account that sent the request. Faults that quote nothing run for both.
        let quotes_basic = format!("{fault:?}")
            .contains(format!("{:?}", basic.as_bytes()).trim_matches(['[', ']']));
        let helper = if quotes_basic { password } else { token };
        let fault = if n % 3 == 0 {
            fault
        } else {
            fault.on("POST", "/tokens")
        };
        fake.fault(fault.always());
        run_every_verb(&home, helper);
    }
}

#[test]
fn success_leads_to_no_printed_secret() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for helper in each_way(&home, &fake) {
        run_every_verb(&home, &helper);
    }
    assert!(!fake.minted_passwords().is_empty());
}

#[test]
fn account_secret_echoed_by_the_api_is_removed_even_in_part() {
    for (way, text) in [
        // The gateway cuts the secret at either end.
        (
            0,
            format!(
                "bad header Bearer {}",
                &ACCOUNT_TOKEN[..ACCOUNT_TOKEN.len() - 3]
            ),
        ),
        (0, format!("bad header {}", &ACCOUNT_TOKEN[40..])),
        // The gateway decodes the secret.
        (1, format!("wrong password {PASSWORD}")),
        (1, format!("wrong password for {USERNAME}:{PASSWORD}")),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let body = json!({"httpStatus": 401, "messages": [{"errorCode": "0", "message": text}]});
        fake.fault(Fault::replace(401, &body).always());
        prints_no_secret("get", &each_way(&home, &fake)[way].get(DEMO_HOST));
        secrets_are_private(&home);
    }
}

#[test]
fn account_secret_invalid_in_a_header_is_not_printed() {
    for odd in ["\n", "\u{1}", "ü", " x"] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let token = format!("{ACCOUNT_TOKEN}{odd}{ACCOUNT_TOKEN}");
        let file = home.path().join("token");
        for helper in each_way(&home, &fake) {
            prints_no_secret(
                "get",
                &helper.clone().env("IONOS_TOKEN", &token).get(DEMO_HOST),
            );
            write_private(&file, token.as_bytes());
            let from_file = helper
                .without("IONOS_TOKEN")
                .env("IONOS_TOKEN_FILE", file.to_str().unwrap());
            prints_no_secret("get", &from_file.get(DEMO_HOST));
            fs::remove_file(&file).unwrap();
            secrets_are_private(&home);
        }
    }
}

#[test]
fn file_that_is_no_config_is_not_quoted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let file = home.path().join("secrets");
    let typed = format!("{TYPED_MARKER}3");
    for content in [
        typed.clone(),
        format!("{{\"defaults\": \"{typed}\"}}"),
        format!("profiles:\n  - name: {typed}\n  credentials: {typed}\n"),
        format!(
            "currentProfile: x\nprofiles:\n  - name: x\n    credentials: {{token: [\"{typed}\"]}}\n"
        ),
        format!("currentProfile: x\nprofiles:\n  - name: x\n    credentials: {{token: \"{typed}\n"),
    ] {
        write_private(&file, content.as_bytes());
        for name in ["IONOS_CR_CONFIG", "IONOS_CONFIG_FILE"] {
            for helper in each_way(&home, &fake) {
                let helper = helper.env(name, file.to_str().unwrap());
                let without_account = helper
                    .clone()
                    .without("IONOS_TOKEN")
                    .without("IONOS_PASSWORD");
                prints_no_secret("get", &helper.get(DEMO_HOST));
                prints_no_secret("get", &without_account.get(DEMO_HOST));
                prints_no_secret("list", &without_account.list());
                prints_no_secret("erase", &without_account.erase(DEMO_HOST));
            }
        }
    }
}

#[test]
fn damaged_files_with_secrets_are_not_quoted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_CR_LOG", "debug");
    prints_no_secret(
        "store",
        &helper.store(DEMO_HOST, "jane", &format!("{TYPED_MARKER}2")),
    );
    prints_no_secret("get", &helper.get(OTHER_HOST));
    prints_no_secret("erase", &helper.erase(DEMO_HOST));
    prints_no_secret("get", &helper.get(DEMO_HOST));
    prints_no_secret(
        "store",
        &helper.store(OTHER_HOST, "jane", &format!("{TYPED_MARKER}2")),
    );
    for path in walk(home.path()).into_iter().filter(|path| path.is_file()) {
        let content = fs::read_to_string(&path).unwrap();
        write_private(
            &path,
            content
                .replace(['{', '['], "[\"typed-secret-4\",")
                .as_bytes(),
        );
    }
    for verb in ["get", "list", "erase", "get"] {
        for host in [DEMO_HOST, OTHER_HOST] {
            prints_no_secret(verb, &helper.run(&[verb], host));
        }
    }
}

#[test]
fn running_helper_exposes_no_secret_in_proc() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(
        Fault::delay(Duration::from_secs(60))
            .after()
            .on("POST", "/tokens"),
    );
    let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "30s");
    let mut child = helper
        .command(&["get", DEMO_HOST])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fake.tokens().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    let proc = Path::new("/proc").join(child.id().to_string());
    for file in ["cmdline", "comm", "status"] {
        has_no_secret(file, &fs::read_to_string(proc.join(file)).unwrap());
    }
    let mut open: Vec<_> = fs::read_dir(proc.join("fd"))
        .unwrap()
        .map(|fd| fs::read_link(fd.unwrap().path()).unwrap())
        .collect();
    open.retain(|path| path.is_absolute() && !path.starts_with("/dev"));
    for path in open {
        has_no_secret("an open file", &path.display().to_string());
        platform::assert_mode(&path, 0o600);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    secrets_are_private(&home);
}

#[test]
fn secret_is_not_written_through_a_planted_link() {
    let (fake, home, trap) = (FakeIonos::start(), Home::new(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    let [entry] = &home.entries()[..] else {
        panic!("not one entry")
    };
    fs::remove_file(entry).unwrap();
    let target = trap.path().join("target");
    platform::symlink(&target, entry);
    let _ = helper.get(DEMO_HOST).credential();
    assert!(!target.exists());
    secrets_are_private(&home);
}
