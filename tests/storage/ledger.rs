//! The ledger: no token is lost, and no account acts for another.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::damage::edit;
use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN, RegistrySpec,
};
use crate::support::helper::{BIN, Credential, Helper, Home};

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const HOUR: i64 = 3600;

/// A token of the same user as [`ACCOUNT_TOKEN`].
fn renewed() -> String {
    let (claims, _) = ACCOUNT_TOKEN.rsplit_once('.').unwrap();
    format!("{claims}.renewed")
}

fn fake() -> FakeIonos {
    FakeIonos::builder()
        .account_token(ACCOUNT_TOKEN)
        .account_token(&renewed())
        .account_token(OTHER_ACCOUNT_TOKEN)
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("other"))
        .start()
}

fn yaml(token: &str) -> String {
    format!(
        "version: 1.0\ncurrentProfile: main\nprofiles:\n  - name: main\n    credentials:\n      token: {token}\n"
    )
}

fn names(fake: &FakeIonos) -> Vec<String> {
    fake.tokens().into_iter().map(|token| token.name).collect()
}

/// A get that fails or succeeds; only its contact with the API matters.
fn contact(helper: &Helper) {
    let _ = helper.get(OTHER_HOST).credential();
    helper.erase(OTHER_HOST).says("");
}

type WriteToken = Box<dyn Fn(&str)>;

/// Ways to change the account in a file: the helper, and what writes a token.
fn account_files(fake: &FakeIonos, home: &Home) -> Vec<(Helper, WriteToken)> {
    let helper = home.helper_for(fake).without("IONOS_TOKEN");
    let token = home.file("token", ACCOUNT_TOKEN);
    let config = home.path().join(".ionos/config");
    let write = |path: std::path::PathBuf, content: fn(&str) -> String| {
        Box::new(move |token: &str| {
            crate::support::helper::write_private(&path, content(token).as_bytes());
        }) as WriteToken
    };
    vec![
        (
            helper.clone().env("IONOS_TOKEN_FILE", &token),
            write(token.into(), ToOwned::to_owned),
        ),
        (helper, write(config, yaml)),
    ]
}

#[test]
fn renewed_token_of_the_same_user_serves_the_cache_and_revokes_at_logout() {
    for n in 0..2 {
        let (fake, home) = (fake(), Home::new());
        let (helper, write) = account_files(&fake, &home).remove(n);
        write(ACCOUNT_TOKEN);
        let first = helper.get(DEMO_HOST).credential();
        write(&renewed());
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        helper.erase(DEMO_HOST).says("");
        assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
    }
}

#[test]
fn another_users_token_in_the_same_file_is_another_account_at_once() {
    for n in 0..2 {
        let (fake, home) = (fake(), Home::new());
        let (helper, write) = account_files(&fake, &home).remove(n);
        write(ACCOUNT_TOKEN);
        let first = helper.get(DEMO_HOST).credential();
        write(OTHER_ACCOUNT_TOKEN);
        let second = helper.get(DEMO_HOST).credential();
        assert_ne!(second.secret, first.secret);
        // A wrong token is refused; the old credential is not returned.
        write("wrong");
        assert!(helper.get(DEMO_HOST).failure().contains(": 401"));
        write("");
        let _ = helper.get(DEMO_HOST).failure();
        write(ACCOUNT_TOKEN);
        assert_eq!(helper.get(DEMO_HOST).credential(), first);
        // Each account deletes its own token.
        fake.clear_requests();
        helper.erase(DEMO_HOST).says("");
        assert_eq!(names(&fake), [second.username.as_str()]);
        write(OTHER_ACCOUNT_TOKEN);
        contact(&helper);
        assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
    }
}

/// A home whose token command prints what is in a file.
fn command_home(fake: &FakeIonos) -> (Home, Helper) {
    let home = Home::new();
    let script = format!("exec cat {}/printed", home.path().display());
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}));
    let helper = home
        .helper_for(fake)
        .without("IONOS_TOKEN")
        .env("PATH", "/bin:/usr/bin");
    (home, helper)
}

#[test]
fn another_users_token_from_the_command_is_another_account() {
    let fake = fake();
    let (home, helper) = command_home(&fake);
    home.file("printed", ACCOUNT_TOKEN);
    let first = helper.get(DEMO_HOST).credential();
    home.file("printed", OTHER_ACCOUNT_TOKEN);
    // Nothing tells that the command would print something else.
    assert_eq!(helper.get(DEMO_HOST).credential(), first);
    // The other account does not delete the token, nor does its 404 count.
    fake.clear_requests();
    helper.erase(DEMO_HOST).says("");
    assert_eq!(fake.count("DELETE", ""), 0);
    assert_eq!(home.pending().len(), 1);
    let second = helper.get(DEMO_HOST).credential();
    assert_eq!(names(&fake), [&*first.username, &*second.username]);
    home.file("printed", ACCOUNT_TOKEN);
    home.age_entry(13 * HOUR);
    contact(&helper);
    assert_eq!(names(&fake), [&*second.username]);
}

