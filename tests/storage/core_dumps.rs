//! A killed program leaves no core dump.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{BIN, Home};
use crate::support::skip;
use crate::support::tally::attack;

#[test]
fn killed_program_leaves_no_core_dump() {
    let prlimit = Path::new("/usr/bin/prlimit");
    if !prlimit.exists() {
        return skip::skip_or_fail("core dumps", "there is no prlimit");
    }
    for signal in [Signal::QUIT, Signal::ABORT] {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            fake.fault(Fault::hang().always());
            // Longer than a machine may be paused.
            let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "60s");
            let helper = helper.program(prlimit);
            let mut child = helper
                // The parent of the tests may have made them ignore signals.
                .command(&[
                    "--core=unlimited",
                    "/usr/bin/env",
                    "--default-signal",
                    BIN,
                    "get",
                    DEMO_HOST,
                ])
                .current_dir(home.path())
                .stdin(Stdio::null())
                .spawn()
                .unwrap();
            while fake.requests().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
            kill_process(pid, signal).unwrap();
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()));
            assert!(!status.core_dumped(), "{status:?}");
            assert!(home.files().iter().all(|file| !file.contains("core")));
        });
    }
}
