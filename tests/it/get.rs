//! What `get` answers, and what it asks the API for it.

use std::time::Duration;

use serde_json::json;

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, DEMO_ID, FakeIonos, Fault, MINTED_MARKER, OTHER_ACCOUNT_TOKEN,
    PASSWORD, RegistrySpec, USERNAME,
};
use crate::support::helper::{Home, write_private};

const HOUR: i64 = 3600;

fn asked(fake: &FakeIonos) -> Vec<String> {
    fake.requests()
        .iter()
        .map(|request| {
            let path = request.path.replace("/containerregistries", "");
            format!("{} {}", request.method, path.replace(DEMO_ID, "ID"))
        })
        .collect()
}

#[test]
fn the_first_get_looks_the_registry_up_and_mints_on_one_connection() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(credential.server_url, DEMO_HOST);
    assert!(credential.secret.contains(MINTED_MARKER));
    assert!(fake.accepts(&credential.username, &credential.secret));
    assert_eq!(
        asked(&fake),
        ["GET /registries", "POST /registries/ID/tokens"]
    );
    let connections: Vec<u64> = fake.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections[0], connections[1]);
}

#[test]
fn a_token_is_named_scoped_and_ends() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let tokens = fake.tokens();
    let [token] = &tokens[..] else {
        panic!("not one token")
    };
    assert!(token.name.starts_with("dci-") && token.name.len() <= 63);
    assert_eq!(
        token.scopes,
        json!([{"type": "repository", "name": "*", "actions": ["pull", "push"]}])
    );
    let body = fake.requests()[1].json();
    assert_eq!(body["properties"]["status"], "enabled");
    let left = expiry_in_seconds(&body);
    assert!(
        (12 * HOUR + 290..=12 * HOUR + 300).contains(&left),
        "{left}"
    );
}

fn expiry_in_seconds(body: &serde_json::Value) -> i64 {
    let expiry = body["properties"]["expiryDate"].as_str().unwrap();
    assert_eq!(expiry.len(), "2026-01-01T00:00:00Z".len(), "{expiry}");
    let expiry: jiff::Timestamp = expiry.parse().unwrap();
    expiry.as_second() - docker_credential_ionos::env::now()
}

#[test]
fn scope_and_life_are_asked_for_as_set() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let _ = home
        .helper_for(&fake)
        .env("IONOS_CR_ACTIONS", "delete,pull")
        .env("IONOS_CR_REPOSITORIES", "team/*, app")
        .env("IONOS_CR_TOKEN_TTL", "1h")
        .get(DEMO_HOST)
        .credential();
    let body = fake.requests()[1].json();
    assert_eq!(
        body["properties"]["scopes"],
        json!([
            {"type": "repository", "name": "app", "actions": ["pull", "delete"]},
            {"type": "repository", "name": "team/*", "actions": ["pull", "delete"]},
        ])
    );
    let left = expiry_in_seconds(&body);
    assert!((HOUR + 290..=HOUR + 300).contains(&left), "{left}");
}

#[test]
fn a_cached_credential_is_handed_out_for_half_its_life_without_asking() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    fake.clear_requests();
    assert_eq!(helper.get(DEMO_HOST).credential(), first);
    home.age_entry(6 * HOUR);
    assert_eq!(helper.get(DEMO_HOST).credential(), first);
    assert!(fake.requests().is_empty());
}

#[test]
fn past_half_its_life_the_next_is_minted_with_one_request_and_the_old_left_to_expire() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    home.age_entry(7 * HOUR);
    fake.clear_requests();
    let second = helper.get(DEMO_HOST).credential();
    assert_ne!(second.secret, first.secret);
    assert_eq!(asked(&fake), ["POST /registries/ID/tokens"]);
    assert!(fake.accepts(&first.username, &first.secret));
    assert_eq!(home.entries().len(), 1);
}

#[test]
fn past_half_its_life_a_failing_api_is_not_noticed() {
    for fault in [
        Fault::status(401),
        Fault::status(500),
        Fault::reset(),
        Fault::hang(),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "1s");
        let first = helper.get(DEMO_HOST).credential();
        home.age_entry(7 * HOUR);
        fake.fault(fault.always());
        fake.clear_requests();
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        let asked = fake.requests().len();
        assert!(asked > 0);
        // And not tried again by the next call of the same build.
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        assert_eq!(fake.requests().len(), asked);
    }
}

#[test]
fn an_expired_credential_is_never_handed_out() {
    for age in [12 * HOUR + 300, 12 * HOUR + 300 - 59, 100 * HOUR] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        let first = helper.get(DEMO_HOST).credential();
        home.age_entry(age);
        fake.fault(Fault::status(500).always());
        assert!(helper.get(DEMO_HOST).failure().contains("failed: 500"));
        fake.clear_faults();
        // Another account's state is not the failed one's: no ten seconds to wait.
        let second = helper
            .env("IONOS_CR_TOKEN_TTL", "2h")
            .get(DEMO_HOST)
            .credential();
        assert_ne!(second.secret, first.secret);
    }
}

