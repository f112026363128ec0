//! What another user of the machine can do to the files of this program: nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Home, walk, write_private};
use crate::support::tally::attack;
use crate::support::users::{Machine, NEIGHBOUR, ROOT, STRANGER, VICTIM, program, run_as};

/// Files as they lie in somebody's `~/.ssh`, some with names like ours.
const PRECIOUS: [&str; 5] = [
    "id_ed25519",
    "known_hosts",
    "config",
    "notes.json",
    "x.registry",
];

fn precious(dir: &Path) {
    for name in PRECIOUS {
        write_private(&dir.join(name), b"precious");
    }
}

#[track_caller]
fn is_untouched(dir: &Path) {
    let mut names: Vec<_> = walk(dir)
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    let mut wanted = PRECIOUS.to_vec();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
    for name in PRECIOUS {
        assert_eq!(fs::read(dir.join(name)).unwrap(), b"precious");
    }
}

#[test]
fn erase_deletes_nothing_behind_a_link() {
    attack(|| {
        let (fake, home, ssh) = (FakeIonos::start(), Home::new(), Home::new());
        precious(ssh.path());
        write_private(&home.cache().join("x"), b"");
        std::os::unix::fs::symlink(ssh.path(), home.cache().join(DEMO_HOST)).unwrap();
        home.helper_for(&fake).erase(DEMO_HOST).says("");
        is_untouched(ssh.path());
    });
}

#[test]
fn erase_deletes_only_files_with_our_names() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    let dir = home.cache().join(DEMO_HOST);
    precious(&dir);
    helper.erase(DEMO_HOST).says("");
    helper.list().says("{}\n");
    for path in walk(&dir) {
        let is_lock = path.extension().is_some_and(|it| it == "lock");
        if is_lock {
            fs::remove_file(path).unwrap();
        }
    }
    is_untouched(&dir);
}

#[test]
fn root_with_the_home_of_another_user_deletes_nothing() {
    let Some(machine) = Machine::new("a home kept by sudo") else {
        return;
    };
    attack(|| {
        let fake = FakeIonos::start();
        let (home, root) = (machine.home(NEIGHBOUR), machine.home(ROOT));
        precious(&root.join(".ssh"));
        let cache = home.join(".cache/docker-credential-ionos");
        machine.file(&cache.join("x"), NEIGHBOUR, 0o600, "");
        machine.link(&root.join(".ssh"), &cache.join(DEMO_HOST), NEIGHBOUR);
        let helper = machine.helper(NEIGHBOUR, &fake);
        let helper = helper.env("SUDO_UID", &NEIGHBOUR.to_string());
        run_as(ROOT, &helper, &["erase"], DEMO_HOST).says("");
        is_untouched(&root.join(".ssh"));
    });
}

