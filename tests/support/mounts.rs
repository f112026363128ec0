//! Runs the program in a private mount namespace.

use std::path::Path;
use std::process::{Command, Stdio};

use super::helper::{Done, Helper};
use super::{platform, skip};

/// Runs a shell script as root of a new mount namespace. Returns `None` and reports a skip if that
/// is not allowed here.
pub fn run(helper: Helper, script: &str, stdin: impl AsRef<[u8]>) -> Option<Done> {
    let unshare = Path::new("/usr/bin/unshare");
    let start = [
        if platform::is_root() { "-m" } else { "-rm" },
        "/bin/sh",
        "-c",
    ];
    let works = Command::new(unshare)
        .args(start)
        .arg("mount -t tmpfs none /mnt")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !works {
        skip::skip_or_fail("private mounts", "unshare or mount is not allowed here");
        return None;
    }
    let helper = helper
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .program(unshare);
    Some(helper.run(&[&start[..], &[script]].concat(), stdin))
}
