//! Tokens that cannot be cached or put on record.

#[cfg(target_os = "linux")]
use super::{HOUR, OTHER_HOST};
use super::{fake, names};
#[cfg(unix)]
use crate::support::fake_ionos::FakeIonos;
use crate::support::fake_ionos::{DEMO_HOST, Fault};
use crate::support::helper::{Helper, Home, write_private};
#[cfg(target_os = "linux")]
use crate::support::strace;

#[test]
fn without_a_directory_a_token_that_reached_no_client_is_deleted() {
    let fake = fake();
    let home = Home::new();
    let helper = home.helper_for(&fake).without("HOME");
    // The answer is lost, and the next attempts are refused.
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    let _ = helper.get(DEMO_HOST).failure();
    assert_eq!(names(&fake), [""; 0]);
    // A token that cannot be deleted is named.
    fake.fault(Fault::status(500).after().on("POST", "/tokens"));
    fake.fault(Fault::status(503).on("GET", "/tokens").always());
    let done = helper.get(DEMO_HOST);
    let name = &names(&fake)[0];
    assert!(
        done.failure().contains(&format!(
            "(the token {name} may exist and could not be put on record)"
        )),
        "{done:?}"
    );
}

#[test]
fn status_says_that_nothing_is_cached() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    for (helper, why, hint) in [
        (
            helper.clone().env("IONOS_CR_DISABLE_CACHE", "true"),
            "IONOS_CR_DISABLE_CACHE is set",
            "unset it",
        ),
        (
            helper.without("HOME"),
            "no home directory",
            "set HOME or IONOS_CR_CACHE_DIR",
        ),
    ] {
        let done = helper.run(&["status"], "");
        let warning =
            format!("warning: {why}: nothing is cached, so each get mints a token\nhint: {hint}\n");
        assert!(home.shown(&done.stderr).ends_with(&warning), "{done:?}");
    }
}