#[test]
fn a_clock_that_was_set_back_makes_no_credential_younger() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    home.age_entry(-2 * HOUR);
    assert_ne!(helper.get(DEMO_HOST).credential().secret, first.secret);
}

#[test]
fn a_wrong_clock_does_not_matter() {
    for offset in [-40 * HOUR, 40 * HOUR] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.set_clock(offset);
        let helper = home.helper_for(&fake);
        let first = helper.get(DEMO_HOST).credential();
        assert_eq!(fake.requests().len(), 2, "the look-up tells the API's time");
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        home.age_entry(6 * HOUR);
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        home.age_entry(HOUR);
        fake.clear_requests();
        assert_ne!(helper.get(DEMO_HOST).credential().secret, first.secret);
        assert_eq!(fake.requests().len(), 1, "the time is remembered");
        // The clock is mended: what was remembered is wrong, and one answer tells.
        fake.set_clock(0);
        home.age_entry(13 * HOUR);
        fake.clear_requests();
        let _ = helper.get(DEMO_HOST).credential();
        assert!(fake.requests().len() <= 3);
        let left = expiry_in_seconds(&fake.requests().last().unwrap().json());
        assert!((12 * HOUR..12 * HOUR + 301).contains(&left), "{left}");
        // A token that was made by the wrong time is gone.
        let made = usize::from(offset > 0);
        assert_eq!(fake.count("DELETE", "/tokens"), made);
    }
}

#[test]
fn the_registry_is_found_on_any_page_by_its_hostname_alone() {
    let mut fake = FakeIonos::builder().page_size(2);
    for n in 0..5 {
        fake = fake.registry(RegistrySpec::new(&format!("demo-{n}")));
    }
    let fake = fake
        .registry(
            RegistrySpec::new("demo")
                .id("11111111-2222-4333-8444-555555555555")
                .hostname("x.cr.ionos.com"),
        )
        .registry(
            RegistrySpec::new("renamed")
                .id(DEMO_ID)
                .hostname("Demo.CR.de-fra.ionos.com"),
        )
        .start();
    let home = Home::new();
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let gets = fake.count("GET", "/registries");
    assert_eq!(gets, 3 + 4, "pages with the hint, then pages without");
    assert_eq!(fake.tokens()[0].registry_id, DEMO_ID);
}

#[test]
fn a_registry_that_is_not_the_accounts_is_named_so() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let line = home.helper_for(&fake).get("nope.cr.de-fra.ionos.com");
    line.fails("no credential for nope.cr.de-fra.ionos.com: no such registry among the 1 that the account sees (account from IONOS_TOKEN); check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it");
    assert_eq!(fake.count("POST", ""), 0);
}

#[test]
fn a_registry_without_hostname_is_still_being_created() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("fresh").state("WaitingForStorage"))
        .start();
    let home = Home::new();
    let line = home.helper_for(&fake).get("fresh.cr.de-fra.ionos.com");
    line.fails("no credential for fresh.cr.de-fra.ionos.com: the registry is still being created and has no hostname yet (account from IONOS_TOKEN); wait until its state is Running and try again");
}

#[test]
fn a_registry_made_anew_is_looked_up_again() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.remove_registry(DEMO_ID);
    fake.add_registry(RegistrySpec::new("demo").id("11111111-2222-4333-8444-555555555555"));
    home.age_entry(13 * HOUR);
    fake.clear_requests();
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(
        asked(&fake),
        [
            "POST /registries/ID/tokens",
            "GET /registries",
            "POST /registries/11111111-2222-4333-8444-555555555555/tokens"
        ]
    );
}

#[test]
fn a_taken_name_is_replaced_by_another() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(409).on("POST", "/tokens"));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let names: Vec<_> = fake.requests()[1..]
        .iter()
        .map(|request| request.json()["properties"]["name"].clone())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_token_whose_answer_got_lost_is_deleted_and_another_minted() {
    for fault in [
        Fault::reset().after(),
        Fault::status(502).after(),
        Fault::status(504).after(),
        Fault::cut_body().after(),
        Fault::status(201).body("{}").after(),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(fault.on("POST", "/tokens"));
        let credential = home.helper_for(&fake).get(DEMO_HOST).credential();
        assert_eq!(
            asked(&fake)[1..4],
            [
                "POST /registries/ID/tokens",
                "POST /registries/ID/tokens",
                "GET /registries/ID/tokens"
            ]
        );
        let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
        assert_eq!(names, [credential.username]);
    }
}

