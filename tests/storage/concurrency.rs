//! Concurrent processes mint once, keep all entries and leave no lock behind.
//!
//! `RACE_ROUNDS` sets how often each race runs (default 2).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN, RegistrySpec,
};
use crate::support::helper::{Credential, Done, Helper, Home, Started, walk};
use crate::support::tally;

const CROWD: usize = 200;

fn rounds() -> usize {
    let rounds = tally::times("RACE_ROUNDS", 2);
    tally::add("races", rounds);
    rounds
}

/// Many processes need more than 8 s to start on few cores.
fn patient(helper: &Helper) -> Helper {
    helper.clone().env("IONOS_CR_TIMEOUT", "60s")
}

fn start(helper: &Helper, how_many: usize) -> Vec<Started> {
    (0..how_many)
        .map(|_| helper.start(&["get"], DEMO_HOST))
        .collect()
}

fn finish(started: Vec<Started>) -> Vec<Done> {
    started.into_iter().map(Started::finish).collect()
}

fn secrets(done: &[Done]) -> BTreeSet<String> {
    done.iter().map(|done| done.credential().secret).collect()
}

#[test]
fn two_hundred_concurrent_cold_gets_mint_once() {
    for _ in 0..rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = patient(&home.helper_for(&fake));
        let answers: Vec<Credential> = finish(start(&helper, CROWD))
            .iter()
            .map(Done::credential)
            .collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(answers.len(), CROWD);
        assert_eq!(fake.count("POST", "/tokens"), 1);
        assert_eq!(fake.count("GET", "/registries"), 1);
        assert_eq!(fake.tokens().len(), 1);
    }
}

#[test]
fn concurrent_gets_with_a_slow_api_mint_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.delay(Duration::from_millis(1500));
    let done = finish(start(&patient(&home.helper_for(&fake)), 40));
    assert_eq!(secrets(&done).len(), 1);
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn waiters_return_the_failure_of_the_lock_holder() {
    for _ in 0..rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.fault(Fault::status(403).on("POST", "/tokens").always());
        let done = finish(start(&patient(&home.helper_for(&fake)), 50));
        let lines: BTreeSet<_> = done.iter().map(Done::failure).collect();
        assert_eq!(lines.len(), 1);
        assert_eq!(fake.count("POST", "/tokens"), 1);
    }
}

#[test]
fn waiter_past_its_deadline_names_the_cause() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::hang().on("GET", "/registries"));
    let mut holder = patient(&home.helper_for(&fake)).start(&["get"], DEMO_HOST);
    while fake.requests().is_empty() {
        assert!(holder.is_running());
        std::thread::yield_now();
    }
    let line = home
        .helper_for(&fake)
        .env("IONOS_CR_TIMEOUT", "200ms")
        .get(DEMO_HOST);
    line.fails("no credential for demo.cr.de-fra.ionos.com: another process is still minting (account from IONOS_TOKEN); try again in a moment, or allow more time with IONOS_CR_TIMEOUT");
    // SIGKILL: the kernel releases the lock.
    holder.kill();
    let _ = holder.finish();
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
}

#[test]
fn without_locks_the_token_that_is_cached_first_is_returned_and_the_other_is_deleted() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = patient(&home.helper_for(&fake));
    let is_released = Arc::default();
    fake.fault(Fault::until(&is_released).on("POST", "/tokens"));
    let slow = helper.start(&["get"], DEMO_HOST);
    while fake.count("POST", "/tokens") == 0 {
        std::thread::yield_now();
    }
    // A removed lock file keeps nobody out.
    for path in walk(&home.cache()) {
        if path.extension().is_some_and(|it| it == "lock") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let first = helper.get(DEMO_HOST).credential();
    is_released.store(true, Ordering::SeqCst);
    assert_eq!(slow.finish().credential(), first);
    assert_eq!(fake.count("POST", "/tokens"), 2);
    assert!(fake.accepts(&first.username, &first.secret));
    assert_eq!((fake.tokens().len(), home.records().len()), (1, 1));
}

