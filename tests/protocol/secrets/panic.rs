//! Output of a panic at any point. No real panic is known, so a preloaded clock fails after a number of
//! readings, which makes the standard library panic.

use std::path::Path;

use super::{has_no_secret, secrets_are_private};
use crate::support::clock::Clock;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, PASSWORD, USERNAME};
use crate::support::helper::{Done, Home};

/// More clock readings than any command makes.
const ENOUGH: usize = 100_000;

#[test]
fn panic_prints_its_location_and_no_secret() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let Some(clock) = Clock::new() else {
        return;
    };
    let helper = home
        .helper_for(&fake)
        .env("RUST_BACKTRACE", "full")
        .env("IONOS_CR_DISABLE_CACHE", "true")
        .env("IONOS_CR_LOG", "debug");
    let password = helper
        .clone()
        .without("IONOS_TOKEN")
        .env("IONOS_USERNAME", USERNAME)
        .env("IONOS_PASSWORD", PASSWORD);
    for helper in [helper, password] {
        for (args, stdin) in [
            (&["get"][..], DEMO_HOST),
            (&["env", DEMO_HOST], ""),
            (&["doctor", DEMO_HOST], ""),
            (&["tokens", DEMO_HOST], ""),
            (&["kubernetes-manifest", DEMO_HOST], ""),
        ] {
            let run = |readings| clock.readings(helper.clone(), readings).run(args, stdin);
            assert!(!prints_location_only(&run(ENOUGH)), "{args:?}");
            assert!(prints_location_only(&run(0)), "{args:?}");
            let panics = (1..40).filter(|readings| prints_location_only(&run(*readings)));
            assert!(panics.count() > 3, "{args:?}");
        }
    }
    secrets_are_private(&home);
}

/// Returns whether the program panicked.
#[track_caller]
fn prints_location_only(done: &Done) -> bool {
    has_no_secret("a panic", &done.stderr);
    let said = done.stderr.lines().last().unwrap_or_default();
    let Some(line) = Some(said).filter(|line| line.contains("internal error")) else {
        assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
        return false;
    };
    assert_eq!(done.code, Some(1), "{done:?}");
    // A command for people may have printed other lines before; a verb of the protocol prints one line.
    assert!(done.stdout.ends_with(&format!("{line}\n")), "{done:?}");
    let place = line
        .strip_prefix("docker-credential-ionos: internal error at ")
        .and_then(|rest| rest.strip_suffix("; please report it with this line and the output of `docker-credential-ionos version`"))
        .expect(line);
    let (file, number) = place.rsplit_once(':').expect(place);
    assert!(
        Path::new(file).extension().is_some_and(|it| it == "rs"),
        "{place}"
    );
    assert!(
        !place.contains(' ') && number.parse::<u32>().is_ok(),
        "{place}"
    );
    true
}

#[test]
fn panic_at_any_point_follows_the_protocol() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let Some(clock) = Clock::new() else {
        return;
    };
    let helper = home.helper_for(&fake);
    for readings in 0..40 {
        let broken = clock.readings(helper.clone(), readings);
        let got = broken.get(DEMO_HOST);
        if got.code == Some(0) {
            let credential = got.credential();
            assert!(fake.accepts(&credential.username, &credential.secret));
        } else {
            let _ = got.failure();
        }
        // podman and skopeo with containers/image before 5.31 crash if `erase` fails.
        let _ = helper.get(DEMO_HOST).credential();
        broken.erase(DEMO_HOST).says("");
        helper.erase(DEMO_HOST).says("");
        assert!(home.entries().is_empty(), "{readings}");
        let listed = broken.list();
        assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""));
    }
}