#[test]
fn a_token_that_may_have_been_made_is_deleted_at_the_next_contact() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::hang().after().on("POST", "/tokens"));
    let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "500ms");
    assert!(
        helper
            .get(DEMO_HOST)
            .failure()
            .contains("gave no answer in time")
    );
    assert_eq!(fake.tokens().len(), 1);
    let credential = helper
        .env("IONOS_CR_TIMEOUT", "8s")
        .get(DEMO_HOST)
        .credential();
    let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
    assert_eq!(names, [credential.username]);
    assert!(
        !home
            .files()
            .iter()
            .any(|file| file.contains("revocations/"))
    );
}

#[test]
fn a_failure_is_remembered_for_a_build_and_forgotten_with_a_change() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_TOKEN", "not-a-token");
    let first = helper.get(DEMO_HOST);
    let asked = fake.requests().len();
    for _ in 0..4 {
        assert_eq!(helper.get(DEMO_HOST), first);
    }
    assert_eq!(fake.requests().len(), asked);
    assert_eq!(
        first.failure(),
        format!(
            "no credential for {DEMO_HOST}: {} refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\" (account from IONOS_TOKEN); the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
            fake.address()
        )
    );
    let _ = helper
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .get(DEMO_HOST)
        .credential();
}

#[test]
fn a_mended_token_file_is_read_again_at_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let file = home.path().join("token");
    write_private(&file, b"wrong\n");
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_TOKEN_FILE", file.to_str().unwrap());
    assert!(helper.get(DEMO_HOST).failure().contains(&format!(
        "(account from IONOS_TOKEN_FILE={})",
        file.display()
    )));
    write_private(&file, format!("{ACCOUNT_TOKEN}\n").as_bytes());
    let minted = helper.get(DEMO_HOST).credential();
    // A warm get needs the file's name only.
    std::fs::remove_file(&file).unwrap();
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
}

#[test]
fn the_first_account_there_is_asks() {
    let fake = FakeIonos::builder()
        .account_token(ACCOUNT_TOKEN)
        .account_token(OTHER_ACCOUNT_TOKEN)
        .basic(USERNAME, PASSWORD)
        .start();
    let home = Home::new();
    let file = home.path().join("token");
    write_private(&file, OTHER_ACCOUNT_TOKEN.as_bytes());
    let password = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_USERNAME", USERNAME)
        .env("IONOS_PASSWORD", PASSWORD)
        .env("IONOS_CONTRACT_NUMBER", "31");
    let token_file = password
        .clone()
        .env("IONOS_TOKEN_FILE", file.to_str().unwrap());
    let token = token_file.clone().env("IONOS_TOKEN", ACCOUNT_TOKEN);
    let mut secrets = Vec::new();
    for (helper, scheme) in [
        (password, "Basic "),
        (token_file, "Bearer "),
        (token, "Bearer "),
    ] {
        fake.clear_requests();
        secrets.push(helper.get(DEMO_HOST).credential().secret);
        let request = fake.requests().pop().unwrap();
        assert!(request.header("authorization").unwrap().starts_with(scheme));
        assert_eq!(request.header("x-contract-number"), Some("31"));
        // Each account its own.
        assert_eq!(
            helper.get(DEMO_HOST).credential().secret,
            *secrets.last().unwrap()
        );
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
}

#[test]
fn without_an_account_what_is_cached_is_served_and_else_the_ways_to_one_are_named() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let nobody = home.helper();
    nobody.get(DEMO_HOST).fails("no credential for demo.cr.de-fra.ionos.com: there is no IONOS account to ask with; run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD");
    let minted = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(nobody.get(DEMO_HOST).credential(), minted);
    home.age_entry(11 * HOUR);
    assert_eq!(nobody.get(DEMO_HOST).credential(), minted);
    home.age_entry(2 * HOUR);
    assert!(nobody.get(DEMO_HOST).failure().contains("no IONOS account"));
    // Empty is unset: CI systems pass undefined secrets so.
    assert!(
        nobody
            .env("IONOS_TOKEN", "")
            .get(DEMO_HOST)
            .failure()
            .contains("no IONOS account")
    );
}

#[test]
fn other_scopes_are_another_credential() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let push = helper.get(DEMO_HOST).credential();
    let pull = helper
        .clone()
        .env("IONOS_CR_ACTIONS", "pull")
        .get(DEMO_HOST)
        .credential();
    assert_ne!(push.secret, pull.secret);
    // The same in another order is the same.
    let again = helper
        .clone()
        .env("IONOS_CR_ACTIONS", "pull,pull")
        .get(DEMO_HOST)
        .credential();
    assert_eq!(pull, again);
    // Two jobs of one home do not cost each other their credential.
    assert_eq!(push, helper.get(DEMO_HOST).credential());
    assert_eq!(
        (fake.count("POST", "/tokens"), home.entries().len()),
        (2, 2)
    );
    // Who logs out is rid of both.
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.entries().len()), (0, 0));
}

