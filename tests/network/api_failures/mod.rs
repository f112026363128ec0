//! Failures of the API: the error line, the requests sent, and the files left.

mod nulls;
mod timeouts;

use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Done, Helper, Home};
use crate::support::tally;

pub(crate) const LATER: &str = "try again in a moment; https://status.ionos.cloud shows outages";
const REPORT: &str = "if the settings look right, report it with this line";
const RIGHTS: &str = "ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)";
const TOKEN: &str = "the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into IONOS_TOKEN";
const FEATURE: &str = "the contract does not have the Container Registry: ask IONOS to enable it";
const TIMEOUT: &str = "try again, or allow more time with IONOS_CR_TIMEOUT";
const MUCH_LATER: &str = "try again in 1h, as it asks; https://status.ionos.cloud shows outages";
const OTHER_SERVER: &str = "another server may have answered, such as a proxy or a login page: check the network, HTTPS_PROXY, IONOS_API_URL and the endpoint in ionosctl's file";

const BAD: &str = "API refused the request: 400 \"Bad Request\"";
const REFUSED: &str = "API refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\"";
const NO_FEATURE: &str =
    "API does not let the account do this: 403 \"feature is not enabled for the contract\"";
const FORBIDDEN: &str = "API does not let the account do this: 403 \"Access denied\"";
const UNFIT: &str = "API refused the request: 422 \"Unprocessable Content\"";
const BUSY: &str = "API has too many requests: 429 \"Too Many Requests\"";
const UNAVAILABLE: &str = "API is not available: 503 \"Service Unavailable\"";
const GATEWAY_TIMEOUT: &str = "API is not available: 504 \"Gateway Timeout\"";
const NOT_FOUND: &str = "API did not find the requested object: 404 \"Not Found\"";
pub(crate) const BROKEN: &str = "API failed: 500 \"Internal Server Error\"";
const RESET: &str = "API gave no usable answer: Connection reset by peer";
const CLOSED: &str = "API gave no usable answer: the connection was closed";
const GARBAGE: &str = "API gave no usable answer: it does not match the API's description";
const NOTHING: &str = "API gave no usable answer: an answer without the token's name and password";
const HUGE: &str = "API gave no usable answer: an answer of more than 4 MiB";

const PAST: &str = "Thu, 01 Jan 1970 00:00:00 GMT";

