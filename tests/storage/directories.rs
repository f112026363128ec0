//! Directories: private ones, and ones that cannot be written.

use std::fs;
use std::path::Path;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{BIN, Done, Helper, Home, walk, write_private};
use crate::support::platform::{self, assert_mode, symlink};
use crate::support::{mounts, skip};

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const TEMPORARY: &str = ".docker-credential-ionos-";

fn dir(path: &Path, mode: u32) {
    fs::DirBuilder::new().recursive(true).create(path).unwrap();
    platform::set_mode(path, mode);
}

/// Writes a cache entry, a failure, a stored login and the record of a token to delete, with umask 0.
fn write_everything(fake: &FakeIonos, home: &Home) {
    let careless = |verb: &str, input: &str, helper: Helper| {
        let script = format!("umask 0; exec {BIN} {verb}");
        helper
            .program(Path::new("/bin/sh"))
            .run(&["-c", &script], input)
    };
    let helper = home.helper_for(fake);
    let login = r#"{"ServerURL":"third.cr.ionos.com","Username":"jane","Secret":"typed"}"#;
    let _ = careless("get", DEMO_HOST, helper.clone()).credential();
    careless("store", login, helper.clone()).says("");
    let _ = careless("get", OTHER_HOST, helper.clone()).failure();
    fake.fault(Fault::status(503).on("DELETE", "").always());
    careless("erase", DEMO_HOST, helper.clone()).says("");
    let _ = careless("get", DEMO_HOST, helper).credential();
}

#[test]
fn written_files_are_private() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    write_everything(&fake, &home);
    let mut extensions: Vec<_> = home
        .files()
        .iter()
        .filter_map(|file| Some(file.rsplit_once('.')?.1.to_owned()))
        .collect();
    extensions.sort();
    assert_eq!(
        extensions,
        [
            "failure", "json", "json", "json", "json", "json", "lock", "lock", "registry"
        ]
    );
    for path in walk(home.path()) {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_mode(&path, wanted);
    }
}

#[cfg(unix)]
#[test]
fn new_directories_can_be_entered_whatever_the_umask_is() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake).program(Path::new("/bin/sh"));
    for verb in ["get".to_owned(), format!("configure-docker {DEMO_HOST}")] {
        let script = format!("umask 177; exec {BIN} {verb}");
        let done = helper.run(&["-c", &script], DEMO_HOST);
        assert_eq!(done.code, Some(0), "{done:?}");
    }
    assert!(home.path().join(".docker").exists());
    for path in walk(home.path()) {
        assert_mode(&path, if path.is_dir() { 0o700 } else { 0o600 });
    }
}

#[test]
fn host_named_like_a_device_of_windows_is_cached_and_stored() {
    for name in ["nul", "con", "com1"] {
        let (fake, home) = (
            FakeIonos::builder()
                .registry(RegistrySpec::new(name))
                .start(),
            Home::new(),
        );
        let (helper, host) = (
            home.helper_for(&fake),
            format!("{name}.cr.de-fra.ionos.com"),
        );
        let minted = helper.get(&host).credential();
        assert_eq!(helper.get(&host).credential(), minted);
        let listed = serde_json::json!({&host: minted.username});
        assert_eq!(helper.list().stdout.trim_end(), listed.to_string());
        helper.store(&host, "jane", "typed").says("");
        assert_eq!(helper.get(&host).credential().username, "jane");
        helper.erase(&host).says("");
        assert_eq!(helper.list().stdout.trim_end(), "{}");
        assert_eq!(fake.tokens().len(), 0);
    }
}

#[test]
fn widened_permissions_are_restored_at_the_next_write() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let places = [
        home.cache().join(DEMO_HOST),
        home.data().join("logins"),
        home.data().join("ledger"),
    ];
    for place in &places {
        dir(place, 0o777);
    }
    write_everything(&fake, &home);
    for place in &places {
        assert_mode(place, 0o700);
    }
}