#[test]
fn without_a_cache_every_get_mints_and_leaves_nothing() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for helper in [
        home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true"),
        home.helper_for(&fake).without("HOME"),
        home.helper_for(&fake).env("HOME", ""),
    ] {
        let first = helper.get(DEMO_HOST).credential();
        assert_ne!(helper.get(DEMO_HOST).credential().secret, first.secret);
    }
    assert_eq!(fake.count("POST", ""), 6);
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn a_setting_that_makes_no_sense_is_named_with_the_way_out() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for (name, value, what) in [
        (
            "IONOS_CR_ACTIONS",
            "read",
            "IONOS_CR_ACTIONS: unknown action 'read'; use pull, push, delete or *, separated by commas",
        ),
        (
            "IONOS_CR_REPOSITORIES",
            "Team",
            "IONOS_CR_REPOSITORIES: 'Team' is not a repository; use names without the registry, such as team/app or team/*, separated by commas",
        ),
        (
            "IONOS_CR_REPOSITORIES",
            "demo.cr.de-fra.ionos.com/team/app",
            "IONOS_CR_REPOSITORIES: 'demo.cr.de-fra.ionos.com/team/app' is not a repository; use names without the registry, such as team/app or team/*, separated by commas",
        ),
        (
            "IONOS_CR_TOKEN_TTL",
            "30m",
            "IONOS_CR_TOKEN_TTL is out of range; use 1h, the least the IONOS API allows, to 8784h; the default is 12h",
        ),
        (
            "IONOS_CR_TOKEN_TTL",
            "12",
            "IONOS_CR_TOKEN_TTL is not a duration: '12'; write it with units, such as 90m or 12h",
        ),
        (
            "IONOS_CR_TIMEOUT",
            "-1s",
            "IONOS_CR_TIMEOUT is not a duration: '-1s'; write it with units, such as 90m or 12h",
        ),
        (
            "IONOS_CR_TIMEOUT",
            "1h",
            "IONOS_CR_TIMEOUT is out of range; use 100ms to 10m; the default is 8s",
        ),
        (
            "IONOS_CR_DISABLE_CACHE",
            "maybe",
            "IONOS_CR_DISABLE_CACHE is neither true nor false; set IONOS_CR_DISABLE_CACHE=true or IONOS_CR_DISABLE_CACHE=false",
        ),
        (
            "IONOS_CR_CACHE_DIR",
            "cache",
            "IONOS_CR_CACHE_DIR is not an absolute path: cache; give the whole path, or unset it",
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
fn waiting_as_the_api_asks_and_trying_again_is_not_noticed() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(503).on("GET", "/registries"));
    fake.fault(
        Fault::status(429)
            .header("Retry-After", "1")
            .on("GET", "/registries"),
    );
    fake.fault(
        Fault::status(429)
            .header("Retry-After", "0")
            .on("POST", "/tokens")
            .times(2),
    );
    fake.delay(Duration::from_millis(20));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(fake.count("GET", "/registries"), 3);
    assert_eq!(fake.count("POST", "/tokens"), 3);
    assert_eq!(fake.tokens().len(), 1);
}

#[test]
fn a_token_file_may_begin_with_a_mark_and_has_to_be_utf_8() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let marked = home.file("marked", &format!("\u{feff}{ACCOUNT_TOKEN}\r\n"));
    let helper = home.helper_for(&fake).without("IONOS_TOKEN");
    let _ = helper
        .clone()
        .env("IONOS_TOKEN_FILE", &marked)
        .get(DEMO_HOST)
        .credential();
    // As PowerShell's `>` writes it.
    let wide: Vec<u8> = std::iter::once(0xfeff)
        .chain(ACCOUNT_TOKEN.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let path = home.path().join("wide");
    write_private(&path, &wide);
    let path = path.to_str().unwrap();
    helper.env("IONOS_TOKEN_FILE", path).get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: the file is not UTF-8 text (account from IONOS_TOKEN_FILE={path}); save it as UTF-8, without a mark"
    ));
}

#[test]
fn a_configuration_may_begin_with_a_mark() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.configure("\u{feff}{ \"defaults\": { \"actions\": [\"pull\"] } }");
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(
        fake.tokens()[0].scopes[0]["actions"],
        serde_json::json!(["pull"])
    );
}

#[test]
fn a_server_url_that_leaves_no_room_for_the_answer_is_told() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let url = format!("https://{DEMO_HOST}/{}", "x".repeat(4000));
    home.helper_for(&fake).get(&url).fails(&format!(
        "no credential for {DEMO_HOST}: the server URL is too long for one answer (4 KiB); ask for {DEMO_HOST} alone"
    ));
}