/// The requests, abbreviated: `find` for a lookup, `mint` for a POST.
pub(crate) fn asked(fake: &FakeIonos) -> String {
    let words = fake.requests().into_iter().map(|request| {
        let on_tokens = request.path.ends_with("/tokens");
        match (request.method.as_str(), on_tokens) {
            ("GET", false) => "find",
            ("POST", true) => "mint",
            ("GET", true) => "search",
            ("DELETE", false) => "delete",
            _ => "?",
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

pub(crate) fn line(fake: &FakeIonos, what: &str, hint: &str) -> String {
    let what = what.replacen("API", &fake.address().to_string(), 1);
    format!("no credential for {DEMO_HOST}: {what} (account from IONOS_TOKEN); {hint}")
}

pub(crate) fn revocations(home: &Home) -> usize {
    home.pending().len()
}

/// Asserts that the disk has only a lock and a failure without secrets, and that the next get sends nothing.
#[track_caller]
pub(crate) fn failure_is_remembered(fake: &FakeIonos, home: &Home, helper: &Helper, first: &Done) {
    let asked = fake.requests().len();
    assert_eq!(helper.get(DEMO_HOST), *first);
    assert_eq!(fake.requests().len(), asked);
    assert!(home.entries().is_empty());
    let left: Vec<_> = home
        .files()
        .into_iter()
        .filter(|file| !file.contains("ledger/"))
        .filter_map(|file| Some(file.rsplit_once('.')?.1.to_owned()))
        .collect();
    assert_eq!(left, ["failure", "lock"]);
}

/// Asserts that the next get succeeds and leaves only the token that it returns.
#[track_caller]
pub(crate) fn api_recovers(fake: &FakeIonos, home: &Home, helper: &Helper) {
    fake.clear_faults();
    // With another setting the remembered failure does not apply.
    let again = helper.clone().env("IONOS_CR_TOKEN_TTL", "13h");
    let credential = again.get(DEMO_HOST).credential();
    let names: Vec<_> = fake.tokens().into_iter().map(|token| token.name).collect();
    assert_eq!(names, [credential.username]);
    // A request without a usable answer may still take effect, until 15 minutes have passed.
    assert!(
        home.pending()
            .iter()
            .all(|record| record["state"] == "minting")
    );
    fake.set_clock(16 * 60);
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), revocations(home)), (0, 0));
    fake.set_clock(0);
}

fn access_denied() -> Fault {
    let message = json!({"errorCode": "0", "message": "Access denied"});
    Fault::replace(403, &json!({"httpStatus": 403, "messages": [message]}))
}

fn after(seconds: &str) -> Fault {
    Fault::status(429).header("Retry-After", seconds)
}

#[test]
fn every_lookup_failure_is_named_and_mints_no_token() {
    for (fault, finds, what, hint) in [
        // Once with the filter, once without.
        (Fault::status(400), 2, BAD, REPORT),
        (Fault::status(401), 1, REFUSED, TOKEN),
        (Fault::status(403), 1, NO_FEATURE, FEATURE),
        (access_denied(), 1, FORBIDDEN, RIGHTS),
        (
            Fault::status(404).msg_body(),
            1,
            NOT_FOUND,
            "check IONOS_API_URL, and registryId in config.json if it is set",
        ),
        (Fault::status(422), 1, UNFIT, REPORT),
        (Fault::status(429), 3, BUSY, LATER),
        (after("0"), 3, BUSY, LATER),
        (
            after("1"),
            3,
            BUSY,
            "try again in 1s, as it asks; https://status.ionos.cloud shows outages",
        ),
        (after("3600"), 1, BUSY, MUCH_LATER),
        (after(PAST), 3, BUSY, LATER),
        (after("soon"), 3, BUSY, LATER),
        (after("-1"), 3, BUSY, LATER),
        (after("99999999999999999999999"), 3, BUSY, LATER),
        (Fault::status(500), 1, BROKEN, LATER),
        (Fault::status(500).html(), 1, "API failed: 500", LATER),
        (Fault::status(500).msg_body(), 1, BROKEN, LATER),
        (Fault::status(500).empty(), 1, "API failed: 500", LATER),
        (
            Fault::status(502).html(),
            3,
            "API is not available: 502",
            LATER,
        ),
        (Fault::status(503), 3, UNAVAILABLE, LATER),
        (
            Fault::status(503).header("Retry-After", "3600"),
            1,
            UNAVAILABLE,
            MUCH_LATER,
        ),
        (Fault::status(504), 3, GATEWAY_TIMEOUT, LATER),
        (Fault::status(200).html(), 1, GARBAGE, OTHER_SERVER),
        (Fault::status(200).empty(), 1, GARBAGE, OTHER_SERVER),
        (Fault::replace(200, &Value::Null), 1, GARBAGE, OTHER_SERVER),
        (
            Fault::replace_bytes(200, b"\xff\xfe\0".as_slice()),
            1,
            GARBAGE,
            OTHER_SERVER,
        ),
        (
            Fault::replace_bytes(200, "[".repeat(100_000)),
            1,
            GARBAGE,
            OTHER_SERVER,
        ),
        (Fault::reset(), 3, RESET, LATER),
        (Fault::close(), 3, CLOSED, LATER),
        (Fault::cut_body(), 3, CLOSED, LATER),
        // Streamed: reading everything would exceed the deadline.
        (Fault::huge_body(1 << 30), 3, HUGE, LATER),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(fault.clone().on("GET", "/registries").always());
        let done = helper.get(DEMO_HOST);
        assert_eq!(done.failure(), line(&fake, what, hint), "{fault:?}");
        assert_eq!(asked(&fake), vec!["find"; finds].join(" "), "{fault:?}");
        failure_is_remembered(&fake, &home, &helper, &done);
        assert_eq!(revocations(&home), 0);
        api_recovers(&fake, &home, &helper);
        tally::add("faults", 1);
    }
}

#[test]
fn every_mint_failure_is_named_and_leaves_no_token() {
    let taken = "API refused every name for a token: 409 \"already exists: name is not available\"";
    let nameless = json!({"properties": {"credentials": {"username": "", "password": "x"}}});
    let empty = json!({"properties": {"credentials": {"username": "u", "password": ""}}});
    for (fault, mints, doubtful, what, hint) in [
        (Fault::status(400), 1, false, BAD, REPORT),
        (Fault::status(401), 1, false, REFUSED, TOKEN),
        (Fault::status(403), 1, false, NO_FEATURE, FEATURE),
        (access_denied(), 1, false, FORBIDDEN, RIGHTS),
        (
            Fault::status(404),
            1,
            false,
            NOT_FOUND,
            "check IONOS_API_URL, and registryId in config.json if it is set",
        ),
        (Fault::status(409), 3, false, taken, LATER),
        (Fault::status(422), 1, false, UNFIT, REPORT),
        (
            Fault::status(429).html(),
            3,
            false,
            "API has too many requests: 429",
            LATER,
        ),
        (after("0"), 3, false, BUSY, LATER),
        (
            after("1"),
            3,
            false,
            BUSY,
            "try again in 1s, as it asks; https://status.ionos.cloud shows outages",
        ),
        (after("3600"), 1, false, BUSY, MUCH_LATER),
        (after(PAST), 3, false, BUSY, LATER),
        (after("soon"), 3, false, BUSY, LATER),
        (Fault::status(500), 1, true, BROKEN, LATER),
        (
            Fault::status(502).html(),
            3,
            true,
            "API is not available: 502",
            LATER,
        ),
        (Fault::status(503), 3, true, UNAVAILABLE, LATER),
        (
            Fault::status(503).header("Retry-After", "3600"),
            1,
            true,
            UNAVAILABLE,
            MUCH_LATER,
        ),
        (Fault::status(504), 3, true, GATEWAY_TIMEOUT, LATER),
        (
            Fault::status(408).html(),
            3,
            true,
            "API is not available: 408",
            LATER,
        ),
        (Fault::status(200).html(), 3, true, GARBAGE, OTHER_SERVER),
        (Fault::status(201).empty(), 3, true, GARBAGE, OTHER_SERVER),
        (Fault::status(200).empty(), 3, true, GARBAGE, OTHER_SERVER),
        (
            Fault::replace(201, &Value::Null),
            3,
            true,
            GARBAGE,
            OTHER_SERVER,
        ),
        (Fault::replace(201, &json!({})), 3, true, NOTHING, LATER),
        (Fault::replace(201, &nameless), 3, true, NOTHING, LATER),
        (Fault::replace(201, &empty), 3, true, NOTHING, LATER),
        (Fault::reset(), 3, true, RESET, LATER),
        (Fault::close(), 3, true, CLOSED, LATER),
        (Fault::huge_body(1 << 30), 3, true, HUGE, LATER),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(fault.clone().on("POST", "/tokens").always());
        let done = helper.get(DEMO_HOST);
        assert_eq!(done.failure(), line(&fake, what, hint), "{fault:?}");
        assert_eq!(
            asked(&fake),
            format!("find{}", " mint".repeat(mints)),
            "{fault:?}"
        );
        failure_is_remembered(&fake, &home, &helper, &done);
        let pending = home.pending();
        // After a name that is taken, another is tried.
        let names = if what == taken { mints } else { 1 };
        assert_eq!(pending.len(), names, "{fault:?}");
        assert_eq!(pending[0]["refused"], !doubtful, "{fault:?}");
        api_recovers(&fake, &home, &helper);
        tally::add("faults", 1);
    }
}

#[test]
fn connection_reset_before_the_request_creates_no_token() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::reset_before_read().always());
    let done = helper.get(DEMO_HOST);
    assert_eq!(done.failure(), line(&fake, RESET, LATER));
    assert_eq!(asked(&fake), "");
    failure_is_remembered(&fake, &home, &helper, &done);
    assert_eq!(revocations(&home), 0);
    api_recovers(&fake, &home, &helper);
    tally::add("faults", 1);
}

#[test]
fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        for (method, path) in [("GET", "/registries"), ("POST", "/tokens")] {
            let (fake, elsewhere, home) = (FakeIonos::start(), FakeIonos::start(), Home::new());
            let to = format!("{}/containerregistries/registries", elsewhere.url());
            let fault = Fault::status(status).empty().header("Location", &to);
            fake.fault(fault.on(method, path).always());
            let helper = home.helper_for(&fake);
            let what = format!(
                "API redirects to another address, to which the account's credentials are not sent: {status}"
            );
            let done = helper.get(DEMO_HOST);
            done.fails(&line(&fake, &what, "check IONOS_API_URL"));
            failure_is_remembered(&fake, &home, &helper, &done);
            assert!(elsewhere.requests().is_empty());
            assert_eq!(fake.count(method, path), 1);
            api_recovers(&fake, &home, &helper);
            tally::add("faults", 1);
        }
    }
}
