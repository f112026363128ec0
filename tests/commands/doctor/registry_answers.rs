//! Answers of the registry to the login of `doctor`.

use super::Setup;
use crate::support::registry::Auth;

#[test]
fn bearer_is_found_among_several_challenges() {
    for auth in [Auth::BearerInSecondHeader, Auth::BasicAndBearer] {
        let setup = Setup::new(auth);
        let done = setup.run(&["--mint", &setup.registry.host()]);
        let line = "ok       login: HOST accepts the credential (Bearer)";
        assert!(done.stdout.lines().any(|it| it == line), "{}", done.stdout);
    }
}

#[test]
fn token_of_the_service_is_found_under_either_name_or_both() {
    for names in [
        &["token"][..],
        &["access_token"],
        // Docker Hub, Harbor and GitLab.
        &["token", "access_token"],
    ] {
        let setup = Setup::new(Auth::BearerNamed(names));
        let done = setup.run(&["--mint", &setup.registry.host()]);
        let line = "ok       login: HOST accepts the credential (Bearer)";
        assert!(done.stdout.lines().any(|it| it == line), "{}", done.stdout);
    }
}

#[test]
fn outage_of_the_registry_has_no_hint_about_the_allow_list() {
    let outage = "try again in a moment; https://status.ionos.cloud shows outages";
    let refusal = "check that this host is a registry, and that its allow list (apiSubnetAllowList) lets this machine in";
    for (status, hint) in [
        (403, refusal),
        (404, refusal),
        (429, outage),
        (500, outage),
        (502, outage),
        (503, outage),
        (504, outage),
    ] {
        let setup = Setup::new(Auth::Status(status));
        let done = setup.run(&["--mint", &setup.registry.host()]);
        let lines =
            format!("failed   login: HOST answers {status} to GET /v2/\n         hint: {hint}\n");
        assert!(done.stdout.contains(&lines), "{}", done.stdout);
    }
}
