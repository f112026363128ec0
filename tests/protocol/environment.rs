//! Environment variables, and the files they name.

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Home, write_private};

#[test]
fn invalid_variable_is_named_with_a_fix() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for (name, value, what) in [
        (
            "IONOS_CR_ACTIONS",
            "read",
            "IONOS_CR_ACTIONS: unknown action 'read'; use pull, push, delete or *",
        ),
        (
            "IONOS_CR_REPOSITORIES",
            "Team",
            "IONOS_CR_REPOSITORIES: 'Team' is not a repository; use names without the registry's host, such as team/app or team/*",
        ),
        (
            "IONOS_CR_REPOSITORIES",
            "demo.cr.de-fra.ionos.com/team/app",
            "IONOS_CR_REPOSITORIES: 'demo.cr.de-fra.ionos.com/team/app' is not a repository; use names without the registry's host, such as team/app or team/*",
        ),
        (
            "IONOS_CR_TOKEN_TTL",
            "30m",
            "IONOS_CR_TOKEN_TTL: out of range; use 1h to 8784h; the default is 12h",
        ),
        (
            "IONOS_CR_TOKEN_TTL",
            "12",
            "IONOS_CR_TOKEN_TTL: '12' is not a duration; write it with units (h, m, s), such as 12h",
        ),
        (
            "IONOS_CR_TIMEOUT",
            "-1s",
            "IONOS_CR_TIMEOUT: '-1s' is not a duration; write it with units (h, m, s), such as 8s",
        ),
        (
            "IONOS_CR_TIMEOUT",
            "1h",
            "IONOS_CR_TIMEOUT: out of range; use 100ms to 10m; the default is 8s",
        ),
        (
            "IONOS_CR_DISABLE_CACHE",
            "maybe",
            "IONOS_CR_DISABLE_CACHE is neither true nor false; set IONOS_CR_DISABLE_CACHE=true or IONOS_CR_DISABLE_CACHE=false",
        ),
        (
            "IONOS_CR_CACHE_DIR",
            "cache",
            "IONOS_CR_CACHE_DIR is not an absolute path: cache; set it to an absolute path or unset it",
        ),
        (
            "IONOS_API_URL",
            "http://api.example",
            "IONOS_API_URL is plain http to api.example, which would send the account's credentials in the clear; set it to a URL such as https://api.ionos.com or unset it",
        ),
        (
            "IONOS_CONTRACT_NUMBER",
            "x",
            "IONOS_CONTRACT_NUMBER is not a number; set it to the contract's number or unset it",
        ),
    ] {
        let done = home.helper_for(&fake).env(name, value).get(DEMO_HOST);
        done.fails(&format!("no credential for {DEMO_HOST}: {what}"));
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn token_file_may_have_a_byte_order_mark_and_must_be_utf_8() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let marked = home.file("marked", &format!("\u{feff}{ACCOUNT_TOKEN}\r\n"));
    let helper = home.helper_for(&fake).without("IONOS_TOKEN");
    let _ = helper
        .clone()
        .env("IONOS_TOKEN_FILE", &marked)
        .get(DEMO_HOST)
        .credential();
    // UTF-16, as PowerShell's `>` writes it.
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(ACCOUNT_TOKEN.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let path = home.path().join("wide");
    write_private(&path, &wide);
    let path = path.to_str().unwrap();
    helper.env("IONOS_TOKEN_FILE", path).get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: the file is not valid UTF-8 (account from IONOS_TOKEN_FILE={path}); save it as UTF-8 without a byte order mark"
    ));
}

#[test]
fn config_file_may_have_a_byte_order_mark() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.configure("\u{feff}{ \"defaults\": { \"actions\": [\"pull\"] } }");
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(
        fake.tokens()[0].scopes[0]["actions"],
        serde_json::json!(["pull"])
    );
}

#[test]
fn server_url_too_long_for_the_answer_is_refused() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let url = format!("https://{DEMO_HOST}/{}", "x".repeat(4000));
    home.helper_for(&fake).get(&url).fails(&format!(
        "no credential for {DEMO_HOST}: the server URL is too long for one answer (4 KiB); use {DEMO_HOST} as the server URL"
    ));
}