#[test]
fn refresh_as_another_account_does_not_return_the_old_credential() {
    let fake = fake();
    let (home, helper) = command_home(&fake);
    home.file("printed", ACCOUNT_TOKEN);
    let first = helper.get(DEMO_HOST).credential();
    home.age_entry(7 * HOUR);
    home.file("printed", "");
    assert_eq!(helper.get(DEMO_HOST).credential(), first);
    home.file("printed", "wrong");
    let again = helper.env("IONOS_CR_TIMEOUT", "7s");
    assert!(again.get(DEMO_HOST).failure().contains(": 401"));
}

#[test]
fn token_command_of_a_crowd_runs_once() {
    let fake = fake();
    let (home, helper) = command_home(&fake);
    home.file("printed", ACCOUNT_TOKEN);
    let count = home.path().join("count");
    let script = format!(
        "echo x >>{}; sleep 0.3; exec cat {}/printed",
        count.display(),
        home.path().display()
    );
    home.configure(json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}));
    let helper = helper.env("IONOS_CR_TIMEOUT", "60s");
    let started: Vec<_> = (0..20).map(|_| helper.start(&["get"], DEMO_HOST)).collect();
    let answers: Vec<Credential> = started
        .into_iter()
        .map(|it| it.finish().credential())
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(std::fs::read_to_string(count).unwrap(), "x\n");
    assert_eq!(fake.tokens().len(), 1);
}

#[test]
fn logout_deletes_superseded_tokens_and_at_most_two_live() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let mut minted = Vec::new();
    for _ in 0..4 {
        minted.push(helper.get(DEMO_HOST).credential().username);
        let last = minted.len().saturating_sub(2);
        assert_eq!(names(&fake), minted[last..]);
        home.age_entry(7 * HOUR);
    }
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn logout_keeps_detached_tokens_only_until_a_revoking_logout() {
    let (fake, home) = (fake(), Home::new());
    let keep = home
        .helper_for(&fake)
        .env("IONOS_CR_REVOKE_ON_ERASE", "false");
    for _ in 0..4 {
        let _ = keep.get(DEMO_HOST).credential();
        keep.erase(DEMO_HOST).says("");
    }
    // Jobs that share the home may still use them.
    assert_eq!(fake.tokens().len(), 4);
    home.helper_for(&fake).erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn signals_during_a_mint_leave_a_record_and_the_token_is_deleted() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(
            Fault::delay(Duration::from_secs(30))
                .after()
                .on("POST", "/tokens"),
        );
        // Longer than a machine may be paused.
        let patient = helper.clone().env("IONOS_CR_TIMEOUT", "60s");
        // Whoever started the tests may have had signals ignored.
        let patient = patient.program(std::path::Path::new("/usr/bin/env"));
        let running = patient.start(&["--default-signal", BIN, "get"], DEMO_HOST);
        while fake.tokens().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal(signal);
        let _ = running.finish();
        assert_eq!((fake.tokens().len(), home.pending().len()), (1, 1));
        let next = helper.get(DEMO_HOST).credential();
        assert_eq!(names(&fake), [next.username], "{signal:?}");
        assert!(home.pending().is_empty());
    }
}

#[test]
fn token_created_late_is_found_at_a_later_contact() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(OTHER_HOST).credential();
    helper.erase(OTHER_HOST).says("");
    fake.fault(Fault::delay(Duration::from_secs(3)).on("POST", "/tokens"));
    let hasty = helper.clone().env("IONOS_CR_TIMEOUT", "500ms");
    let _ = hasty.get(DEMO_HOST).failure();
    assert_eq!(home.pending().len(), 1);
    // The first look finds nothing yet.
    contact(&helper);
    assert_eq!(home.pending()[0]["looks"], 2);
    while fake.tokens().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    contact(&helper);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn doubtful_request_is_looked_up_for_15_minutes_by_the_apis_clock() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(500).on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    for (minutes, pending) in [(0, 1), (14, 1), (16, 0)] {
        fake.set_clock(minutes * 60);
        contact(&helper);
        assert_eq!(home.pending().len(), pending, "{minutes}");
    }
}

