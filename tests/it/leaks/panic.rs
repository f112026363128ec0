//! What a panic shows. The program has no way to one that is known, but for a thread that cannot be
//! started, which the standard library answers with one.

use std::path::Path;

use super::{is_free_of_marks, rests_in_private};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, PASSWORD, USERNAME};
use crate::support::helper::Home;

#[test]
fn a_panic_shows_where_and_nothing_else() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    // A name has to be resolved, and that is done in a thread, which gets no stack.
    let url = fake.url().replace("127.0.0.1", "localhost");
    let helper = home
        .helper_for(&fake)
        .env("IONOS_API_URL", &url)
        .env("RUST_MIN_STACK", &(usize::MAX / 4).to_string())
        .env("RUST_BACKTRACE", "full")
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
            let done = helper.run(args, stdin);
            assert_eq!(done.code, Some(1), "{done:?}");
            let line = done.stdout.strip_suffix('\n').expect("a line end");
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
            let debug = done.stderr.strip_suffix(&done.stdout).expect(line);
            let is_debug = |line: &str| line.starts_with("docker-credential-ionos: debug: ");
            assert!(debug.lines().all(is_debug), "{done:?}");
            is_free_of_marks("a panic", &done.stderr);
        }
    }
    rests_in_private(&home);
}
