//! Configuration and account files that another user owns or can write.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::walk;
use crate::support::tally::attack;
use crate::support::users::{Machine, NEIGHBOUR, ROOT, STRANGER, VICTIM, run_as};

/// A configuration that makes the program run a command, which leaves `witness` behind.
fn running(witness: &Path) -> String {
    let script = format!("touch {}; echo {ACCOUNT_TOKEN}", witness.display());
    json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}).to_string()
}

#[test]
fn config_of_another_user_is_refused_and_its_command_not_run() {
    let Some(machine) = Machine::new("a config.json of another user") else {
        return;
    };
    let fake = FakeIonos::start();
    let shared = machine.path().join("shared");
    machine.dir(&shared, ROOT, 0o1777);
    let witness = machine.path().join("shared/ran");
    let config = shared.join("config.json");
    let own = machine
        .home(VICTIM)
        .join(".config/docker-credential-ionos/config.json");
    for (user, owner, path, mode, why, hint) in [
        (
            VICTIM,
            NEIGHBOUR,
            &config,
            0o644,
            "it belongs to uid 64002",
            "sudo chown 64001",
        ),
        (
            VICTIM,
            VICTIM,
            &config,
            0o646,
            "others can write it (owner uid 64001)",
            "chmod go-w",
        ),
        (
            VICTIM,
            VICTIM,
            &config,
            0o664,
            "others can write it (owner uid 64001)",
            "chmod go-w",
        ),
        (
            VICTIM,
            ROOT,
            &config,
            0o646,
            "others can write it (owner root (uid 0))",
            "sudo chmod go-w",
        ),
        (
            VICTIM,
            NEIGHBOUR,
            &own,
            0o644,
            "it belongs to uid 64002",
            "sudo chown 64001",
        ),
        (
            ROOT,
            NEIGHBOUR,
            &config,
            0o644,
            "it belongs to uid 64002",
            "chown root",
        ),
        (
            ROOT,
            NEIGHBOUR,
            &own,
            0o600,
            "it belongs to uid 64002",
            "chown root",
        ),
    ] {
        attack(|| {
            machine.file(path, owner, mode, &running(&witness));
            let helper = machine
                .helper(VICTIM, &fake)
                .without("IONOS_TOKEN")
                .env("IONOS_CR_CONFIG", path.to_str().unwrap());
            let at = path.display();
            run_as(user, &helper, &["get"], DEMO_HOST).fails(&format!(
                "no credential for {DEMO_HOST}: cannot use {}: {why}; check it, then run \"{hint} {at}\"",
                path.display()
            ));
            run_as(user, &helper, &["get"], "ghcr.io").is_not_found();
            assert!(!witness.exists());
            fs::remove_file(path).unwrap();
        });
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn config_behind_a_link_or_a_directory_of_another_user_is_refused() {
    let Some(machine) = Machine::new("a link of another user") else {
        return;
    };
    let fake = FakeIonos::start();
    let witness = machine.path().join("ran");
    let (tmp, open) = (machine.path().join("tmp"), machine.path().join("open"));
    machine.dir(&tmp, ROOT, 0o1777);
    machine.dir(&open, VICTIM, 0o777);
    // The file itself always belongs to the victim.
    let real = machine.home(VICTIM).join("config.json");
    machine.file(&real, VICTIM, 0o600, &running(&witness));
    machine.link(&real, &tmp.join("link"), NEIGHBOUR);
    machine.dir(&tmp.join("dir"), NEIGHBOUR, 0o755);
    machine.file(
        &tmp.join("dir/config.json"),
        VICTIM,
        0o600,
        &running(&witness),
    );
    machine.file(&open.join("config.json"), VICTIM, 0o600, &running(&witness));
    machine.link(
        &open.join("config.json"),
        &machine.home(VICTIM).join("link"),
        VICTIM,
    );
    for (path, at, why, hint) in [
        (
            tmp.join("link"),
            tmp.join("link"),
            "it belongs to uid 64002",
            "check it, then run \"sudo chown -h 64001 {at}\"",
        ),
        (
            tmp.join("dir/config.json"),
            tmp.join("dir"),
            "{at} belongs to uid 64002",
            "use a directory of 64001, or run \"sudo chown 64001 {at}\" if it is to be 64001's",
        ),
        (
            open.join("config.json"),
            open.clone(),
            "others can write {at} (owner uid 64001)",
            "check it, then run \"chmod go-w {at}\"",
        ),
        (
            machine.home(VICTIM).join("link"),
            open.clone(),
            "others can write {at} (owner uid 64001)",
            "check it, then run \"chmod go-w {at}\"",
        ),
    ] {
        attack(|| {
            let helper = machine
                .helper(VICTIM, &fake)
                .without("IONOS_TOKEN")
                .env("IONOS_CR_CONFIG", path.to_str().unwrap());
            let done = run_as(VICTIM, &helper, &["get"], DEMO_HOST);
            let wanted = format!(": cannot use {}: {why}; {hint}", path.display());
            let wanted = wanted.replace("{at}", at.to_str().unwrap());
            assert!(done.failure().contains(&wanted), "{done:?}");
            assert!(!witness.exists());
        });
    }
    assert!(fake.requests().is_empty());
    // The victim's own link to the victim's own file works.
    let link = machine.home(VICTIM).join("good");
    machine.link(&real, &link, VICTIM);
    let script = json!({"defaults": {"tokenCommand": ["/bin/echo", ACCOUNT_TOKEN]}});
    machine.file(&real, VICTIM, 0o644, &script.to_string());
    let helper = machine.helper(VICTIM, &fake).without("IONOS_TOKEN");
    let helper = helper.env("IONOS_CR_CONFIG", link.to_str().unwrap());
    let _ = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
}

#[test]
fn account_files_of_another_user_are_refused() {
    let Some(machine) = Machine::new("account files of another user") else {
        return;
    };
    let fake = FakeIonos::start();
    let tmp = machine.path().join("tmp");
    machine.dir(&tmp, ROOT, 0o1777);
    let token = tmp.join("token");
    let yaml = machine.home(VICTIM).join(".ionos/config");
    let content = format!(
        "version: 1.0\ncurrentProfile: u\nprofiles:\n  - name: u\n    environment: prod\n    credentials:\n      token: {ACCOUNT_TOKEN}\nenvironments:\n  - name: prod\n"
    );
    for (user, owner, mode) in [
        (VICTIM, NEIGHBOUR, 0o644),
        (VICTIM, VICTIM, 0o622),
        (ROOT, NEIGHBOUR, 0o600),
        (ROOT, STRANGER, 0o644),
    ] {
        for (path, content) in [(&token, ACCOUNT_TOKEN), (&yaml, &*content)] {
            attack(|| {
                machine.file(path, owner, mode, content);
                let mut helper = machine.helper(VICTIM, &fake).without("IONOS_TOKEN");
                if path == &token {
                    helper = helper.env("IONOS_TOKEN_FILE", path.to_str().unwrap());
                }
                let done = run_as(user, &helper, &["get"], DEMO_HOST);
                let wanted = format!(": cannot use {}: ", path.display());
                assert!(done.failure().contains(&wanted), "{done:?}");
                assert!(!done.stdout.contains(ACCOUNT_TOKEN));
                fs::remove_file(path).unwrap();
            });
        }
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn root_with_sudo_reads_the_files_of_the_invoking_user_and_runs_no_command() {
    let Some(machine) = Machine::new("sudo") else {
        return;
    };
    let fake = FakeIonos::start();
    let home = machine.home(VICTIM);
    let config = home.join(".config/docker-credential-ionos/config.json");
    let token = home.join("token");
    machine.file(&token, VICTIM, 0o600, ACCOUNT_TOKEN);
    let helper = machine
        .helper(VICTIM, &fake)
        .without("IONOS_TOKEN")
        .env("SUDO_UID", &VICTIM.to_string());
    let settings = json!({"defaults": {"tokenFile": token, "actions": ["pull"]}});
    machine.file(&config, VICTIM, 0o600, &settings.to_string());
    let before = walk(&home).len();
    let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
    // The home has no file of root.
    assert_eq!(walk(&home).len(), before);
    attack(|| {
        let witness = machine.path().join("ran");
        machine.file(&config, VICTIM, 0o600, &running(&witness));
        run_as(ROOT, &helper, &["get"], DEMO_HOST).fails(&format!(
            "no credential for {DEMO_HOST}: tokenCommand /bin/sh of the defaults in {} was not run: uid 64001 can change the file, and this is root; run this as that user, or give the file and its directories to root",
            config.display()
        ));
        assert!(!witness.exists());
    });
    // If sudo sets HOME to root's, root's files are used.
    let root = machine
        .helper(ROOT, &fake)
        .env("SUDO_UID", &VICTIM.to_string());
    let first = run_as(ROOT, &root, &["get"], DEMO_HOST).credential();
    assert_eq!(run_as(ROOT, &root, &["get"], DEMO_HOST).credential(), first);
}

/// A container that runs as root with a home from the host, such as GitHub's.
#[test]
fn root_reads_the_files_of_the_owner_of_its_home_and_gives_them_nothing() {
    let Some(machine) = Machine::new("root with the home of another user") else {
        return;
    };
    let (fake, other) = (FakeIonos::start(), FakeIonos::start());
    let home = machine.home(VICTIM);
    let config = home.join(".config/docker-credential-ionos/config.json");
    let yaml = home.join(".ionos/config");
    let helper = machine.helper(VICTIM, &fake);
    let settings = json!({"defaults": {"actions": ["pull"]}}).to_string();
    for owner in [VICTIM, ROOT] {
        machine.file(&config, owner, 0o600, &settings);
        let before = walk(&home).len();
        let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
        assert_eq!(walk(&home).len(), before);
        let scopes = &fake.tokens().pop().unwrap().scopes;
        assert_eq!(scopes[0]["actions"], json!(["pull"]));
    }
    attack(|| {
        let done = run_as(ROOT, &helper, &["configure-docker", DEMO_HOST], "");
        assert_eq!(
            done.stderr,
            format!(
                "error: cannot use {home}/.docker/config.json: {home} belongs to uid 64001\nhint: run this as that user, or use a directory of root\n",
                home = home.display()
            )
        );
    });
    // Files of other users are refused, and under sudo those of everyone but the user who ran it.
    for (owner, helper) in [
        (NEIGHBOUR, helper.clone()),
        (VICTIM, helper.clone().env("SUDO_UID", "64002")),
    ] {
        attack(|| {
            machine.file(&config, owner, 0o600, &settings);
            let done = run_as(ROOT, &helper, &["get"], DEMO_HOST);
            assert!(done.failure().contains(": cannot use "), "{done:?}");
        });
    }
    attack(|| {
        let witness = machine.path().join("ran");
        machine.file(&config, VICTIM, 0o600, &running(&witness));
        let done = run_as(
            ROOT,
            &helper.clone().without("IONOS_TOKEN"),
            &["get"],
            DEMO_HOST,
        );
        let why = "was not run: uid 64001 can change the file, and this is root";
        assert!(done.failure().contains(why), "{done:?}");
        assert!(!witness.exists());
    });
    // Otherwise the user could choose the API that gets root's token.
    let endpoint = format!(
        "environments:\n- name: prod\n  products:\n  - name: containerregistry\n    endpoints:\n    - name: {}\nprofiles:\n- name: u\n  environment: prod\ncurrentProfile: u\n",
        other.url()
    );
    machine.file(&yaml, VICTIM, 0o600, &endpoint);
    let without_url = helper.clone().without("IONOS_API_URL");
    attack(|| {
        machine.file(&config, VICTIM, 0o600, &settings);
        let done = run_as(ROOT, &without_url, &["get"], DEMO_HOST);
        let why = format!(
            ": cannot tell which API to ask: uid 64001 can change the endpoint in {}, and this is root",
            yaml.display()
        );
        assert!(done.failure().contains(&why), "{done:?}");
    });
    let root_token = machine.home(ROOT).join("token");
    machine.file(&root_token, ROOT, 0o600, ACCOUNT_TOKEN);
    let link = home.join("token");
    machine.link(&root_token, &link, VICTIM);
    for path in [&root_token, &link] {
        attack(|| {
            let settings = json!({"defaults": {"tokenFile": path}}).to_string();
            machine.file(&config, VICTIM, 0o600, &settings);
            let helper = without_url.clone().without("IONOS_TOKEN");
            let done = run_as(ROOT, &helper, &["get"], DEMO_HOST);
            assert!(done.failure().contains(" was not read: "), "{done:?}");
        });
    }
    assert!(other.requests().is_empty());
}