#[test]
fn configured_cache_directory_is_the_only_one_used() {
    let (fake, home, elsewhere) = (FakeIonos::start(), Home::new(), Home::new());
    let cache = elsewhere.path().join("deep/er");
    let helper = home
        .helper_for(&fake)
        .env("IONOS_CR_CACHE_DIR", cache.to_str().unwrap());
    let credential = helper.get(DEMO_HOST).credential();
    assert_eq!(helper.get(DEMO_HOST).credential(), credential);
    assert!(home.files().iter().all(|file| file.contains("/ledger/")));
    assert_mode(&cache, 0o700);
    assert_mode(&cache.join(DEMO_HOST), 0o700);
}

#[test]
fn other_directories_in_the_cache_directory_are_left_as_they_are() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    // As with IONOS_CR_CACHE_DIR=$HOME.
    let projects = home.path().join("projects");
    dir(&projects, 0o755);
    let helper = home
        .helper_for(&fake)
        .env("IONOS_CR_CACHE_DIR", home.path().to_str().unwrap());
    let _ = helper.get(DEMO_HOST).credential();
    let listed = helper.list().stdout;
    assert!(listed.contains(DEMO_HOST), "{listed}");
    helper.erase(DEMO_HOST).says("");
    assert_mode(&projects, 0o755);
}

#[test]
fn linked_cache_directory_is_used_and_linked_host_directory_is_not() {
    let (fake, home, elsewhere) = (FakeIonos::start(), Home::new(), Home::new());
    dir(home.cache().parent().unwrap(), 0o700);
    symlink(elsewhere.path(), home.cache());
    let helper = home.helper_for(&fake);
    let credential = helper.get(DEMO_HOST).credential();
    assert_eq!(helper.get(DEMO_HOST).credential(), credential);
    assert_eq!(elsewhere.files().len(), 3);
    // Another user who can create a symlink there could read what is written through it.
    fake.add_registry(RegistrySpec::new("other"));
    let trap = Home::new();
    symlink(trap.path(), elsewhere.path().join(OTHER_HOST));
    let first = helper.get(OTHER_HOST).credential();
    assert_ne!(helper.get(OTHER_HOST).credential(), first);
    assert_eq!(trap.files(), [""; 0]);
}

#[test]
fn file_in_place_of_a_directory_is_kept_and_nothing_is_cached() {
    let host = format!(".cache/docker-credential-ionos/{DEMO_HOST}");
    for place in [".cache", ".cache/docker-credential-ionos", &host] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        home.file(place, "mine");
        caches_nothing(&fake, &home.helper_for(&fake));
        let mut files = home.files();
        files.retain(|file| !file.contains("/ledger/"));
        assert_eq!(files, [place]);
    }
    let data = ".local/share/docker-credential-ionos";
    for place in [data, &format!("{data}/logins")] {
        let home = Home::new();
        home.file(place, "mine");
        cannot_store(&home.helper());
        assert_eq!(home.files(), [place]);
    }
}

#[test]
fn invalid_home_caches_nothing() {
    let fake = FakeIonos::start();
    for home in ["/dev/null", "/proc", "/dev/null/sub", "relative", "."] {
        let helper = Home::new().helper_for(&fake).env("HOME", home);
        caches_nothing(&fake, &helper);
        cannot_store(&helper);
    }
    assert!(!Path::new("relative").exists() && !Path::new(".cache").exists());
}

#[test]
fn home_of_another_user_caches_nothing() {
    // A container with an arbitrary user id and HOME=/root.
    const NOBODY: u32 = 65534;
    if !platform::is_root() {
        return skip::skip_or_fail(
            "a home of another user",
            "only root can become another user",
        );
    }
    let (fake, home) = (FakeIonos::start(), Home::new());
    dir(home.path(), 0o700);
    let run = |helper: Helper| {
        let mut command = helper.command(&["get", DEMO_HOST]);
        let output = platform::run_as(&mut command, NOBODY).output();
        output.map(Done::from)
    };
    let helper = home.helper_for(&fake);
    let Ok(done) = run(helper.clone()) else {
        return skip::skip_or_fail("a home of another user", "that user cannot run the program");
    };
    let _ = done.credential();
    let _ = run(helper.without("HOME")).unwrap().credential();
    assert_eq!(home.files(), [""; 0]);
}

