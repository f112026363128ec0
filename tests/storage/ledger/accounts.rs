//! No account deletes or returns a token of another.

use serde_json::json;

use super::{HOUR, contact, fake, names, renewed};
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::{Credential, Helper, Home, write_private};

fn yaml(token: &str) -> String {
    format!(
        "version: 1.0\ncurrentProfile: main\nprofiles:\n  - name: main\n    credentials:\n      token: {token}\n"
    )
}

type WriteToken = Box<dyn Fn(&str)>;

/// Ways to change the account in a file: the helper, and a function that writes a token.
fn account_files(fake: &FakeIonos, home: &Home) -> Vec<(Helper, WriteToken)> {
    let helper = home.helper_for(fake).without("IONOS_TOKEN");
    let token = home.file("token", ACCOUNT_TOKEN);
    let config = home.path().join(".ionos/config");
    let write = |path: std::path::PathBuf, content: fn(&str) -> String| {
        Box::new(move |token: &str| {
            write_private(&path, content(token).as_bytes());
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
fn refreshed_token_of_the_same_user_uses_the_cache_and_revokes_at_logout() {
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
        // The API refuses a wrong token, and the old credential is not returned.
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
    // The program does not notice that the command would print another token.
    assert_eq!(helper.get(DEMO_HOST).credential(), first);
    // The other account does not delete the token, and its 404 is ignored.
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
fn concurrent_gets_run_the_token_command_once() {
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
