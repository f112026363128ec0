//! A damaged file is a miss for that file only: no crash, and no other file is affected.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::damage::{DAMAGES, Damage, edit};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Done, Helper, Home, write_private};
use crate::support::platform;
use crate::support::skip;

pub(super) const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";

/// Two registries whose credentials are cached.
pub(super) struct Setup {
    pub(super) fake: FakeIonos,
    pub(super) home: Home,
    pub(super) helper: Helper,
}

impl Setup {
    pub(super) fn new() -> Self {
        let (fake, home) = (FakeIonos::start(), Home::new());
        fake.add_registry(RegistrySpec::new("other"));
        let helper = home.helper_for(&fake);
        for host in [OTHER_HOST, DEMO_HOST] {
            let _ = helper.get(host).credential();
        }
        fake.clear_requests();
        Self { fake, home, helper }
    }

    /// The only file of the demo registry with this extension.
    #[track_caller]
    fn file(&self, extension: &str) -> PathBuf {
        let dir = self.home.cache().join(DEMO_HOST);
        let paths = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        paths
            .into_iter()
            .find(|path| path.extension().is_some_and(|it| it == extension))
            .unwrap()
    }

    /// Asserts that the credential of the other registry is still cached.
    #[track_caller]
    pub(super) fn other_registry_is_unaffected(&self, what: &str) {
        let minted = self.fake.count("POST", "");
        let other = self.helper.get(OTHER_HOST).credential();
        assert_eq!(self.fake.count("POST", ""), minted, "{what}");
        assert!(
            self.helper
                .list()
                .stdout
                .contains(&format!("\"{OTHER_HOST}\":\"{}\"", other.username)),
            "{what}"
        );
    }
}

#[test]
fn damaged_entry_is_a_miss_and_affects_no_other() {
    let of_an_entry: [Damage; 12] = [
        (
            "without a secret",
            |path| edit(path, |file| file["secret"] = "".into()),
            true,
        ),
        (
            "without a name",
            |path| edit(path, |file| file["username"] = "".into()),
            true,
        ),
        (
            "with a secret that is not a string",
            |path| edit(path, |file| file["secret"] = json!(["s"])),
            true,
        ),
        (
            "with a date that is text",
            |path| edit(path, |file| file["expiresAt"] = "2030-01-01".into()),
            true,
        ),
        (
            "with a date out of range",
            |path| edit(path, |file| file["issuedAt"] = 1e300.into()),
            true,
        ),
        (
            "that ends before it begins",
            |path| edit(path, |file| file["expiresAt"] = i64::MIN.into()),
            true,
        ),
        (
            "that begins at the end of time",
            |path| edit(path, |file| file["issuedAt"] = i64::MAX.into()),
            true,
        ),
        (
            "of other scopes",
            |path| edit(path, |file| file["scopes"][0]["name"] = "x".into()),
            true,
        ),
        (
            "of another host",
            |path| edit(path, |file| file["host"] = OTHER_HOST.into()),
            true,
        ),
        (
            "of another profile",
            |path| edit(path, |file| file["profile"] = "deploy".into()),
            true,
        ),
        (
            "of another account",
            |path| edit(path, |file| file["account"] = "0".repeat(32).into()),
            true,
        ),
        (
            "another host's",
            |path| {
                let hosts = path.parent().unwrap().parent().unwrap();
                let other = hosts.join(OTHER_HOST).join(path.file_name().unwrap());
                write_private(path, &fs::read(other).unwrap());
            },
            true,
        ),
    ];
    for (what, damage, replaceable) in DAMAGES.iter().copied().chain(of_an_entry) {
        let setup = Setup::new();
        let before = setup.helper.get(DEMO_HOST).credential();
        let entry = setup.file("json");
        damage(&entry);
        let listed = setup.helper.list();
        let foreign = [
            "of other scopes",
            "of another profile",
            "of another account",
            "that ends before it begins",
        ];
        if !foreign.contains(&what) {
            assert!(!listed.stdout.contains(DEMO_HOST), "{what}: {listed:?}");
        }
        setup.other_registry_is_unaffected(what);
        let after = setup.helper.get(DEMO_HOST).credential();
        assert_ne!(after.secret, before.secret, "{what}");
        assert_eq!(setup.fake.count("POST", ""), 1, "{what}");
        assert_eq!(
            setup.helper.get(DEMO_HOST).credential() == after,
            replaceable,
            "{what}"
        );
        if replaceable {
            platform::assert_mode(&entry, 0o600);
        }
        setup.other_registry_is_unaffected(what);
        damage_again_and_erase(&setup, &entry, damage, replaceable);
    }
}

fn damage_again_and_erase(setup: &Setup, entry: &Path, damage: fn(&Path), replaceable: bool) {
    if replaceable {
        damage(entry);
    }
    setup.helper.erase(DEMO_HOST).says("");
    assert!(entry.symlink_metadata().is_err());
    setup.other_registry_is_unaffected("after erase");
}

