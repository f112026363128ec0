//! What happens to a record at later contacts with the API.

use serde_json::{Value, json};

use super::{HOUR, OTHER_HOST, contact, fake, log_out_without_the_api, names};
use crate::support::damage::edit;
use crate::support::fake_ionos::{DEMO_HOST, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::{Helper, Home, write_private};

#[test]
fn refusal_of_one_record_does_not_stop_the_next() {
    for status in [403, 404, 409, 422] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        log_out_without_the_api(&fake, &helper);
        assert_eq!(home.pending().len(), 2);
        fake.fault(Fault::status(status).on("DELETE", "/tokens").times(1));
        let _ = helper.get(OTHER_HOST).credential();
        // After a 404 the token is looked up in the list, and is deleted because it is still there.
        let left = usize::from(status != 404);
        assert_eq!(home.pending().len(), left, "{status}");
        assert_eq!(fake.tokens().len(), left + 1, "{status}");
        contact(&helper);
        assert_eq!(home.pending().len(), 0, "{status}");
    }
}

/// Moves the times by this machine's clock in all records into the past.
fn age_records(home: &Home, seconds: i64) {
    for record in home.records() {
        edit(&home.record(record["name"].as_str().unwrap()), |record| {
            record["createdAt"] = (record["createdAt"].as_i64().unwrap() - seconds).into();
        });
    }
}

#[test]
fn record_is_forgotten_once_its_token_has_expired_by_both_clocks() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    // A proxy answers with a `Date` of its own.
    fake.set_clock(14 * HOUR);
    contact(&helper);
    assert_eq!(home.records().len(), 1);
    age_records(&home, 14 * HOUR);
    // This machine's clock was set forward.
    fake.set_clock(0);
    contact(&helper);
    assert_eq!(home.records().len(), 1);
    fake.set_clock(14 * HOUR);
    contact(&helper);
    assert_eq!(home.records().len(), 0);
}

#[test]
fn record_that_was_not_completed_is_completed_if_its_token_is_cached() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let credential = helper.get(DEMO_HOST).credential();
    // As after a kill between the write of the cache entry and that of the record.
    edit(&home.record(&credential.username), |record| {
        record["state"] = "minting".into();
        record["tokenId"] = Value::Null;
    });
    contact(&helper);
    assert_eq!(home.records()[0]["state"], "current");
    assert!(fake.accepts(&credential.username, &credential.secret));
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn unusable_records_are_reported_and_never_deleted() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let name = helper.get(DEMO_HOST).credential().username;
    let path = home.record(&name);
    let whole = std::fs::read_to_string(&path).unwrap();
    let with = |member: &str, value: Value| {
        let mut record: Value = serde_json::from_str(&whole).unwrap();
        record[member] = value;
        record.to_string()
    };
    for (content, problem) in [
        (String::new(), "it is not a record"),
        ("null".into(), "it is not a record"),
        (whole[..40].to_owned(), "it is not a record"),
        (
            with("version", 2.into()),
            "another version of this program wrote it",
        ),
        (with("state", "other".into()), "it is damaged"),
        (with("registryId", "../../x".into()), "its ids are invalid"),
        (with("tokenId", "../x".into()), "its ids are invalid"),
        (
            with("name", "dci-other".into()),
            "it is another token's record",
        ),
    ] {
        write_private(&path, content.as_bytes());
        fake.clear_requests();
        contact(&helper);
        let requests = fake.request_lines();
        assert!(requests.iter().all(|it| !it.contains("..")), "{requests:?}");
        let seen = helper.run(&["status", "--json"], "").stdout;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let unusable = json!([{"file": path.display().to_string(), "problem": problem}]);
        assert_eq!(seen["unusableRecords"], unusable);
        let done = helper.run(&["status"], "");
        assert!(
            done.stderr.contains(&format!(
                "warning: the record {} is ignored: {problem}",
                path.display()
            )),
            "{done:?}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
}

#[test]
fn prune_keeps_a_token_whose_record_cannot_be_read() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
    let name = helper.get(DEMO_HOST).credential().username;
    // A later release may have written the record, and a client may have the token.
    edit(&home.record(&name), |record| record["version"] = 2.into());
    fake.set_clock(HOUR);
    let done = helper.run(&["prune", "--yes", DEMO_HOST], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(names(&fake), [name]);
}

#[test]
fn status_says_why_a_token_is_pending() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let reasons = |helper: &Helper| {
        let seen: Value =
            serde_json::from_str(&helper.run(&["status", "--json"], "").stdout).unwrap();
        let pending = seen["pendingRevocations"].as_array().unwrap().clone();
        let of = |it: &Value| {
            (
                it["state"].clone(),
                it["reason"].as_str().unwrap().to_owned(),
            )
        };
        pending.iter().map(of).collect::<Vec<_>>()
    };
    let _ = helper.get(DEMO_HOST).credential();
    fake.fault(Fault::status(403).on("DELETE", "/tokens").always());
    helper.erase(DEMO_HOST).says("");
    assert_eq!(
        reasons(&helper),
        [(
            "revoke".into(),
            "to be deleted at the next contact with the API; the last attempt failed with 403"
                .into()
        )]
    );
    let other = helper.clone().env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN);
    assert_eq!(
        reasons(&other)[0].1,
        "to be deleted when the account that made it is used again; the last attempt failed with 403"
    );
    fake.clear_faults();
    contact(&helper);
    for (status, answer) in [(403, "was refused"), (500, "had no usable answer")] {
        fake.fault(Fault::status(status).on("POST", "/tokens"));
        // With another setting the remembered failure does not apply.
        let again = helper
            .clone()
            .env("IONOS_CR_TIMEOUT", &format!("{status}s"));
        let _ = again.get(DEMO_HOST).failure();
        let seen = reasons(&helper);
        let reason =
            format!("its request {answer}; looked up at the next contact with the API until ");
        assert!(
            seen[0].0 == "minting" && seen[0].1.starts_with(&reason),
            "{seen:?}"
        );
    }
}

