//! Access control lists, extended attributes and odd modes of the files that are changed.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::platform::{mode, owner, set_mode};
use crate::support::skip;
use crate::support::tally::attack;
use crate::support::users::{Machine, NEIGHBOUR, ROOT, STRANGER, VICTIM, run_as};

/// Returns `None` and reports a skip without the tool or on a file system that refuses the change.
fn tool(program: &str, args: &[&str], path: &Path) -> Option<String> {
    match Command::new(program).args(args).arg(path).output() {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        other => {
            skip::skip_or_fail(program, &format!("{other:?}"));
            None
        }
    }
}

fn acl(path: &Path) -> String {
    tool(
        "getfacl",
        &["--omit-header", "--numeric", "--absolute-names"],
        path,
    )
    .unwrap()
}

/// A user with a file of Docker or podman, and the arguments that change it.
fn cases(machine: &Machine) -> [(std::path::PathBuf, Vec<&'static str>); 2] {
    let home = machine.home(VICTIM);
    let docker = home.join(".docker/config.json");
    let podman = home.join(".config/containers/auth.json");
    for path in [&docker, &podman] {
        machine.file(path, VICTIM, 0o600, "{}");
    }
    [
        (docker, vec!["configure-docker", DEMO_HOST]),
        (podman, vec!["configure-docker", "--podman", DEMO_HOST]),
    ]
}

#[track_caller]
fn is_changed(path: &Path) {
    assert!(fs::read_to_string(path).unwrap().contains("\"ionos\""));
}

#[test]
fn access_control_list_and_attributes_are_kept() {
    let Some(machine) = Machine::new("access control lists") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        let list = format!("u:{NEIGHBOUR}:r,g:{STRANGER}:r,m::r");
        if tool("setfacl", &["-m", &list], &path).is_none()
            || tool("setfattr", &["-n", "user.note", "-v", "mine"], &path).is_none()
        {
            return;
        }
        // With an access control list, the group bits are its mask; without one they would be the group's rights.
        assert_eq!(mode(&path), 0o640);
        let before = acl(&path);
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            is_changed(&path);
            assert_eq!((acl(&path), mode(&path)), (before, 0o640));
            assert_eq!(owner(&path), (VICTIM, VICTIM));
            let note = tool(
                "getfattr",
                &["--absolute-names", "--only-values", "-n", "user.note"],
                &path,
            );
            assert_eq!(note.as_deref(), Some("mine"));
        });
    }
}

#[test]
fn default_list_of_the_directory_gives_no_access() {
    let Some(machine) = Machine::new("access control lists") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        set_mode(&path, 0o640);
        let before = acl(&path);
        let list = format!("d:u:{NEIGHBOUR}:rwx");
        if tool("setfacl", &["-m", &list], path.parent().unwrap()).is_none() {
            return;
        }
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            is_changed(&path);
            assert_eq!((acl(&path), mode(&path)), (before, 0o640));
        });
        // The same for a new file.
        fs::remove_file(&path).unwrap();
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            assert_eq!(mode(&path), 0o600);
            let read = Command::new("setpriv")
                .args(["--reuid", &NEIGHBOUR.to_string(), "--clear-groups", "cat"])
                .arg(&path)
                .output()
                .unwrap();
            assert!(!read.status.success());
        });
    }
}

#[test]
fn group_that_cannot_be_kept_loses_its_rights() {
    let Some(machine) = Machine::new("groups") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        // The user is not in this group, so the new file cannot belong to it.
        std::os::unix::fs::chown(&path, None, Some(STRANGER)).unwrap();
        set_mode(&path, 0o640);
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            is_changed(&path);
            assert_eq!((owner(&path), mode(&path)), ((VICTIM, VICTIM), 0o600));
        });
    }
}

