//! Runs every command, on success and on many failures.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::machine::Machine;
use super::{KEY_MARKER, TYPED_MARKER, each_way, has_no_secret, secrets_are_private};
use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, FakeIonos, Fault, MINTED_MARKER, PASSWORD, USERNAME,
};
use crate::support::helper::Home;
use crate::support::registry::{Auth, Registry};

/// The names of all commands.
fn all() -> BTreeSet<String> {
    let definition = docker_credential_ionos::cli::definition();
    let names = definition.get_subcommands().map(clap::Command::get_name);
    names.map(str::to_owned).collect()
}

#[track_caller]
fn covers(seen: &BTreeSet<(String, Option<i32>)>, code: i32, never: &[&str]) {
    let mut missing = all();
    missing.retain(|name| !seen.contains(&(name.clone(), Some(code))));
    for name in never {
        missing.remove(*name);
    }
    assert_eq!(missing, BTreeSet::new(), "these never ended with {code}");
}

#[test]
fn no_command_prints_a_secret_on_success() {
    let machine = Machine::new();
    for helper in machine.accounts() {
        machine.run_everything(&helper);
        machine.run_everything(&helper.env("IONOS_CR_LOG", "debug"));
    }
    // No registry answers for these hosts. The next test has one.
    covers(&machine.seen.borrow(), 0, &["doctor"]);
    assert!(!machine.api.minted_passwords().is_empty());
    let argv = fs::read_to_string(machine.host_files.path().join("argv")).unwrap();
    assert!(argv.contains("--password-stdin"), "{argv}");
}

#[test]
fn doctor_prints_no_secret_on_success() {
    let api = Arc::new(FakeIonos::start());
    let accepts = Arc::clone(&api);
    let registry = Registry::start(Auth::Basic, move |name, word| accepts.accepts(name, word));
    let (home, host) = (Home::new(), registry.host());
    home.configure(json!({"registries": {&host: {"registryName": "demo"}}}));
    let helpers = json!({"credHelpers": {&host: "ionos"}});
    home.file(".docker/config.json", &helpers.to_string());
    let program = Path::new(crate::support::helper::BIN);
    let runtime = home.path().join("run").display().to_string();
    for helper in each_way(&home, &api) {
        let helper = helper
            .env("PATH", program.parent().unwrap().to_str().unwrap())
            .env("XDG_RUNTIME_DIR", &runtime)
            .env("IONOS_CR_TIMEOUT", "8s");
        for args in [
            &["doctor", "--mint", &host][..],
            &["doctor", &host, "--json"],
        ] {
            let done = helper.run(args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            has_no_secret("doctor", &done.stdout);
            has_no_secret("doctor", &done.stderr);
            secrets_are_private(&home);
        }
    }
    assert_eq!(api.minted_passwords().len(), 2);
}

#[test]
fn no_command_prints_a_secret_when_the_api_fails() {
    let basic = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
    let echo = |status: u16| {
        let text = format!("bad header Bearer {ACCOUNT_TOKEN} Basic {basic}");
        let body = json!({"httpStatus": status, "messages": [{"errorCode": "0", "message": text}]});
        Fault::replace(status, &body)
    };
    let secret = format!("{MINTED_MARKER}in-an-odd-place");
    let mut seen = BTreeSet::new();
    for (n, fault) in [
        echo(401),
        echo(403).on_method("POST"),
        echo(500).on_method("DELETE"),
        echo(422).on("GET", "/tokens"),
        Fault::reset(),
        Fault::status(404),
        Fault::replace_bytes(201, format!(r#"{{"properties":{{"credentials":"{secret}"#)),
        Fault::replace(
            201,
            &json!({"properties": {"credentials": {"password": [secret]}}}),
        )
        .on_method("POST"),
    ]
    .into_iter()
    .enumerate()
    {
        let machine = Machine::new();
        machine.api.fault(fault.always());
        let accounts = machine.accounts();
        // One account with a token and one with a password.
        for helper in [&accounts[n % 4 + usize::from(n % 4 > 0)], &accounts[1]] {
            let helper = helper.clone().env("IONOS_CR_LOG", "debug");
            machine.run_everything(&helper);
        }
        seen.extend(machine.seen.take());
    }
    covers(
        &seen,
        1,
        // These commands never fail.
        &["erase", "list", "status", "version"],
    );
}

#[test]
fn no_command_prints_a_secret_of_a_damaged_file() {
    let typed = format!("{TYPED_MARKER}2");
    let key = format!("-----BEGIN PRIVATE KEY-----\n{KEY_MARKER}%%\n-----END PRIVATE KEY-----\n");
    for (file, content) in [
        (
            "docker/config.json",
            format!("{{\"auths\": {{\"{typed}\": [\"{typed}\""),
        ),
        ("docker/config.json", format!("\"{typed}\"")),
        (
            "docker/config.json",
            format!("{{\"credHelpers\": \"{typed}\"}}"),
        ),
        (
            "docker/config.json",
            format!("{{\"credHelpers\": {{}}, \"auths\": \"{typed}\"}}"),
        ),
        ("kubelet.yaml", format!("kind: [{typed}")),
        (
            "kubelet.yaml",
            format!("kind: {{a: {typed}}}\nproviders: {typed}"),
        ),
        ("bundle.pem", key.clone()),
        ("bundle.pem", key.replace("PRIVATE KEY", "CERTIFICATE")),
        ("ionos.yaml", format!("profiles: {typed}: {typed}")),
        ("ionos.yaml", format!("profiles: [{{name: [{typed}]}}]")),
        (
            "command.json",
            format!("{{\"defaults\": {{\"tokenCommand\": \"{typed}\"}}}}"),
        ),
        (
            "command.json",
            format!("{{\"{typed}\": 1, \"tokenCommand\""),
        ),
        ("token", format!("{ACCOUNT_TOKEN}\n{ACCOUNT_TOKEN}")),
        ("token", String::new()),
        ("pod/token", format!("{typed}\u{1}{typed}")),
        ("pod/ca.crt", key),
    ] {
        let machine = Machine::new();
        let reader = match file {
            "token" => 2,
            "command.json" => 3,
            "ionos.yaml" => 4,
            _ => 0,
        };
        let helper = machine.accounts().swap_remove(reader);
        // After `accounts`, which writes the pod's files.
        machine.host_files.file(file, &content);
        machine.run_everything(&helper.env("IONOS_CR_LOG", "debug"));
    }
}

#[test]
fn no_command_prints_a_secret_when_programs_and_cluster_fail() {
    let machine = Machine::new();
    for helper in machine.accounts() {
        // Nothing can be stored, child processes fail, and the cluster quotes what it receives.
        let failing = helper
            .env("FAKE_EXIT", "3")
            .env("HOME", "/dev/null")
            .env("GITHUB_ENV", "/dev/null/x")
            .env("IONOS_CR_LOG", "debug");
        machine.run_everything(&failing);
        machine
            .cluster
            .echo_writes(|secret| secret["data"][".dockerconfigjson"].to_string());
        // Without a home, root would write to the real /run.
        let cache = machine.home.path().join(".cache").display().to_string();
        let homeless = failing.without("HOME").env("XDG_CACHE_HOME", &cache);
        machine.run_everything(&homeless.without("FAKE_EXIT"));
    }
}