#[test]
fn past_half_life_one_process_refreshes_and_all_return_a_credential() {
    for _ in 0..rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = patient(&home.helper_for(&fake));
        let old = helper.get(DEMO_HOST).credential().secret;
        home.age_entry(7 * 3600);
        fake.clear_requests();
        let mut seen = secrets(&finish(start(&helper, 60)));
        seen.remove(&old);
        assert_eq!(seen.len(), 1);
        assert_eq!(fake.count("POST", "/tokens"), 1);
    }
}

#[test]
fn concurrent_hosts_scopes_and_accounts_stay_separate() {
    for _ in 0..rounds() {
        let fake = FakeIonos::builder()
            .account_token(ACCOUNT_TOKEN)
            .account_token(OTHER_ACCOUNT_TOKEN)
            .registry(RegistrySpec::new("other"))
            .registry(RegistrySpec::new("demo"))
            .start();
        let home = Home::new();
        let kinds: Vec<(Helper, &str)> = [ACCOUNT_TOKEN, OTHER_ACCOUNT_TOKEN]
            .into_iter()
            .flat_map(|token| {
                let helper = patient(&home.helper_for(&fake)).env("IONOS_TOKEN", token);
                [
                    (helper.clone(), DEMO_HOST),
                    (helper, "other.cr.de-fra.ionos.com"),
                ]
            })
            .collect();
        let started: Vec<Vec<Started>> = (0..15)
            .map(|_| {
                kinds
                    .iter()
                    .map(|(helper, host)| helper.start(&["get"], host))
                    .collect()
            })
            .collect();
        let mut seen = vec![BTreeSet::new(); kinds.len()];
        for round in started {
            for (kind, done) in round.into_iter().enumerate() {
                seen[kind].insert(done.finish().credential().secret);
            }
        }
        assert!(seen.iter().all(|secrets| secrets.len() == 1), "{seen:?}");
        let different: BTreeSet<_> = seen.into_iter().flatten().collect();
        assert_eq!(different.len(), 4);
        assert_eq!(fake.tokens().len(), 4);
        assert_eq!(home.entries().len(), 4);
    }
}

#[test]
fn killed_lock_holder_frees_the_lock() {
    for round in 0..10 * rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = patient(&home.helper_for(&fake));
        let mut victim = helper.start(&["get"], DEMO_HOST);
        let others = start(&helper, 4);
        std::thread::sleep(Duration::from_micros(300 * round as u64 % 12_000));
        victim.kill();
        let _ = victim.finish();
        assert_eq!(secrets(&finish(others)).len(), 1);
        assert_eq!(home.entries().len(), 1);
        assert!(fake.count("POST", "/tokens") <= 2);
    }
}

#[test]
fn concurrent_erase_and_get_leave_a_whole_credential_or_none() {
    for _ in 0..5 * rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = patient(&home.helper_for(&fake));
        let _ = helper.get(DEMO_HOST).credential();
        let started: Vec<Started> = (0..12)
            .map(|n| helper.start(&[if n % 3 == 0 { "erase" } else { "get" }], DEMO_HOST))
            .collect();
        for (n, done) in finish(started).into_iter().enumerate() {
            if n % 3 == 0 {
                done.says("");
            } else {
                let _ = done.credential();
            }
        }
        // The last credential is valid, cached or newly minted, and no other token is left.
        let last = helper.get(DEMO_HOST).credential();
        assert!(fake.accepts(&last.username, &last.secret));
        helper.erase(DEMO_HOST).says("");
        assert!(fake.tokens().is_empty(), "{:?}", fake.tokens());
    }
}

#[test]
fn concurrent_store_and_get_return_one_of_both_credentials() {
    for _ in 0..5 * rounds() {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = patient(&home.helper_for(&fake));
        let gets = start(&helper, 6);
        helper.store(DEMO_HOST, "jane", "typed").says("");
        let mut seen = secrets(&finish(gets));
        seen.remove("typed");
        assert!(seen.len() <= 1);
        assert_eq!(helper.get(DEMO_HOST).credential().secret, "typed");
    }
}