#[test]
fn mode_is_kept_in_directories_of_every_kind() {
    let Some(machine) = Machine::new("directories of every kind") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        let dir = path.parent().unwrap();
        for (dir_mode, file_mode) in [
            (0o700, 0o444),
            (0o700, 0o400),
            (0o755, 0o604),
            (0o2750, 0o640),
            (0o1777, 0o644),
        ] {
            machine.dir(dir, VICTIM, dir_mode);
            machine.file(&path, VICTIM, file_mode, "{}");
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{dir_mode:o}: {done:?}");
            is_changed(&path);
            assert_eq!((owner(&path), mode(&path)), ((VICTIM, VICTIM), file_mode));
            assert_eq!(fs::read_dir(dir).unwrap().count(), 1, "{dir_mode:o}");
        }
    }
}

#[test]
fn hard_link_keeps_the_old_content() {
    let Some(machine) = Machine::new("hard links") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        let other = machine.home(VICTIM).join("other");
        fs::hard_link(&path, &other).unwrap();
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!(done.code, Some(0), "{done:?}");
            is_changed(&path);
            assert_eq!(fs::read_to_string(&other).unwrap(), "{}");
        });
        fs::remove_file(other).unwrap();
    }
}

#[test]
fn immutable_file_is_reported_and_kept() {
    let Some(machine) = Machine::new("immutable files") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        for (set, clear) in [("+i", "-i"), ("+a", "-a")] {
            if tool("chattr", &[set], &path).is_none() {
                return;
            }
            let helper = machine.helper(VICTIM, &fake);
            let done = [VICTIM, ROOT].map(|user| run_as(user, &helper, &args, ""));
            // Before the assertions: an immutable file keeps the temporary directory from being removed.
            let _ = tool("chattr", &[clear], &path);
            for done in done {
                assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
                assert!(done.stderr.starts_with("error: "), "{done:?}");
                assert_eq!(done.stderr.lines().count(), 2, "{done:?}");
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
            assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        }
    }
}

#[test]
fn file_that_others_can_replace_is_not_changed() {
    let Some(machine) = Machine::new("a shared directory") else {
        return;
    };
    let fake = FakeIonos::start();
    for (path, args) in cases(&machine) {
        let dir = path.parent().unwrap();
        set_mode(dir, 0o777);
        attack(|| {
            let done = run_as(VICTIM, &machine.helper(VICTIM, &fake), &args, "");
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
            assert_eq!(
                done.stderr,
                format!(
                    "error: cannot use {}: others can write {dir} (owner uid {VICTIM})\nhint: check it, then run \"chmod go-w {dir}\"\n",
                    path.display(),
                    dir = dir.display()
                )
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
        });
    }
}

#[test]
fn root_changes_no_file_of_root_behind_a_link_of_the_invoking_user() {
    let Some(machine) = Machine::new("sudo") else {
        return;
    };
    let fake = FakeIonos::start();
    let helper = machine
        .helper(VICTIM, &fake)
        .env("SUDO_UID", &VICTIM.to_string());
    for (path, args) in cases(&machine) {
        // A file of the invoking user is changed and keeps its owner.
        let done = run_as(ROOT, &helper, &args, "");
        assert_eq!(done.code, Some(0), "{done:?}");
        is_changed(&path);
        assert_eq!((owner(&path), mode(&path)), ((VICTIM, VICTIM), 0o600));
        fs::remove_file(&path).unwrap();
        let daemon = machine.home(ROOT).join("daemon.json");
        machine.file(&daemon, ROOT, 0o644, "{}");
        machine.link(&daemon, &path, VICTIM);
        attack(|| {
            let done = run_as(ROOT, &helper, &args, "");
            assert_eq!(done.code, Some(1), "{done:?}");
            assert_eq!(fs::read_to_string(&daemon).unwrap(), "{}");
        });
        fs::remove_file(&path).unwrap();
        // A new file would belong to root, in the home of another user.
        attack(|| {
            let done = run_as(ROOT, &helper, &args, "");
            assert_eq!(done.code, Some(1), "{done:?}");
            assert!(!path.exists());
        });
    }
}
