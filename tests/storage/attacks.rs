//! Attacks of other users of the machine on the program's files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Home, walk, write_private};
use crate::support::platform::fifo;
use crate::support::tally::attack;
use crate::support::users::{Machine, NEIGHBOUR, ROOT, VICTIM, run_as};

/// Files of a user's `~/.ssh`, some with names like ours.
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
    // The group root has no other member, as on a system where each user has a group.
    let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
    attack(|| {
        // The group daemon has the user daemon as a member.
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
    // Another user may read the file.
    assert!(acl(&format!("u:{NEIGHBOUR}:r")));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let _ = run_as(ROOT, &helper, &["get"], DEMO_HOST).credential();
}

/// Special files, and links to them, in the victim's home.
#[test]
fn file_that_is_no_regular_file_is_refused_at_once() {
    let fake = FakeIonos::start();
    for (path, account) in [
        (".config/docker-credential-ionos/config.json", "IONOS_TOKEN"),
        ("token", ""),
        (".ionos/config", ""),
    ] {
        for kind in [
            "pipe",
            "socket",
            "/dev/zero",
            "/dev/fd/0",
            "directory",
            "itself",
        ] {
            attack(|| {
                let home = Home::new();
                let at = home.at(path);
                fs::DirBuilder::new()
                    .recursive(true)
                    .create(at.parent().unwrap())
                    .unwrap();
                match kind {
                    "pipe" => fifo(&at),
                    "socket" => drop(std::os::unix::net::UnixListener::bind(&at).unwrap()),
                    "directory" => fs::DirBuilder::new().create(&at).unwrap(),
                    "itself" => std::os::unix::fs::symlink(&at, &at).unwrap(),
                    target => std::os::unix::fs::symlink(target, &at).unwrap(),
                }
                let mut helper = home.helper_for(&fake);
                if account.is_empty() {
                    helper = helper.without("IONOS_TOKEN");
                }
                if path == "token" {
                    helper = helper.env("IONOS_TOKEN_FILE", at.to_str().unwrap());
                }
                let done = helper.run(&["get", DEMO_HOST], "{}");
                let line = done.failure();
                let wanted = format!("cannot read {}: ", at.display());
                assert!(line.contains(&wanted), "{kind}: {line}");
            });
        }
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn neighbour_that_swaps_links_wins_no_race() {
    let Some(machine) = Machine::new("a race") else {
        return;
    };
    let fake = FakeIonos::start();
    let (tmp, ran) = (machine.path().join("tmp"), machine.path().join("ran"));
    machine.dir(&tmp, ROOT, 0o1777);
    let witness = ran.join("witness");
    machine.dir(&ran, ROOT, 0o777);
    let script = format!("touch {}; exit 1", witness.display());
    let bad = json!({"defaults": {"tokenCommand": ["/bin/sh", "-c", script]}}).to_string();
    machine.file(&tmp.join("bad/config.json"), NEIGHBOUR, 0o644, &bad);
    machine.dir(&tmp.join("bad"), NEIGHBOUR, 0o755);
    let good = machine.home(VICTIM).join("good");
    machine.file(&good.join("config.json"), VICTIM, 0o600, "{}");
    // The victim follows a link that the neighbour keeps changing.
    let (way, next) = (tmp.join("way"), tmp.join("next"));
    let config = way.join("config.json");
    let helper = machine
        .helper(VICTIM, &fake)
        .without("IONOS_TOKEN")
        .env("IONOS_CR_CONFIG", config.to_str().unwrap());
    std::thread::scope(|scope| {
        let victim = scope.spawn(|| {
            for _ in 0..100 {
                attack(|| {
                    let done = run_as(VICTIM, &helper, &["get"], DEMO_HOST);
                    assert_eq!(done.code, Some(1), "{done:?}");
                });
            }
        });
        while !victim.is_finished() {
            for target in [&good, &tmp.join("bad")] {
                machine.link(target, &next, NEIGHBOUR);
                fs::rename(&next, &way).unwrap();
            }
        }
    });
    assert!(!witness.exists());
}