#[test]
fn expired_tokens_of_a_disabled_cache_are_forgotten_at_the_next_contact() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
    for _ in 0..5 {
        let _ = helper.get(DEMO_HOST).credential();
    }
    assert_eq!(home.records().len(), 5);
    fake.set_clock(12 * HOUR + 10 * 60);
    age_records(&home, 12 * HOUR + 10 * 60);
    let last = helper.get(DEMO_HOST).credential().username;
    assert_eq!(names(&fake), [&*last]);
    assert_eq!(home.records().len(), 1);
    assert_eq!(home.records()[0]["name"], *last);
}

#[test]
fn refusal_of_one_of_five_records_stops_no_other() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
    for _ in 0..5 {
        let _ = helper.get(DEMO_HOST).credential();
    }
    let third = home.records()[2]["tokenId"].as_str().unwrap().to_owned();
    fake.fault(Fault::status(403).on("DELETE", &third).always());
    helper.erase(DEMO_HOST).says("");
    let left: Vec<String> = fake.tokens().into_iter().map(|it| it.id).collect();
    assert_eq!(left, [&*third]);
    assert_eq!(home.pending().len(), 1);
    fake.clear_faults();
    contact(&home.helper_for(&fake));
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[cfg(unix)]
#[test]
fn file_of_another_kind_in_place_of_a_record_is_reported_and_kept() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;
    type Replace = fn(&Path, &[u8]);
    let kinds: [(&str, Replace); 5] = [
        ("a directory", |path, _| fs::create_dir(path).unwrap()),
        ("a link", |path, content| {
            let target = path.with_extension("target");
            write_private(&target, content);
            symlink(target, path).unwrap();
        }),
        ("readable by others", |path, content| {
            write_private(path, content);
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }),
        ("too large", |path, content| {
            let spaces = vec![b' '; 300 * 1024];
            write_private(path, &[content, &spaces].concat());
        }),
        ("a pipe", |path, _| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.unwrap().success());
        }),
    ];
    for (what, replace) in kinds {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(Fault::status(503).on("DELETE", "").always());
        let name = helper.get(DEMO_HOST).credential().username;
        helper.erase(DEMO_HOST).says("");
        fake.clear_faults();
        let path = home.record(&name);
        let content = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        replace(&path, &content);
        contact(&helper);
        assert_eq!(names(&fake), [&*name], "{what}");
        assert!(path.symlink_metadata().is_ok(), "{what}");
        let seen = helper.run(&["status", "--json"], "").stdout;
        let seen: Value = serde_json::from_str(&seen).unwrap();
        let reported = seen["unusableRecords"].as_array().unwrap();
        let path = path.display().to_string();
        let is_it = |it: &Value| {
            it["file"] == *path && it["problem"] == "it is not a private file of this user"
        };
        assert!(reported.iter().any(is_it), "{what}: {seen}");
    }
}

#[cfg(unix)]
#[test]
fn name_of_a_foreign_file_in_the_ledger_is_printed_without_control_characters() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    write_private(
        &home.data().join("ledger/\u{1b}[31mred\u{202e}.json"),
        b"{}",
    );
    for args in [&["status"] as &[&str], &["status", "--json"]] {
        let done = helper.run(args, "");
        let printed = done.stdout + &done.stderr;
        assert!(printed.contains("red"), "{printed}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}']), "{printed:?}");
    }
}
