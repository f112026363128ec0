//! What another user of the machine can do to the files of this program: nothing.

use std::fs;
use std::path::Path;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Home, walk, write_private};
use crate::support::users::{Machine, NEIGHBOUR, ROOT, VICTIM, attack, run_as};

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