#[test]
fn file_of_another_user_is_not_used() {
    if !platform::is_root() {
        return skip::skip_or_fail("a file of another user", "only root can chown files");
    }
    let setup = Setup::new();
    let before = setup.helper.get(DEMO_HOST).credential();
    platform::chown(setup.file("json"), 12345, None);
    let after = setup.helper.get(DEMO_HOST).credential();
    assert_ne!(after.secret, before.secret);
    assert_eq!(setup.helper.get(DEMO_HOST).credential(), after);
    setup.other_registry_is_unaffected("");
    // The whole cache belongs to another user (sudo -E): nothing is written into it.
    let (fake, home) = (FakeIonos::start(), Home::new());
    platform::chown(home.path(), 12345, None);
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(home.files(), [""; 0]);
    home.helper().store(DEMO_HOST, "jane", "typed").fails(&format!(
        "cannot store the login for {DEMO_HOST}: the login is not kept: {} belongs to uid 12345; give this user a writable home directory",
        home.path().display()
    ));
}

#[test]
fn damaged_login_is_a_miss_and_affects_no_other() {
    for &(what, damage, replaceable) in DAMAGES {
        let setup = Setup::new();
        for (host, name) in [(DEMO_HOST, "jane"), ("third.cr.ionos.com", "joan")] {
            setup.helper.store(host, name, "typed").says("");
        }
        let login = setup.home.data().join(format!("logins/{DEMO_HOST}.json"));
        damage(&login);
        let minted = setup.helper.get(DEMO_HOST).credential();
        assert_ne!(minted.secret, "typed", "{what}");
        assert!(!setup.helper.list().stdout.contains("jane"), "{what}");
        assert_eq!(
            setup.helper.get("third.cr.ionos.com").credential().username,
            "joan"
        );
        let again = setup.helper.store(DEMO_HOST, "jane", "again");
        assert_eq!(again.code == Some(0), replaceable, "{what}: {again:?}");
        if replaceable {
            assert_eq!(
                setup.helper.get(DEMO_HOST).credential().secret,
                "again",
                "{what}"
            );
            platform::assert_mode(&login, 0o600);
            damage(&login);
        } else {
            assert!(
                again
                    .failure()
                    .ends_with("; give this user a writable home directory")
            );
        }
        setup.helper.erase(DEMO_HOST).says("");
        assert_eq!(login.symlink_metadata().is_ok(), !replaceable, "{what}");
    }
}

#[test]
fn damaged_registry_file_costs_one_lookup() {
    for &(what, damage, replaceable) in DAMAGES {
        costs_one_lookup(what, damage, replaceable);
    }
}

#[test]
fn cached_clock_skew_out_of_range_is_ignored() {
    for skew in [i64::MAX, i64::MIN, 1 << 40] {
        let damage = |path: &Path| edit(path, |file| file["skew"] = skew.into());
        costs_one_lookup(&format!("{skew}"), damage, true);
    }
}

#[test]
fn cached_id_that_is_no_uuid_is_not_requested() {
    for id in [
        "",
        "x",
        "../../x",
        "789f8e3c-d5c8-4359-8f85-c200fb89e97c/../x",
        "a b\r\nc",
    ] {
        let damage = |path: &Path| edit(path, |file| file["registryId"] = id.into());
        costs_one_lookup(id, damage, true);
    }
}

#[track_caller]
fn costs_one_lookup(what: &str, damage: impl Fn(&Path), replaceable: bool) {
    let setup = Setup::new();
    damage(&setup.file("registry"));
    for lookups in [1, usize::from(!replaceable)] {
        edit(&setup.file("json"), |entry| entry["expiresAt"] = 0.into());
        setup.fake.clear_requests();
        let done = setup.helper.get(DEMO_HOST);
        assert_eq!(done.code, Some(0), "{what}: {done:?}");
        let asked = (setup.fake.count("GET", ""), setup.fake.count("POST", ""));
        assert_eq!(asked, (lookups, 1), "{what}");
    }
}

#[test]
fn damaged_failure_file_is_ignored() {
    for &(what, damage, replaceable) in DAMAGES {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        let setup = Setup { fake, home, helper };
        setup.fake.fault(Fault::status(403).always());
        let first = setup.helper.get(DEMO_HOST);
        damage(&setup.file("failure"));
        for requests in [2, if replaceable { 2 } else { 3 }] {
            assert_eq!(setup.helper.get(DEMO_HOST), first, "{what}");
            assert_eq!(setup.fake.requests().len(), requests, "{what}");
        }
        setup.fake.clear_faults();
        let _ = setup
            .helper
            .env("IONOS_CR_TOKEN_TTL", "13h")
            .get(DEMO_HOST)
            .credential();
    }
}

#[test]
fn irregular_lock_file_is_ignored() {
    let damages = DAMAGES.iter().copied().filter(|(what, ..)| {
        what.starts_with("a ") && !what.ends_with("byte") && !what.starts_with("a list")
    });
    for (what, damage, _) in damages {
        let setup = Setup::new();
        let before = setup.helper.get(DEMO_HOST).credential();
        damage(&setup.file("lock"));
        edit(&setup.file("json"), |entry| entry["expiresAt"] = 0.into());
        let done: Done = setup.helper.get(DEMO_HOST);
        assert_ne!(done.credential().secret, before.secret, "{what}");
        assert!(!Path::new("/nowhere").exists());
    }
}
