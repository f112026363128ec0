//! What a scenario needs of the machine, and which of it is missing.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where programs are looked for, by the rig and by the clients it starts. The daemons live in
/// the `sbin` directories, which are not on everybody's `PATH`.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What every scenario needs beside the programs of its own.
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

/// The first program of this name, or the one at this path below the package's directory.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(program);
        return path.is_file().then_some(path);
    }
    PATH.split(':')
        .map(|dir| PathBuf::from(dir).join(program))
        .find(|path| path.is_file())
}

/// Those of the rig's and the scenario's programs that are not installed.
pub(crate) fn programs(of_the_scenario: &[&str]) -> Vec<String> {
    let needed = RIG.iter().chain(of_the_scenario);
    needed
        .filter(|program| find(program).is_none())
        .map(ToString::to_string)
        .collect()
}

/// What keeps this process from making its namespaces, if anything: a try tells more than the
/// user id, which is 0 in many a container that may not mount.
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