#[test]
fn cache_in_a_directory_that_others_can_write_is_not_used() {
    let Some(machine) = Machine::new("a cache that others can write") else {
        return;
    };
    attack(|| {
        let fake = FakeIonos::start();
        let shared = machine.path().join("shared");
        machine.dir(&shared, ROOT, 0o777);
        let cache = shared.join("cache");
        machine.dir(&cache, VICTIM, 0o700);
        let helper = machine
            .helper(VICTIM, &fake)
            .env("IONOS_CR_CACHE_DIR", cache.to_str().unwrap());
        let first = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        let second = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        assert_ne!(first.secret, second.secret);
        assert_eq!(walk(&cache).len(), 0);
        // The same below a sticky directory, as /tmp is one.
        machine.dir(&shared, ROOT, 0o1777);
        let first = run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential();
        assert_eq!(
            run_as(VICTIM, &helper, &["get"], DEMO_HOST).credential(),
            first
        );
    });
}

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
            VICTIM,
            &own,
            0o600,
            "{home} belongs to uid 64001",
            "chown root",
        ),
    ] {
        attack(|| {
            machine.file(path, owner, mode, &running(&witness));
            let helper = machine
                .helper(VICTIM, &fake)
                .without("IONOS_TOKEN")
                .env("IONOS_CR_CONFIG", path.to_str().unwrap());
            let home = machine.home(VICTIM).display().to_string();
            let at = if why.starts_with('{') {
                home.clone()
            } else {
                path.display().to_string()
            };
            let why = why.replace("{home}", &home);
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
    // The file itself is the victim's in each case.
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
    for (path, at, why) in [
        (
            tmp.join("link"),
            tmp.join("link"),
            "it belongs to uid 64002",
        ),
        (
            tmp.join("dir/config.json"),
            tmp.join("dir"),
            "{at} belongs to uid 64002",
        ),
        (
            open.join("config.json"),
            open.clone(),
            "others can write {at} (owner uid 64001)",
        ),
        (
            machine.home(VICTIM).join("link"),
            open.clone(),
            "others can write {at} (owner uid 64001)",
        ),
    ] {
        attack(|| {
            let helper = machine
                .helper(VICTIM, &fake)
                .without("IONOS_TOKEN")
                .env("IONOS_CR_CONFIG", path.to_str().unwrap());
            let done = run_as(VICTIM, &helper, &["get"], DEMO_HOST);
            let why = why.replace("{at}", at.to_str().unwrap());
            let wanted = format!(
                ": cannot use {}: {why}; check it, then run \"",
                path.display()
            );
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
        (ROOT, VICTIM, 0o600),
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
    // Nothing of root's is left in the home.
    assert_eq!(walk(&home).len(), before);
    attack(|| {
        let witness = machine.path().join("ran");
        machine.file(&config, VICTIM, 0o600, &running(&witness));
        run_as(ROOT, &helper, &["get"], DEMO_HOST).fails(&format!(
            "no credential for {DEMO_HOST}: tokenCommand /bin/sh of the defaults in {} was not run: uid 64001 can change the file, and this is root; run this without sudo, or give the file and its directories to root",
            config.display()
        ));
        assert!(!witness.exists());
    });
    // Without HOME kept, sudo uses root's files.
    let root = machine
        .helper(ROOT, &fake)
        .env("SUDO_UID", &VICTIM.to_string());
    let first = run_as(ROOT, &root, &["get"], DEMO_HOST).credential();
    assert_eq!(run_as(ROOT, &root, &["get"], DEMO_HOST).credential(), first);
}

#[test]
fn home_of_root_works_for_any_user_of_a_container() {
    let Some(machine) = Machine::new("a container with a random user") else {
        return;
    };
    let fake = FakeIonos::start();
    let home = machine.home(ROOT);
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
    let config = home.join(".config/docker-credential-ionos/config.json");
    machine.file(
        &config,
        ROOT,
        0o644,
        r#"{"defaults": {"actions": ["pull"]}}"#,
    );
    for dir in config.ancestors().skip(1).take_while(|it| *it != home) {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = walk(&home).len();
    let helper = machine.helper(ROOT, &fake);
    let _ = run_as(STRANGER, &helper, &["get"], DEMO_HOST).credential();
    assert_eq!(fake.tokens()[0].scopes[0]["actions"], json!(["pull"]));
    assert_eq!(walk(&home).len(), before);
}

#[test]
fn group_of_one_user_may_write_and_a_group_with_others_may_not() {
    let Some(machine) = Machine::new("groups") else {
        return;
    };
    let fake = FakeIonos::start();
    let config = machine
        .home(ROOT)
        .join(".config/docker-credential-ionos/config.json");
    machine.file(
        &config,
        ROOT,
        0o664,
        r#"{"defaults": {"actions": ["pull"]}}"#,
    );
    let helper = machine.helper(ROOT, &fake);
    // Nobody but root is in the group root, as on a system where each user has a group.
    let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
    attack(|| {
        // In the group daemon is the user daemon.
        std::os::unix::fs::chown(&config, None, Some(1)).unwrap();
        let done = run_as(ROOT, &helper, &["get"], DEMO_HOST);
        assert!(done.failure().contains("others can write it"), "{done:?}");
    });
    let acl = |list: &str| {
        let mut setfacl = std::process::Command::new("setfacl");
        setfacl
            .args(["-m", list])
            .arg(&config)
            .status()
            .is_ok_and(|it| it.success())
    };
    std::os::unix::fs::chown(&config, None, Some(0)).unwrap();
    if !acl(&format!("u:{NEIGHBOUR}:rw")) {
        return crate::support::skip::skip_or_fail("access control lists", "setfacl failed");
    }
    attack(|| {
        let done = run_as(ROOT, &helper, &["get"], DEMO_HOST);
        assert!(done.failure().contains("others can write it"), "{done:?}");
    });
    // A list that lets somebody read is no danger to what is obeyed.
    assert!(acl(&format!("u:{NEIGHBOUR}:r")));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
}

#[test]
fn user_namespace_without_root_still_caches() {
    let Some(machine) = Machine::new("a user namespace, as of a rootless podman") else {
        return;
    };
    let fake = FakeIonos::start();
    let helper = machine.helper(VICTIM, &fake);
    let script = format!("exec {} get {DEMO_HOST}", program());
    let in_namespace = || {
        let user = VICTIM.to_string();
        let args = [
            "--reuid",
            &user,
            "--regid",
            &user,
            "--clear-groups",
            "/usr/bin/unshare",
            "-r",
            "/bin/sh",
            "-c",
            &script,
        ];
        helper
            .clone()
            .program(Path::new("/usr/bin/setpriv"))
            .run(&args, "")
    };
    let first = in_namespace();
    if first.stderr.contains("unshare failed") {
        return crate::support::skip::skip_or_fail("a user namespace", &first.stderr);
    }
    assert_eq!(in_namespace().credential(), first.credential());
    assert_eq!(fake.count("POST", "/tokens"), 1);
    assert_eq!(
        run_as(VICTIM, &helper, &["get", DEMO_HOST], "").credential(),
        first.credential()
    );
}
