//! What a scenario needs from the machine, and what is missing.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Search path of the rig and its clients. The daemons are in `sbin` directories, which are not on
/// every user's `PATH`.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Programs that every scenario needs.
const RIG: &[&str] = &[
    "unshare",
    "mount",
    "ip",
    "sh",
    "timeout",
    "tar",
    "docker-registry",
    "htpasswd",
];

/// The first program with this name, or the one at this path below the package's directory.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(program);
        return path.is_file().then_some(path);
    }
    PATH.split(':')
        .map(|dir| PathBuf::from(dir).join(program))
        .find(|path| path.is_file())
}

/// The programs of the rig and the scenario that are not installed.
pub(crate) fn programs(of_the_scenario: &[&str]) -> Vec<String> {
    let needed = RIG.iter().chain(of_the_scenario);
    needed
        .filter(|program| find(program).is_none())
        .map(ToString::to_string)
        .collect()
}

/// Reasons why this process cannot create namespaces. Tries it, because in many containers user id
/// 0 may not mount.
pub(crate) fn privileges() -> Vec<String> {
    let tried = Command::new("unshare")
        .args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "--"])
        .args(["sh", "-c", "mount -t tmpfs tmpfs /mnt && ip link set lo up"])
        .env("PATH", PATH)
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(tried) if tried.status.success() => Vec::new(),
        Ok(tried) => {
            let why = String::from_utf8_lossy(&tried.stderr)
                .trim()
                .replace('\n', "; ");
            vec![format!("the right to make namespaces (root) ({why})")]
        }
        Err(_) => vec!["the right to make namespaces (root)".to_owned()],
    }
}
