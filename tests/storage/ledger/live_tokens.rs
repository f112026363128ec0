//! The number of live tokens, and their lifetime.

use super::{HOUR, OTHER_HOST, contact, fake, names};
use crate::support::damage::edit;
use crate::support::fake_ionos::{DEMO_HOST, Fault, OTHER_ACCOUNT_TOKEN};
use crate::support::helper::Home;

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
    // Other jobs in this home may still use these tokens.
    assert_eq!(fake.tokens().len(), 4);
    home.helper_for(&fake).erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn clock_that_was_set_back_or_forward_loses_no_token() {
    for seconds in [-20 * HOUR, 20 * HOUR, -365 * 24 * HOUR] {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        let _ = helper.get(DEMO_HOST).credential();
        // Has the same effect as a clock that is set forward by these seconds.
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
fn token_that_outlives_a_lowered_lifetime_is_replaced() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    let short = helper.clone().env("IONOS_CR_TOKEN_TTL", "1h");
    let second = short.get(DEMO_HOST).credential();
    assert_ne!(second.secret, first.secret);
    assert_eq!(short.get(DEMO_HOST).credential(), second);
    // With a longer lifetime in the settings, the shorter-lived token is still returned.
    assert_eq!(helper.get(DEMO_HOST).credential(), second);
    assert_eq!(names(&fake), [&*second.username]);
    assert_eq!(home.records().len(), 1);
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn host_profile_and_account_have_at_most_two_live_tokens() {
    let (fake, home) = (fake(), Home::new());
    let with = |actions: &str| home.helper_for(&fake).env("IONOS_CR_ACTIONS", actions);
    let get = |actions: &str| with(actions).get(DEMO_HOST).credential().username;
    let minute_later = |minutes: i64, actions: &str| {
        fake.set_clock(minutes * 60);
        get(actions)
    };
    let (pull, push) = (get("pull"), minute_later(1, "push"));
    // Two jobs with different scopes do not replace each other's token.
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
fn replaced_token_of_other_scopes_is_not_returned_while_its_deletion_waits() {
    let (fake, home) = (fake(), Home::new());
    let with = |actions: &str| home.helper_for(&fake).env("IONOS_CR_ACTIONS", actions);
    let get = |actions: &str| with(actions).get(DEMO_HOST).credential();
    let _ = with("pull").get(OTHER_HOST).credential();
    fake.set_clock(60);
    let pull = get("pull");
    // Times in records have a resolution of one second.
    fake.set_clock(62);
    let _ = get("push");
    // An older record comes first and ends the round of deletions.
    let no_account = with("pull").without("IONOS_TOKEN");
    no_account.erase(OTHER_HOST).says("");
    fake.fault(Fault::status(500).on_method("DELETE"));
    let _ = get("pull,push");
    let waiting = home
        .pending()
        .into_iter()
        .find(|it| it["triedAt"].is_null());
    assert_eq!(waiting.unwrap()["name"], *pull.username);
    assert_ne!(get("pull"), pull);
}

#[test]
fn token_of_an_interrupted_logout_is_not_returned_after_its_deletion() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let first = helper.get(DEMO_HOST).credential();
    // As after a kill between the mark and the removal of the cache entry.
    edit(&home.record(&first.username), |record| {
        record["state"] = "revoke".into();
    });
    contact(&helper);
    assert_eq!(names(&fake), [""; 0]);
    let second = helper.get(DEMO_HOST).credential();
    assert_eq!(names(&fake), [second.username]);
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
fn prune_leaves_the_tokens_of_another_installation_on_a_machine_with_the_same_name() {
    let (fake, here, there) = (fake(), Home::new(), Home::new());
    let first = here.helper_for(&fake).get(DEMO_HOST).credential();
    let second = there.helper_for(&fake).get(DEMO_HOST).credential();
    let machine = |name: &str| name.rsplitn(4, '-').last().unwrap().to_owned();
    assert_eq!(machine(&first.username), machine(&second.username));
    fake.set_clock(HOUR);
    let done = here
        .helper_for(&fake)
        .run(&["prune", "--yes", DEMO_HOST], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(fake.tokens().len(), 2);
}
