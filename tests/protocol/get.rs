//! Which credential `get` returns, and when it contacts the API.

use super::mint::expiry_in_seconds;
use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, MINTED_MARKER, OTHER_ACCOUNT_TOKEN, PASSWORD,
    USERNAME,
};
use crate::support::helper::{Home, walk, write_private};

const HOUR: i64 = 3600;

#[test]
fn cached_credential_is_returned_without_requests_for_half_its_life() {
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
fn past_half_its_life_a_new_token_is_minted_with_one_request() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    home.age_entry(7 * HOUR);
    fake.clear_requests();
    let second = helper.get(DEMO_HOST).credential();
    assert_ne!(second.secret, first.secret);
    assert_eq!(fake.request_lines(), ["POST /registries/ID/tokens"]);
    assert!(fake.accepts(&first.username, &first.secret));
    assert_eq!(home.entries().len(), 1);
}

#[test]
fn past_half_its_life_a_failing_api_still_returns_the_cached_credential() {
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
        // The next call of the same build does not try again.
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        assert_eq!(fake.requests().len(), asked);
    }
}

#[test]
fn expired_credential_is_never_returned() {
    for age in [12 * HOUR + 300, 12 * HOUR + 300 - 59, 100 * HOUR] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        let first = helper.get(DEMO_HOST).credential();
        home.age_entry(age);
        fake.fault(Fault::status(500).always());
        assert!(helper.get(DEMO_HOST).failure().contains("failed: 500"));
        fake.clear_faults();
        // The failure is not remembered for another account.
        let second = helper
            .env("IONOS_CR_TOKEN_TTL", "2h")
            .get(DEMO_HOST)
            .credential();
        assert_ne!(second.secret, first.secret);
    }
}

#[test]
fn clock_set_back_mints_a_new_token() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    home.age_entry(-2 * HOUR);
    assert_ne!(helper.get(DEMO_HOST).credential().secret, first.secret);
}

#[test]
fn wrong_local_clock_does_not_change_the_expiry() {
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
        // The clock is corrected. The cached skew is wrong, and one answer of the API corrects it.
        fake.set_clock(0);
        home.age_entry(13 * HOUR);
        fake.clear_requests();
        let _ = helper.get(DEMO_HOST).credential();
        // These include the deletion of the replaced tokens.
        assert!(fake.requests().len() <= 6);
        let requests = fake.requests();
        let post = requests.iter().rfind(|it| it.method == "POST").unwrap();
        let left = expiry_in_seconds(&post.json());
        assert!((12 * HOUR..12 * HOUR + 301).contains(&left), "{left}");
        // The earlier tokens have expired by the API's clock alone, so one of them is left; or they
        // outlive the new one, and another was minted with the wrong time.
        let deleted = if offset > 0 { 3 } else { 1 };
        assert_eq!(fake.count("DELETE", "/tokens"), deleted);
    }
}

#[test]
fn failure_is_remembered_until_the_account_or_config_changes() {
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
            "no credential for {DEMO_HOST}: {} refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\" (account from IONOS_TOKEN); IONOS CLOUD tokens begin with eyJ, and this one does not (a key of IONOS hosting is not one): make one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
            fake.address()
        )
    );
    let _ = helper
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .get(DEMO_HOST)
        .credential();
}

#[test]
fn corrected_token_file_is_used_at_once() {
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
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
    // Without the file, the owner of a cached credential is unknown.
    std::fs::remove_file(&file).unwrap();
    assert!(helper.get(DEMO_HOST).failure().contains(": cannot read "));
}

#[test]
fn first_account_source_is_used() {
    let (fake, home) = (FakeIonos::with_all_accounts(), Home::new());
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
        // Each account gets its own credential.
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
fn without_an_account_cached_credential_is_returned_else_sources_are_named() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let without_account = home.helper();
    without_account.get(DEMO_HOST).fails("no credential for demo.cr.de-fra.ionos.com: no IONOS credentials found; run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD");
    let minted = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(without_account.get(DEMO_HOST).credential(), minted);
    home.age_entry(11 * HOUR);
    assert_eq!(without_account.get(DEMO_HOST).credential(), minted);
    home.age_entry(2 * HOUR);
    assert!(
        without_account
            .get(DEMO_HOST)
            .failure()
            .contains("no IONOS credentials")
    );
    // An empty variable counts as unset: CI systems pass undefined secrets that way.
    assert!(
        without_account
            .env("IONOS_TOKEN", "")
            .get(DEMO_HOST)
            .failure()
            .contains("no IONOS credentials")
    );
}

#[test]
fn other_scopes_mint_another_credential() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let push = helper.get(DEMO_HOST).credential();
    let pull = helper
        .clone()
        .env("IONOS_CR_ACTIONS", "pull")
        .get(DEMO_HOST)
        .credential();
    assert_ne!(push.secret, pull.secret);
    // The order of the scopes does not matter.
    let again = helper
        .clone()
        .env("IONOS_CR_ACTIONS", "pull,pull")
        .get(DEMO_HOST)
        .credential();
    assert_eq!(pull, again);
    // Two jobs with different scopes keep each other's cached credential.
    assert_eq!(push, helper.get(DEMO_HOST).credential());
    assert_eq!(
        (fake.count("POST", "/tokens"), home.entries().len()),
        (2, 2)
    );
    // Erase deletes both.
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.entries().len()), (0, 0));
}

#[test]
fn disabled_cache_mints_at_every_get_and_writes_no_secret() {
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
    assert!(home.entries().is_empty());
    // With a home directory, every token is on record.
    assert_eq!(home.records().len(), 2);
    let ledger = ".local/share/docker-credential-ionos/ledger/";
    assert!(home.files().iter().all(|file| file.starts_with(ledger)));
    for path in walk(home.path()).iter().filter(|path| path.is_file()) {
        assert!(
            !std::fs::read_to_string(path)
                .unwrap()
                .contains(MINTED_MARKER)
        );
    }
}