#[test]
fn uncached_token_that_reached_no_client_is_deleted() {
    let fake = fake();
    for variables in [("IONOS_CR_DISABLE_CACHE", "true"), ("HOME", "")] {
        let home = Home::new();
        let helper = home.helper_for(&fake).env(variables.0, variables.1);
        let mut get = helper.command(&["get", DEMO_HOST]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let _ = get.stdout(writer).status().unwrap();
        assert_eq!(names(&fake), [""; 0], "{variables:?}");
    }
}

/// Mints a token that is cached and not on record, as 0.1.0 does.
fn mint_unrecorded(home: &Home, helper: &Helper) -> String {
    let name = helper.get(DEMO_HOST).credential().username;
    std::fs::remove_file(home.record(&name)).unwrap();
    name
}

#[test]
fn unrecorded_token_that_a_logout_keeps_is_deleted_by_a_revoking_logout() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let name = mint_unrecorded(&home, &helper);
    let keep = helper.clone().env("IONOS_CR_REVOKE_ON_ERASE", "false");
    keep.erase(DEMO_HOST).says("");
    assert_eq!(names(&fake), [name]);
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn unrecorded_token_is_on_record_before_its_entry_is_swept() {
    use rustix::process::Signal;
    if !strace::is_installed() {
        return;
    }
    let prepare = || {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        let name = mint_unrecorded(&home, &helper);
        // The clock was set back, so the entry is from the future.
        home.age_entry(-20 * HOUR);
        (fake, home, helper, name)
    };
    let (_fake, _home, helper, _) = prepare();
    for (call, number) in strace::writes(&helper, OTHER_HOST) {
        if !call.starts_with("rename") {
            continue;
        }
        let (fake, _home, helper, name) = prepare();
        let write = (call.as_str(), number);
        let get = strace::interrupt(&helper, &["get"], OTHER_HOST, write, Signal::KILL);
        let _ = get.finish();
        helper.erase(DEMO_HOST).says("");
        assert!(!names(&fake).contains(&name), "{write:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn clock_that_was_set_forward_loses_no_unrecorded_token() {
    let Some(clock) = crate::support::clock::Clock::new() else {
        return;
    };
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = mint_unrecorded(&home, &helper);
    let later = clock.shift(helper.clone(), 20 * HOUR);
    let _ = later.get(OTHER_HOST).credential();
    for host in [DEMO_HOST, OTHER_HOST] {
        helper.erase(host).says("");
    }
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

/// Homes in which nothing can be put on record or cached, with the variables for them.
#[cfg(unix)]
fn homes_without_a_place(fake: &FakeIonos) -> Vec<(Home, Helper)> {
    let [without, occupied, no_data] = std::array::from_fn(|_| Home::new());
    // There are files in place of the directories.
    write_private(&occupied.data(), b"");
    write_private(&occupied.cache(), b"");
    write_private(&no_data.data(), b"");
    let helpers = [
        without.helper_for(fake).without("HOME"),
        occupied.helper_for(fake),
        no_data
            .helper_for(fake)
            .env("IONOS_CR_DISABLE_CACHE", "true"),
    ];
    [without, occupied, no_data]
        .into_iter()
        .zip(helpers)
        .collect()
}

#[cfg(unix)]
#[test]
fn signal_without_a_directory_revokes_the_token_of_the_interrupted_mint() {
    use std::time::Duration;

    use rustix::process::Signal;
    let fake = fake();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        for (home, helper) in homes_without_a_place(&fake) {
            fake.fault(
                Fault::delay(Duration::from_secs(1))
                    .after()
                    .on("POST", "/tokens"),
            );
            let running = helper.start(&["get"], DEMO_HOST);
            while fake.tokens().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            running.signal(signal);
            running.finish().fails(&format!(
                "no credential for {DEMO_HOST}: a signal interrupted it, and the new token is revoked (account from IONOS_TOKEN); run it again"
            ));
            assert_eq!(names(&fake), [""; 0], "{signal:?} {:?}", home.files());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_directory_a_full_or_closed_stdout_revokes_the_token_of_every_command() {
    let fake = fake();
    for (_home, helper) in homes_without_a_place(&fake) {
        for args in [
            &["get", DEMO_HOST] as &[&str],
            &["env", DEMO_HOST],
            &["docker-config", DEMO_HOST],
        ] {
            let (reader, closed) = std::io::pipe().unwrap();
            drop(reader);
            let _ = helper.command(args).stdout(closed).output().unwrap();
            assert_eq!(names(&fake), [""; 0], "{args:?} closed");
            let full = std::fs::File::options()
                .write(true)
                .open("/dev/full")
                .unwrap();
            let done = helper.command(args).stdout(full).output().unwrap();
            assert_eq!(done.status.code(), Some(1), "{args:?}");
            assert_eq!(names(&fake), [""; 0], "{args:?} full");
        }
    }
}

#[cfg(unix)]
#[test]
fn ledger_is_beside_the_cache_if_the_data_directory_cannot_be_written() {
    type Break = fn(&std::path::Path);
    let breaks: [Break; 2] = [
        |path| write_private(path, b""),
        |path| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink("/tmp", path).unwrap();
        },
    ];
    for break_ledger in breaks {
        let (fake, home) = (fake(), Home::new());
        let helper = home.helper_for(&fake);
        break_ledger(&home.data().join("ledger"));
        let name = helper.get(DEMO_HOST).credential().username;
        let record = home.cache().join(format!(".ledger/{name}.json"));
        assert!(record.exists(), "{:?}", home.files());
        helper.erase(DEMO_HOST).says("");
        assert_eq!(names(&fake), [""; 0]);
        assert!(!record.exists());
    }
}

#[test]
fn record_beside_the_cache_moves_to_the_data_directory_once_that_can_be_written() {
    let (fake, home) = (fake(), Home::new());
    let helper = home.helper_for(&fake);
    write_private(&home.data(), b"");
    fake.fault(Fault::status(403).on("DELETE", "/tokens"));
    let name = helper.get(DEMO_HOST).credential().username;
    let record = home.cache().join(format!(".ledger/{name}.json"));
    assert!(record.exists(), "{:?}", home.files());
    std::fs::remove_file(home.data()).unwrap();
    helper.erase(DEMO_HOST).says("");
    assert!(!record.exists() && home.record(&name).exists());
    helper.erase(DEMO_HOST).says("");
    assert_eq!((fake.tokens().len(), home.records().len()), (0, 0));
}

#[test]
fn host_called_ledger_does_not_collide_with_the_ledger() {
    let (fake, home) = (fake(), Home::new());
    home.configure(serde_json::json!({"registries": {"ledger": {"registryName": "demo"}}}));
    write_private(&home.data().join("ledger"), b"");
    let helper = home.helper_for(&fake);
    let first = helper.get("ledger").credential();
    assert_eq!(helper.get("ledger").credential(), first);
    let status = helper.run(&["status", "--json"], "").stdout;
    assert!(status.contains("\"unusableRecords\":[]"), "{status}");
    helper.erase("ledger").says("");
    assert_eq!(names(&fake), [""; 0]);
}
