//! `env`.

use std::path::Path;

use super::Setup;
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{BIN, Credential};
use crate::support::platform::{fifo as mkfifo, mode, symlink};
use crate::support::tally::attack;

#[test]
fn env_prints_a_matching_pair_and_mints_once() {
    let setup = Setup::new();
    let done = setup.run(&["env", DEMO_HOST]);
    let Credential {
        username, secret, ..
    } = setup.credential(DEMO_HOST);
    let posix = format!(
        "export IONOS_CR_REGISTRY_USERNAME={username}\nexport IONOS_CR_REGISTRY_PASSWORD={secret}\n"
    );
    done.says(&posix);
    for shell in ["sh", "bash", "zsh"] {
        setup
            .run(&["env", "--shell", shell, DEMO_HOST])
            .says(&posix);
    }
    setup.run(&["env", "--shell", "fish", DEMO_HOST]).says(&format!(
        "set -gx IONOS_CR_REGISTRY_USERNAME '{username}'\nset -gx IONOS_CR_REGISTRY_PASSWORD '{secret}'\n"
    ));
    setup.run(&["env", "--shell", "powershell", DEMO_HOST]).says(&format!(
        "$Env:IONOS_CR_REGISTRY_USERNAME = '{username}'\n$Env:IONOS_CR_REGISTRY_PASSWORD = '{secret}'\n"
    ));
    assert_eq!(setup.api.count("POST", "/tokens"), 1);
}

#[test]
fn shell_reads_back_the_stored_login() {
    let setup = Setup::new();
    let secret = "it's $HOME `x` \\ \"q\"";
    let helper = setup.home.helper_for(&setup.api);
    helper.store(DEMO_HOST, "a person", secret).says("");
    let script = helper.run(&["env", DEMO_HOST], "").stdout;
    let script = format!("{script}printf %s \"$IONOS_CR_REGISTRY_PASSWORD\"");
    let read = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap(), secret);
}

#[test]
fn github_masks_the_secret_and_writes_the_variables() {
    let setup = Setup::new();
    let file = setup.home.file("github_env", "BEFORE=1\n");
    let helper = setup.home.helper_for(&setup.api).env("GITHUB_ENV", &file);
    let done = helper.run(&["env", "--github", DEMO_HOST], "");
    let Credential {
        username, secret, ..
    } = setup.credential(DEMO_HOST);
    assert_eq!(done.stdout, format!("::add-mask::{secret}\n"));
    assert_eq!(
        done.stderr,
        "set IONOS_CR_REGISTRY_USERNAME and IONOS_CR_REGISTRY_PASSWORD for the steps that follow\n"
    );
    let written = setup.recorded("github_env");
    let lines: Vec<&str> = written.lines().collect();
    let [
        before,
        name,
        user,
        end,
        password_name,
        password,
        password_end,
    ] = lines[..]
    else {
        panic!("{lines:?}");
    };
    assert_eq!(before, "BEFORE=1");
    assert_eq!(name, format!("IONOS_CR_REGISTRY_USERNAME<<{end}"));
    assert_eq!(user, username);
    assert_eq!(
        password_name,
        format!("IONOS_CR_REGISTRY_PASSWORD<<{password_end}")
    );
    assert_eq!(password, secret);
    assert_ne!(end, password_end);
}

#[test]
fn secret_cannot_inject_github_variables() {
    let setup = Setup::new();
    let file = setup.home.file("github_env", "");
    let helper = setup.home.helper_for(&setup.api).env("GITHUB_ENV", &file);
    let secret = "first\nPATH=/tmp/evil\n100%";
    helper.store(DEMO_HOST, "person", secret).says("");
    let done = helper.run(&["env", "--github", DEMO_HOST], "");
    assert_eq!(done.stdout, "::add-mask::first%0APATH=/tmp/evil%0A100%25\n");
    let written = setup.recorded("github_env");
    let (_, password) = written.split_once("PASSWORD<<").unwrap();
    let (end, rest) = password.split_once('\n').unwrap();
    assert_eq!(rest, format!("{secret}\n{end}\n"));
}

#[test]
fn github_variables_begin_on_a_line_of_their_own() {
    let setup = Setup::new();
    for before in ["BEFORE=1", "BEFORE=1\n", ""] {
        let file = setup.home.file("github_env", before);
        let helper = setup.home.helper_for(&setup.api).env("GITHUB_ENV", &file);
        let _ = helper.run(&["env", "--github", DEMO_HOST], "");
        let written = setup.recorded("github_env");
        let (kept, _) = written.split_once("IONOS_CR_REGISTRY_USERNAME<<").unwrap();
        assert_eq!(kept.trim_end(), before.trim_end());
        assert_eq!(kept.lines().count(), before.lines().count());
        assert!(kept.is_empty() || kept.ends_with('\n'), "{kept}");
    }
}

#[test]
fn github_option_outside_a_job_mints_nothing() {
    let setup = Setup::new();
    let done = setup.run(&["env", "--github", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: GITHUB_ENV is not set, so this is not a step of GitHub Actions\nhint: leave --github out\n"
    );
    assert_eq!(setup.api.requests().len(), 0);
}

#[test]
fn github_env_that_is_no_regular_file_is_refused_at_once() {
    let setup = Setup::new();
    let target = setup.home.file("target", "");
    let (link, fifo) = (
        setup.home.path().join("link"),
        setup.home.path().join("fifo"),
    );
    symlink(&target, &link);
    mkfifo(&fifo);
    for (path, why) in [
        (link.clone(), "it is a link"),
        (fifo.clone(), "not a regular file"),
        (setup.home.path().to_owned(), "Is a directory"),
    ] {
        attack(|| {
            let helper = setup.home.helper_for(&setup.api);
            let helper = helper.env("GITHUB_ENV", path.to_str().unwrap());
            let done = helper.run(&["env", "--github", DEMO_HOST], "");
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
            assert_eq!(
                done.stderr,
                format!(
                    "error: cannot write {}, which GITHUB_ENV names: {why}\nhint: check that the runner sets it\n",
                    path.display()
                )
            );
        });
    }
    assert_eq!(setup.recorded("target"), "");
    // A missing file is created with mode 0600.
    let new = setup.home.path().join("new");
    let helper = setup.home.helper_for(&setup.api);
    let helper = helper.env("GITHUB_ENV", new.to_str().unwrap());
    let script = format!("umask 0; exec {BIN} env --github {DEMO_HOST}");
    let done = helper
        .program(Path::new("/bin/sh"))
        .run(&["-c", &script], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(mode(&new), 0o600);
}

#[test]
fn quotes_of_powershell_are_doubled() {
    let setup = Setup::new();
    let helper = setup.home.helper_for(&setup.api);
    let secret = "a'b\u{2018}c\u{2019}d\u{201a}e\u{201b}f$g`h\"i\u{201c}";
    helper.store(DEMO_HOST, "person", secret).says("");
    attack(|| {
        helper.run(&["env", "--shell", "powershell", DEMO_HOST], "").says(
            "$Env:IONOS_CR_REGISTRY_USERNAME = 'person'\n$Env:IONOS_CR_REGISTRY_PASSWORD = 'a''b\u{2018}\u{2018}c\u{2019}\u{2019}d\u{201a}\u{201a}e\u{201b}\u{201b}f$g`h\"i\u{201c}'\n",
        );
    });
}
