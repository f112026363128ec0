//! A `null` in every place of an answer, allowed by the API's description or not.

use serde_json::{Value, json};

use super::line;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, DEMO_ID, FakeIonos, Fault};
use crate::support::helper::Home;
use crate::support::tally;

fn metadata() -> Value {
    json!({
        "createdBy": "jane", "createdByUserId": DEMO_ID, "createdDate": "2026-01-01T00:00:00Z",
        "lastModifiedBy": "jane", "lastModifiedByUserId": DEMO_ID,
        "lastModifiedDate": "2026-01-01T00:00:00Z", "state": "Running",
    })
}

/// Every member of the description.
fn registries() -> Value {
    json!({
        "_links": {"next": "", "previous": "", "self": ""}, "href": "", "id": "registries",
        "type": "collection", "pagination": {"limit": 100, "token": ""},
        "items": [{
            "href": "", "id": DEMO_ID, "type": "registry", "metadata": metadata(),
            "properties": {
                "hostname": DEMO_HOST, "name": "demo", "location": "de/fra",
                "storageUsage": {"bytes": 0, "updatedAt": "2026-01-01T00:00:00Z"},
                "garbageCollectionSchedule": {"days": ["Monday"], "time": "01:23:00+00:00"},
                "apiSubnetAllowList": ["192.0.2.0/24"],
                "features": {"vulnerabilityScanning": {"enabled": true}},
            },
        }],
    })
}

fn token(name: &str) -> Value {
    json!({
        "href": "", "id": DEMO_ID, "type": "token", "metadata": metadata(),
        "properties": {
            "name": name, "status": "enabled", "expiryDate": "2125-01-01T00:00:00Z",
            "scopes": [{"type": "repository", "name": "*", "actions": ["pull"]}],
            "credentials": {"username": name, "password": "p"},
        },
    })
}

/// The answer with each member and each item in turn replaced by `null`.
fn with_nulls(answer: &Value) -> Vec<(String, Value)> {
    let with_null = |pointer: String| {
        let mut answer = answer.clone();
        *answer.pointer_mut(&pointer).unwrap() = Value::Null;
        (pointer, answer)
    };
    pointers(answer, "").into_iter().map(with_null).collect()
}

fn pointers(value: &Value, at: &str) -> Vec<String> {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (format!("{at}/{name}"), value))
            .collect(),
        Value::Array(list) => (0..)
            .zip(list)
            .map(|(n, value)| (format!("{at}/{n}"), value))
            .collect(),
        _ => Vec::new(),
    };
    let below =
        |(path, value): (String, &Value)| [vec![path.clone()], pointers(value, &path)].concat();
    members.into_iter().flat_map(below).collect()
}

#[test]
fn every_null_in_an_answer_equals_a_missing_member() {
    for (method, path, answer, needed) in [
        (
            "GET",
            "/registries",
            registries(),
            &[
                "/items",
                "/items/0",
                "/items/0/id",
                "/items/0/properties",
                "/items/0/properties/hostname",
            ][..],
        ),
        (
            "POST",
            "/tokens",
            token("t"),
            &[
                "/properties",
                "/properties/credentials",
                "/properties/credentials/password",
            ][..],
        ),
    ] {
        for (pointer, answer) in with_nulls(&answer) {
            let (fake, home) = (FakeIonos::start(), Home::new());
            fake.fault(Fault::replace(200, &answer).on(method, path).always());
            let done = home.helper_for(&fake).get(DEMO_HOST);
            assert_eq!(
                done.code == Some(1),
                needed.contains(&pointer.as_str()),
                "{pointer}: {done:?}"
            );
            if done.code == Some(1) {
                assert!(done.failure().contains(" (account from IONOS_TOKEN); "));
            }
            assert_eq!(home.entries().len(), usize::from(done.code == Some(0)));
            tally::add("faults", 1);
        }
    }
}

#[test]
fn every_null_in_a_token_list_affects_only_its_token() {
    let name = "dci-build-7-20261123t213001z-abcdefgh";
    let list = json!({
        "_links": {"next": "", "previous": "", "self": ""}, "href": "", "id": "tokens",
        "type": "collection", "count": 1, "limit": 100, "offset": 0, "total": 1,
        "items": [token(name)],
    });
    let costly = ["/items", "/items/0", "/items/0/id", "/items/0/properties"];
    for (pointer, answer) in with_nulls(&list) {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(Fault::replace(200, &answer).on("GET", "/tokens").always());
        let helper = home.helper_for(&fake);
        let done = helper.run(&["tokens", DEMO_HOST, "--json"], "");
        assert_eq!(
            (done.code, done.stderr.as_str()),
            (Some(0), ""),
            "{pointer}"
        );
        let seen: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
        let is_lost = costly.contains(&pointer.as_str()) || pointer == "/items/0/properties/name";
        assert_eq!(seen.len(), usize::from(!is_lost), "{pointer}: {done:?}");
        let done = helper.run(&["prune", DEMO_HOST, "--dry-run"], "");
        assert_eq!(done.code, Some(0), "{pointer}: {done:?}");
        assert_eq!(fake.count("DELETE", ""), 0);
        tally::add("faults", 1);
    }
}

#[test]
fn every_null_in_an_error_body_still_prints_the_status() {
    let error = json!({"httpStatus": 400, "messages": [{"errorCode": "7", "message": "no"}]});
    let wordless = ["/messages", "/messages/0", "/messages/0/message"];
    for (pointer, answer) in with_nulls(&error) {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(Fault::replace(400, &answer).always());
        let helper = home.helper_for(&fake).env("IONOS_TOKEN", ACCOUNT_TOKEN);
        let words = if wordless.contains(&pointer.as_str()) {
            ""
        } else {
            " \"no\""
        };
        helper.get(DEMO_HOST).fails(&line(
            &fake,
            &format!("API refused the request: 400{words}"),
            "if the settings look right, report it with this line",
        ));
        tally::add("faults", 1);
    }
}
