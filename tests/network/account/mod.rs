//! The account whose credentials the program sends.

mod choices;
mod sources;
// It runs unix commands.
#[cfg(unix)]
mod token_command;
#[cfg(unix)]
mod token_command_secrets;
#[cfg(windows)]
mod token_command_windows;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::Home;
use crate::support::platform;

fn yaml(profile: &str, token: &str) -> String {
    format!(
        "version: 1.0\ncurrentProfile: {profile}\nprofiles:\n  - name: {profile}\n    environment: prod\n    credentials:\n      token: {token}\n"
    )
}

#[test]
fn accounts_sharing_a_home_get_separate_credentials() {
    let (fake, home) = (FakeIonos::with_all_accounts(), Home::new());
    let one = home.helper_for(&fake).get(DEMO_HOST).credential();
    let two = home
        .helper_for(&fake)
        .env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN)
        .get(DEMO_HOST)
        .credential();
    assert_ne!(one.secret, two.secret);
    // An unknown account is refused and does not get a cached credential.
    let stranger = home.helper_for(&fake).env("IONOS_TOKEN", "stranger");
    assert!(stranger.get(DEMO_HOST).failure().contains("401"));
    // A refreshed token of the same user is the same account.
    let (claims, _) = ACCOUNT_TOKEN.rsplit_once('.').unwrap();
    let refreshed = home
        .helper_for(&fake)
        .env("IONOS_TOKEN", &format!("{claims}.refreshed"));
    assert_eq!(refreshed.get(DEMO_HOST).credential(), one);
    // A blank contract number counts as unset.
    let blank = home.helper_for(&fake).env("IONOS_CONTRACT_NUMBER", " ");
    assert_eq!(blank.get(DEMO_HOST).credential(), one);
    // Another contract is another account.
    let contract = home.helper_for(&fake).env("IONOS_CONTRACT_NUMBER", "77");
    assert_ne!(contract.get(DEMO_HOST).credential().secret, one.secret);
}

fn jwt(exp: &str) -> String {
    let claims = format!("{{\"exp\":{exp},\"identity\":{{\"uuid\":\"u\"}}}}");
    let header = URL_SAFE_NO_PAD.encode("{\"alg\":\"RS256\"}");
    format!("{header}.{}.signature", URL_SAFE_NO_PAD.encode(claims))
}

#[test]
fn account_refusal_names_the_source_and_a_fix() {
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
        (
            "publicprefix.a-key-of-another-product".to_owned(),
            "IONOS CLOUD tokens begin with eyJ, and this one does not (a key of IONOS hosting is not one): make one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
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
fn changed_account_file_is_read_at_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_CURRENT_PROFILE", "main");
    home.file(".ionos/config", &yaml("main", ACCOUNT_TOKEN));
    let minted = helper.get(DEMO_HOST).credential();
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
    let path = home.file(".ionos/config", "\0 not yaml: [");
    let done = helper.get(DEMO_HOST);
    assert!(done.failure().contains(&format!("{path}: ")), "{done:?}");
}

#[test]
fn user_name_with_a_colon_is_refused_before_any_request() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake).without("IONOS_TOKEN");
    helper
        .env("IONOS_USERNAME", "jane:secret")
        .env("IONOS_PASSWORD", "secret")
        .get(DEMO_HOST)
        .fails(&format!("no credential for {DEMO_HOST}: the user name in IONOS_USERNAME and IONOS_PASSWORD contains a colon (account from IONOS_USERNAME and IONOS_PASSWORD); use the e-mail address of the IONOS account, without the password"));
    assert!(fake.requests().is_empty());
}

#[test]
fn invalid_token_in_yaml_does_not_get_the_hint_of_a_token_file() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_CURRENT_PROFILE", "main");
    let path = home.file(".ionos/config", &yaml("main", "Bearer eyJ"));
    helper.get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: {path} holds more than a token: there is a character inside that no token has, such as a space or a line break (account from {path}); correct the token there, or run \"ionosctl login\""
    ));
}

#[test]
fn invalid_account_file_is_named_and_other_accounts_work() {
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
    platform::symlink("config", home.path().join("config"));
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