#[track_caller]
fn caches_nothing(fake: &FakeIonos, helper: &Helper) {
    let first = helper.get(DEMO_HOST).credential();
    let second = helper.get(DEMO_HOST).credential();
    assert_ne!(first.secret, second.secret);
    assert!(fake.accepts(&second.username, &second.secret));
    helper.list().says("{}\n");
    helper.erase(DEMO_HOST).says("");
}

#[track_caller]
fn cannot_store(helper: &Helper) {
    let done = helper.store(DEMO_HOST, "jane", "typed");
    let line = done.failure();
    let start = format!("cannot store the login for {DEMO_HOST}: the login is not kept: ");
    assert!(
        line.starts_with(&start) && !line.contains("typed"),
        "{line}"
    );
    assert!(
        line.ends_with("; give this user a writable home directory"),
        "{line}"
    );
}

#[test]
fn read_only_home_serves_cached_credentials_and_stores_nothing() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.add_registry(RegistrySpec::new("other"));
    let cached = home.helper_for(&fake).get(DEMO_HOST).credential();
    let before = home.files();
    for host in [DEMO_HOST, OTHER_HOST] {
        let script = format!(
            "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\" && ! touch \"$HOME/x\" 2>&- && exec {BIN} get {host}"
        );
        let Some(done) = mounts::run(home.helper_for(&fake), &script, "") else {
            return;
        };
        assert_eq!(done.credential().secret == cached.secret, host == DEMO_HOST);
        assert_eq!(home.files(), before);
    }
    let script = format!(
        "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\" && echo {DEMO_HOST} | {BIN} erase && exec {BIN} list"
    );
    let list = format!("{{\"{DEMO_HOST}\":\"{}\"}}\n", cached.username);
    mounts::run(home.helper_for(&fake), &script, "")
        .unwrap()
        .says(&list);
}

#[test]
fn stale_temporary_files_are_swept_at_the_next_write() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let dirs = [
        home.cache().join("a.cr.ionos.com"),
        home.cache().join(OTHER_HOST),
        home.data().join("logins"),
        home.data().join("ledger"),
    ];
    for dir in &dirs {
        write_private(&dir.join(format!("{TEMPORARY}left")), b"half");
        write_private(&dir.join(format!("{TEMPORARY}held")), b"half");
        write_private(&dir.join(".tmpAbC"), b"another program's");
        platform::set_mode(dir, 0o700);
    }
    // A running process holds these files open.
    let held = dirs
        .each_ref()
        .map(|dir| fs::File::open(dir.join(format!("{TEMPORARY}held"))).unwrap());
    for file in &held {
        file.try_lock().unwrap();
    }
    write_everything(&fake, &home);
    for dir in &dirs {
        assert!(
            !dir.join(format!("{TEMPORARY}left")).exists(),
            "{}",
            dir.display()
        );
        assert!(
            dir.join(format!("{TEMPORARY}held")).exists(),
            "{}",
            dir.display()
        );
        assert!(dir.join(".tmpAbC").exists(), "{}", dir.display());
    }
}

#[test]
fn expired_entries_are_swept_at_the_next_write() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.add_registry(RegistrySpec::new("other"));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    home.age_entry(13 * 3600);
    let _ = home.helper_for(&fake).get(OTHER_HOST).credential();
    let entries = home.entries();
    assert_eq!(entries.len(), 1);
    assert!(entries[0].parent().unwrap().ends_with(OTHER_HOST));
}
