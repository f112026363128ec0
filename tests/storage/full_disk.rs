//! A disk without space.

use std::fs;

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{BIN, Credential, Home};
use crate::support::mounts;

const TEMPORARY: &str = ".docker-credential-ionos-";

#[test]
fn full_disk_disables_only_the_cache() {
    for (pages, inodes) in [
        (0, 99),
        (1, 99),
        (2, 99),
        (3, 99),
        (9, 1),
        (9, 4),
        (9, 5),
        (9, 6),
        (9, 7),
        (9, 8),
    ] {
        let (fake, home, left) = (FakeIonos::start(), Home::new(), Home::new());
        // Prints the number of temporary and truncated files, and lists the credentials.
        let script = format!(
            "mount -t tmpfs -o size=$((4096 * ({pages} + 1))),nr_inodes={inodes} none \"$HOME\"
            head -c 4096 /dev/zero 2>&- >\"$HOME/fill\"
            {BIN} get {DEMO_HOST} && {BIN} get {DEMO_HOST} && {BIN} list || exit
            find \"$HOME\" -name '{TEMPORARY}*' -o -type f -name '*.*' ! -name '*.lock' -size 0 >\"$LEFT\" 2>&-"
        );
        let report = left.path().join("left");
        let helper = home.helper_for(&fake).env("LEFT", report.to_str().unwrap());
        let Some(done) = mounts::run(helper, &script, "") else {
            return;
        };
        let what = format!("{pages} pages, {inodes} inodes: {done:?}");
        assert_eq!(
            (done.code, done.stderr.as_str(), done.stdout.lines().count()),
            (Some(0), "", 3),
            "{what}"
        );
        let lines: Vec<_> = done.stdout.lines().collect();
        assert_eq!(lines[0] == lines[1], lines[2] != "{}", "{what}");
        // The second process does not delete the token that the first one returned.
        for line in &lines[..2] {
            let credential: Credential = serde_json::from_str(line).unwrap();
            assert!(
                fake.accepts(&credential.username, &credential.secret),
                "{what} {:?}",
                fake.request_lines()
            );
        }
        assert_eq!(fs::read_to_string(report).unwrap(), "", "{what}");
    }
}

#[test]
fn full_disk_keeps_no_lock_of_a_record_that_was_not_written() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let script = format!(
        "mount -t tmpfs -o size=4096 none \"$HOME\"
        head -c 4096 /dev/zero 2>&- >\"$HOME/fill\"
        {BIN} get {DEMO_HOST} >&- && find \"$HOME\" -path '*ledger*' -name '*.lock'"
    );
    let Some(done) = mounts::run(home.helper_for(&fake), &script, "") else {
        return;
    };
    done.says("");
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn full_disk_refuses_a_login_and_keeps_the_old_one() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let login = |secret: &str| {
        format!(
            "echo '{{\"ServerURL\":\"{DEMO_HOST}\",\"Username\":\"jane\",\"Secret\":\"{secret}\"}}' | {BIN} store"
        )
    };
    let script = format!(
        "mount -t tmpfs -o size=65536 none \"$HOME\" && {} || exit
        head -c 65536 /dev/zero 2>&- >\"$HOME/fill\"
        {} 2>&- && exit 9
        find \"$HOME\" -name '{TEMPORARY}*'
        {BIN} get {DEMO_HOST} && echo {DEMO_HOST} | {BIN} erase && exec {BIN} list",
        login("typed"),
        login("again"),
    );
    let Some(done) = mounts::run(home.helper_for(&fake), &script, "") else {
        return;
    };
    let place = home.data().join(format!("logins/{DEMO_HOST}.json"));
    done.says(&format!(
        "docker-credential-ionos: cannot store the login for {DEMO_HOST}: the login is not kept: failed to write {}: No space left on device; give this user a writable home directory\n{{\"ServerURL\":\"{DEMO_HOST}\",\"Username\":\"jane\",\"Secret\":\"typed\"}}\n{{}}\n",
        place.display()
    ));
}

#[test]
fn full_disk_keeps_pending_revocations() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
    let script = format!(
        "mount -t tmpfs -o size=65536 none \"$HOME\" && {BIN} get {DEMO_HOST} >\"$HOME/fill\" || exit
        head -c 65536 /dev/zero 2>&- >\"$HOME/fill\"
        echo {DEMO_HOST} | {BIN} erase && ls \"$HOME/.local/share/docker-credential-ionos/ledger\" | grep dci-"
    );
    let Some(done) = mounts::run(home.helper_for(&fake), &script, "") else {
        return;
    };
    let name = &fake.tokens()[0].name;
    done.says(&format!("{name}.json\n"));
}

#[test]
fn full_disk_keeps_the_mark_for_deletion_of_a_token_that_is_not_cached() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
    let script = format!(
        "mount -t tmpfs -o size=65536 none \"$HOME\" && {BIN} get {DEMO_HOST} >/dev/null || exit
        head -c 65536 /dev/zero 2>&- >\"$HOME/fill\"
        echo {DEMO_HOST} | {BIN} erase && cat \"$HOME\"/.local/share/docker-credential-ionos/ledger/dci-*.json"
    );
    let helper = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
    let Some(done) = mounts::run(helper, &script, "") else {
        return;
    };
    let record: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(record["state"], "revoke");
}
