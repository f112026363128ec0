//! Slow answers, servers that ask to wait, and processes that wait for the lock.

use std::time::Duration;

use super::{
    BUSY, TIMEOUT, UNAVAILABLE, api_recovers, asked, failure_is_remembered, line, revocations,
};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::Home;
use crate::support::tally;

const FUTURE: &str = "Fri, 01 Jan 2100 00:00:00 GMT";
const ANOTHER_DAY: &str =
    "try again on another day, as it asks; https://status.ionos.cloud shows outages";

#[test]
fn long_waits_are_shown_in_hours_or_as_another_day() {
    for (method, path, requests) in [
        ("GET", "/registries", "find"),
        ("POST", "/tokens", "find mint"),
    ] {
        for (status, asked_for, hint) in [
            (429, FUTURE, ANOTHER_DAY),
            (503, FUTURE, ANOTHER_DAY),
            (429, "86401", ANOTHER_DAY),
            (
                503,
                "86400",
                "try again in 24h, as it asks; https://status.ionos.cloud shows outages",
            ),
            (
                429,
                "4205",
                "try again in 1h 10m 5s, as it asks; https://status.ionos.cloud shows outages",
            ),
            (429, "18446744073709551615", ANOTHER_DAY),
        ] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let helper = home.helper_for(&fake);
            let fault = Fault::status(status).header("Retry-After", asked_for);
            fake.fault(fault.on(method, path).always());
            let done = helper.get(DEMO_HOST);
            let what = if status == 429 { BUSY } else { UNAVAILABLE };
            assert_eq!(done.failure(), line(&fake, what, hint));
            assert_eq!(asked(&fake), requests);
            failure_is_remembered(&fake, &home, &helper, &done);
            api_recovers(&fake, &home, &helper);
            tally::add("faults", 1);
        }
    }
}

#[test]
fn waiter_for_a_lock_keeps_its_own_deadline() {
    for fault in [
        Fault::hang(),
        Fault::trickle(),
        Fault::delay(Duration::from_secs(60)),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let patient = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "60s");
        fake.fault(fault.on("POST", "/tokens"));
        let mut holder = patient.start(&["get"], DEMO_HOST);
        while fake.count("POST", "/tokens") == 0 {
            assert!(holder.is_running());
            std::thread::yield_now();
        }
        let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "300ms");
        let waiters: Vec<_> = (0..5).map(|_| helper.start(&["get"], DEMO_HOST)).collect();
        for waiter in waiters {
            waiter.finish().fails(&format!(
                "no credential for {DEMO_HOST}: another process is still minting (account from IONOS_TOKEN); {TIMEOUT}"
            ).replace("; try again,", "; try again in a moment,"));
        }
        // The lock's holder is still waiting, and no other process sent a request.
        assert!(holder.is_running());
        assert_eq!(asked(&fake), "find mint");
        assert!(home.entries().is_empty());
        holder.kill();
        let _ = holder.finish();
        tally::add("faults", 1);
    }
}

#[test]
fn slow_api_fails_within_the_deadline() {
    for (method, path, orphans) in [("GET", "/registries", 0), ("POST", "/tokens", 1)] {
        for fault in [
            Fault::hang(),
            Fault::trickle(),
            Fault::delay(Duration::from_secs(60)),
        ] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "400ms");
            fake.fault(fault.after().on(method, path).always());
            let done = helper.get(DEMO_HOST);
            assert_eq!(
                done.failure(),
                line(&fake, "API gave no answer in time", TIMEOUT)
            );
            assert_eq!(
                (fake.tokens().len(), revocations(&home)),
                (orphans, orphans)
            );
            failure_is_remembered(&fake, &home, &helper, &done);
            api_recovers(&fake, &home, &helper.env("IONOS_CR_TIMEOUT", "8s"));
        }
    }
}