#[test]
fn refusal_of_one_record_does_not_stop_the_next() {
    for status in [403, 404, 409, 422] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
        for host in [DEMO_HOST, OTHER_HOST] {
            let _ = helper.get(host).credential();
            helper.erase(host).says("");
        }
        assert_eq!(home.pending().len(), 2);
        fake.clear_faults();
        fake.fault(Fault::status(status).on("DELETE", "/tokens").times(1));
        let _ = helper.get(OTHER_HOST).credential();
        // A token that the API still lists was not deleted, whatever the first answer said.
        let left = usize::from(status != 404);
        assert_eq!(home.pending().len(), left, "{status}");
        assert_eq!(fake.tokens().len(), left + 1, "{status}");
        contact(&helper);
        assert_eq!(home.pending().len(), 0, "{status}");
    }
}

#[test]
fn failing_record_does_not_keep_the_others_from_their_turn() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
    for host in [DEMO_HOST, OTHER_HOST] {
        let _ = helper.get(host).credential();
        helper.erase(host).says("");
    }
    fake.clear_faults();
    let bad = home.pending()[0]["tokenId"].as_str().unwrap().to_owned();
    fake.fault(Fault::status(500).on("DELETE", &bad).always());
    contact(&helper);
    contact(&helper);
    let left: Vec<Value> = home.pending();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["tokenId"], bad.as_str());
    assert_eq!(left[0]["failedWith"], 500);
}

#[test]
fn other_accounts_records_are_left_alone() {
    let (fake, home) = (fake(), Home::new());
    let one = home.helper_for(&fake);
    let two = one.clone().env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN);
    let first = one.get(DEMO_HOST).credential();
    fake.fault(Fault::status(503).on("DELETE", "/tokens"));
    one.erase(DEMO_HOST).says("");
    fake.clear_requests();
    contact(&two);
    assert_eq!(names(&fake), [first.username]);
    assert_eq!(home.pending().len(), 1);
    contact(&one);
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn clock_that_was_set_back_or_forward_loses_no_token() {
    for seconds in [-20 * HOUR, 20 * HOUR] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        let _ = helper.get(DEMO_HOST).credential();
        // As if the clock now showed so much more.
        home.age_entry(seconds);
        contact(&helper);
        assert!(home.entries().is_empty());
        assert_eq!(home.records().len(), 1);
        let _ = helper.get(DEMO_HOST).credential();
        helper.erase(DEMO_HOST).says("");
        assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
    }
}

#[test]
fn expired_tokens_are_forgotten_by_the_apis_clock() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.set_clock(14 * HOUR);
    contact(&helper);
    assert_eq!(home.records().len(), 0);
}

#[test]
fn prune_keeps_a_token_whose_request_is_under_way() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    fake.fault(
        Fault::delay(Duration::from_secs(2))
            .after()
            .on("POST", "/tokens"),
    );
    let minting = helper.start(&["get"], DEMO_HOST);
    while fake.tokens().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    fake.set_clock(16 * 60);
    let done = helper.run(&["prune", "--yes", "--all-machines", DEMO_HOST], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    helper.erase(DEMO_HOST).says("");
    contact(&helper);
    let credential = minting.finish().credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
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
fn token_that_outlives_a_lowered_lifetime_is_replaced() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    let short = helper.clone().env("IONOS_CR_TOKEN_TTL", "1h");
    let second = short.get(DEMO_HOST).credential();
    assert_ne!(second.secret, first.secret);
    assert_eq!(short.get(DEMO_HOST).credential(), second);
    // Under the longer lifetime the shorter-lived token is good.
    assert_eq!(helper.get(DEMO_HOST).credential(), second);
    assert_eq!(names(&fake), [&*second.username]);
    assert_eq!(home.records().len(), 1);
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn of_a_host_profile_and_account_two_tokens_live_whatever_their_scopes() {
    let (fake, home) = (fake(), Home::new());
    let with = |actions: &str| home.helper_for(&fake).env("IONOS_CR_ACTIONS", actions);
    let get = |actions: &str| with(actions).get(DEMO_HOST).credential().username;
    let minute_later = |minutes: i64, actions: &str| {
        fake.set_clock(minutes * 60);
        get(actions)
    };
    let (pull, push) = (get("pull"), minute_later(1, "push"));
    // Two jobs with their own scopes do not replace each other's token.
    assert_eq!((get("pull"), get("push")), (pull.clone(), push.clone()));
    // The third replaces the oldest, which is not returned any more.
    let both = minute_later(2, "pull,push");
    assert_eq!(names(&fake), [&*push, &*both]);
    let again = minute_later(3, "pull");
    assert_ne!(again, pull);
    assert_eq!(names(&fake), [&*both, &*again]);
    // Another profile and another account have their own two.
    let _ = home
        .helper_called("docker-credential-ionos-pull", &fake)
        .get(DEMO_HOST)
        .credential();
    let other = with("pull").env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN);
    let _ = other.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 4);
    for helper in [other, with("pull")] {
        helper.erase(DEMO_HOST).says("");
    }
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn refreshed_token_of_one_of_two_scopes_revokes_the_one_before_at_once() {
    let (fake, home) = (fake(), Home::new());
    let with = |actions: &str| home.helper_for(&fake).env("IONOS_CR_ACTIONS", actions);
    let _ = with("pull").get(DEMO_HOST).credential();
    home.age_entry(7 * HOUR);
    let push = with("push").get(DEMO_HOST).credential().username;
    let second = with("pull").get(DEMO_HOST).credential().username;
    assert_eq!(names(&fake), [&*push, &*second]);
    assert_eq!(with("push").get(DEMO_HOST).credential().username, push);
}

