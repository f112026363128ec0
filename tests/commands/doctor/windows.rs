//! Checks that exist on Windows only.

use super::Setup;
use crate::support::helper::Home;
use crate::support::registry::Auth;

#[test]
fn cache_outside_of_the_profile_is_a_warning() {
    let (setup, other) = (Setup::new(Auth::Basic), Home::new());
    for (dir, wanted) in [
        (
            other.path(),
            " is outside of your profile directory, whose access control list keeps other users out\n         hint: unset IONOS_CR_CACHE_DIR, or choose a directory that only you can read\n",
        ),
        (&setup.home.at("own"), "own can be written\n"),
    ] {
        let helper = setup
            .helper()
            .env("IONOS_CR_CACHE_DIR", dir.to_str().unwrap());
        let done = setup.examine(&helper, &[]);
        assert!(done.stdout.contains(wanted), "{}", done.stdout);
    }
}
