//! `login`.

use serde_json::json;

use super::Setup;
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::Credential;

#[test]
fn login_passes_the_password_only_through_stdin() {
    let setup = Setup::new();
    for (program, arguments) in [
        ("docker", "login"),
        ("podman", "login"),
        ("helm", "registry login"),
        ("crane", "auth login"),
    ] {
        let path = setup.program(program, 0);
        let helper = setup.home.helper_for(&setup.api).env("PATH", &path);
        let done = helper.run(&["login", "--with", program, DEMO_HOST], "");
        let Credential {
            username, secret, ..
        } = setup.credential(DEMO_HOST);
        done.says(&format!("from {program}\n"));
        assert_eq!(setup.recorded(&format!("{program}.stdin")), secret);
        assert_eq!(
            setup.recorded(&format!("{program}.args")),
            format!("{arguments} --username {username} --password-stdin {DEMO_HOST}\n")
        );
    }
    assert_eq!(setup.api.count("POST", "/tokens"), 1);
}

#[test]
fn login_with_a_configured_helper_says_it_is_unnecessary() {
    let setup = Setup::new();
    let path = setup.program("docker", 0);
    let config = json!({"credHelpers": {DEMO_HOST: "ionos"}});
    setup.home.file(".docker/config.json", &config.to_string());
    let helper = setup.home.helper_for(&setup.api).env("PATH", &path);
    let done = helper.run(&["login", DEMO_HOST], "");
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(0), "from docker\n")
    );
    assert_eq!(
        done.stderr,
        format!(
            "docker already gets its credentials for {DEMO_HOST} from this program: no login is needed\n"
        )
    );
}

#[test]
fn failing_login_has_a_hint() {
    let setup = Setup::new();
    let path = setup.program("docker", 7);
    let helper = setup.home.helper_for(&setup.api).env("PATH", &path);
    let done = helper.run(&["login", DEMO_HOST], "");
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (Some(1), "from docker\n")
    );
    assert_eq!(
        done.stderr,
        format!(
            "error: cannot log in to {DEMO_HOST}: docker failed\nhint: see its message above, or run: docker-credential-ionos doctor {DEMO_HOST}\n"
        )
    );
    let nowhere = helper.env("PATH", "/nowhere");
    let done = nowhere.run(&["login", "--podman", DEMO_HOST], "");
    assert_eq!(
        done.stderr,
        format!(
            "error: cannot log in to {DEMO_HOST}: podman is not on PATH\nhint: install it, or choose another client with --with\n"
        )
    );
}

#[test]
fn token_of_a_failing_login_is_revoked_if_it_is_not_cached() {
    let setup = Setup::new();
    let path = setup.program("docker", 7);
    let helper = setup.home.helper_for(&setup.api).env("PATH", &path);
    let helper = helper.env("IONOS_CR_DISABLE_CACHE", "true");
    let done = helper.run(&["login", DEMO_HOST], "");
    assert_eq!(done.code, Some(1), "{done:?}");
    let left = (setup.api.tokens().len(), setup.home.records().len());
    assert_eq!(left, (0, 0));
}