#[test]
fn refused_requests_leave_one_record_however_often_they_are_repeated() {
    for status in [400, 401, 403, 404, 429] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        // A refusal may be sent after the token was made.
        fake.fault(Fault::status(status).after().on("POST", "/tokens").times(1));
        fake.fault(Fault::status(status).on("POST", "/tokens").always());
        for n in 1..4 {
            // Another setting is another request, so the 10 s need not pass.
            let again = helper.clone().env("IONOS_CR_TIMEOUT", &format!("{n}s"));
            let _ = again.get(DEMO_HOST).failure();
        }
        assert_eq!(home.records().len(), 1, "{status}");
        fake.clear_faults();
        let credential = helper.get(DEMO_HOST).credential();
        assert_eq!(names(&fake), [credential.username], "{status}");
    }
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
        crate::support::helper::write_private(&path, content.as_bytes());
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
    fake.fault(Fault::status(500).on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    let seen = reasons(&helper);
    assert!(
        seen[0].0 == "minting"
            && seen[0].1.starts_with(
                "its request had no usable answer; looked up at the next contact with the API until "
            ),
        "{seen:?}"
    );
}

#[test]
fn without_a_directory_what_reached_nobody_is_deleted() {
    let fake = fake();
    let home = Home::new();
    let helper = home.helper_for(&fake).without("HOME");
    // The answer is lost, and the next attempts are refused.
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    assert_eq!(names(&fake), [""; 0]);
    // What cannot be deleted is named.
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    fake.fault(Fault::status(503).on("GET", "/tokens").always());
    let done = helper.get(DEMO_HOST);
    let name = &names(&fake)[0];
    assert!(
        done.failure().contains(&format!(
            "(the token {name} may exist and could not be put on record)"
        )),
        "{done:?}"
    );
}

#[test]
fn status_says_that_nothing_is_cached() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    for (helper, why, hint) in [
        (
            helper.clone().env("IONOS_CR_DISABLE_CACHE", "true"),
            "IONOS_CR_DISABLE_CACHE is set",
            "unset it, or set IONOS_CR_CACHE_DIR",
        ),
        (
            helper.without("HOME"),
            "there is no home directory",
            "set HOME or IONOS_CR_CACHE_DIR",
        ),
    ] {
        let done = helper.run(&["status"], "");
        let warning =
            format!("warning: nothing is cached: {why}; every get mints a token\nhint: {hint}\n");
        assert!(done.stderr.ends_with(&warning), "{done:?}");
    }
}

#[test]
fn uncached_token_that_reached_no_client_is_deleted() {
    let fake = fake();
    for variables in [("IONOS_CR_DISABLE_CACHE", "true"), ("HOME", "")] {
        let home = Home::new();
        let helper = home.helper_for(&fake).env(variables.0, variables.1);
        let mut get = helper.command(&["get", DEMO_HOST]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let _ = get.stdout(writer).status().unwrap();
        assert_eq!(names(&fake), [""; 0], "{variables:?}");
    }
}

#[cfg(unix)]
#[test]
fn signal_without_a_directory_revokes_the_token_of_the_interrupted_mint() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (fake, home) = (fake(), Home::new());
        fake.fault(
            Fault::delay(Duration::from_secs(1))
                .after()
                .on("POST", "/tokens"),
        );
        let running = home
            .helper_for(&fake)
            .without("HOME")
            .start(&["get"], DEMO_HOST);
        while fake.tokens().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        running.signal(signal);
        running.finish().fails(&format!(
            "no credential for {DEMO_HOST}: a signal interrupted it, and the new token is revoked (account from IONOS_TOKEN); run it again"
        ));
        assert_eq!(names(&fake), [""; 0], "{signal:?}");
    }
}
