//! The API's own words, and the hint that follows from them.

use serde_json::{Value, json};

use super::api_failures::{LATER, asked, line};
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::Home;

const REPORT: &str = "if the settings look right, report it with this line";

fn error(status: u16, code: &str, message: &str) -> Value {
    json!({"httpStatus": status, "messages": [{"errorCode": code, "message": message}]})
}

#[test]
fn message_is_quoted_for_every_status() {
    for (status, what, hint) in [
        (400, "API refused the request: 400", REPORT),
        (
            401,
            "API refused the account: 401",
            "the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN",
        ),
        (
            403,
            "API does not let the account do this: 403",
            "ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)",
        ),
        (
            404,
            "API did not find the requested object: 404",
            "check IONOS_API_URL, and registryId in config.json if it is set",
        ),
        (409, "API refused the request: 409", REPORT),
        (422, "API refused the request: 422", REPORT),
        (429, "API has too many requests: 429", LATER),
        (500, "API failed: 500", LATER),
        (502, "API is not available: 502", LATER),
        (503, "API is not available: 503", LATER),
        (504, "API is not available: 504", LATER),
    ] {
        for (message, quoted) in [
            (
                "why\r\n it\u{1b}[31m failed",
                " \"why it [31m failed\"".to_owned(),
            ),
            ("", String::new()),
            (
                &"long ".repeat(100),
                format!(" \"{}…\"", "long ".repeat(40)),
            ),
            (&format!("you sent Bearer {ACCOUNT_TOKEN}"), String::new()),
        ] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let answer = error(status, "0", message);
            fake.fault(
                Fault::replace(status, &answer)
                    .on("POST", "/tokens")
                    .always(),
            );
            let done = home.helper_for(&fake).get(DEMO_HOST);
            // A conflict without a message is a taken name.
            let is_taken = status == 409 && quoted.is_empty();
            let (what, hint) = if is_taken {
                ("API refused every name for a token: 409", LATER)
            } else {
                (what, hint)
            };
            assert_eq!(
                done.failure(),
                line(&fake, &format!("{what}{quoted}"), hint)
            );
        }
    }
}

#[test]
fn conflict_is_a_taken_name_only_with_that_message() {
    for (message, mints) in [
        ("already exists: name is not available", 3),
        ("Already exists", 3),
        ("", 3),
        ("registry is read-only during garbage collection", 1),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let answer = error(409, "0", message);
        fake.fault(Fault::replace(409, &answer).on("POST", "/tokens").always());
        home.helper_for(&fake).get(DEMO_HOST).failure();
        assert_eq!(
            asked(&fake),
            format!("find{}", " mint".repeat(mints)),
            "{message}"
        );
    }
}

#[test]
fn exceeded_quota_is_not_called_a_missing_privilege() {
    for status in [403, 422] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let answer = error(status, "0", "Quota of tokens exceeded");
        let fault = Fault::replace(status, &answer).on("POST", "/tokens");
        fake.fault(fault.always());
        home.helper_for(&fake).get(DEMO_HOST).fails(&line(
            &fake,
            &format!("API refused the request: {status} \"Quota of tokens exceeded\""),
            "delete tokens that are no longer used (\"docker-credential-ionos prune\"), or ask IONOS for a higher quota",
        ));
    }
}

#[test]
fn disabled_feature_is_not_called_a_missing_privilege() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let answer = error(
        403,
        "paas-feature-1",
        "feature is not enabled for the contract",
    );
    fake.fault(Fault::replace(403, &answer).always());
    home.helper_for(&fake).get(DEMO_HOST).fails(&line(
        &fake,
        "API does not let the account do this: 403 \"feature is not enabled for the contract\"",
        "the contract does not have the Container Registry: ask IONOS to enable it",
    ));
}
