//! Stops the program at a chosen system call.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::helper::{Done, Helper, Started};
use super::skip;

const STRACE: &str = "/usr/bin/strace";
/// System calls that change a file or send a request.
const WRITES: &str = "openat,mkdir,mkdirat,write,pwrite64,writev,fsync,fdatasync,ftruncate,fchmod,rename,renameat,renameat2,link,linkat,unlink,unlinkat,sendto,sendmsg";

/// The name of a system call, and its number among the calls with this name.
pub type Write = (String, usize);

/// Whether strace is installed. Reports a skip if not.
pub fn is_installed() -> bool {
    let is_installed = Path::new(STRACE).exists();
    if !is_installed {
        skip::skip_or_fail("signals at writes", "strace is not installed");
    }
    is_installed
}

/// Runs a `get` and returns the system calls that changed a file or sent a request.
pub fn writes(helper: &Helper, server_url: &str) -> Vec<Write> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_str().unwrap();
    let options = ["-o", path, "-e", &format!("trace={WRITES}")];
    let done: Done = trace(helper, &options, &["get"], server_url).finish();
    let _ = done.credential();
    let mut numbers = BTreeMap::new();
    let mut writes = Vec::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let Some((start, arguments)) = line.split_once('(') else {
            continue;
        };
        let name = start.split_whitespace().last().unwrap().to_owned();
        let number: &mut usize = numbers.entry(name.clone()).or_default();
        *number += 1;
        if name != "openat" || arguments.contains("O_CREAT") {
            writes.push((name, *number));
        }
    }
    writes
}

/// A file that replaced another one, or that is new.
pub struct Renamed {
    pub to: String,
    /// Whether it was synced before. After a power cut it can be empty otherwise.
    pub is_synced: bool,
}

/// Runs the program and returns what it renamed.
pub fn renames(helper: &Helper, args: &[&str], stdin: &str) -> Vec<Renamed> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_str().unwrap();
    let calls = "trace=fsync,fdatasync,rename,renameat,renameat2";
    let options = ["-y", "-s", "4096", "-o", path, "-e", calls];
    let _ = trace(helper, &options, args, stdin).finish();
    let (mut synced, mut renamed) = (Vec::new(), Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        if let Some((_, call)) = line.split_once("sync(") {
            let file = call.split(['<', '>']).nth(1).unwrap();
            synced.push(file.to_owned());
        } else if line.contains("rename") {
            let mut names = line.split('"').skip(1).step_by(2);
            let (from, to) = (names.next().unwrap(), names.next().unwrap());
            renamed.push(Renamed {
                to: to.to_owned(),
                is_synced: synced.iter().any(|it| it == from),
            });
        }
    }
    renamed
}

/// Starts the program and sends it a signal at the start of a system call.
pub fn interrupt(
    helper: &Helper,
    args: &[&str],
    stdin: &str,
    (name, number): (&str, usize),
    signal: Signal,
) -> Started {
    let signal = if signal == Signal::KILL {
        "KILL"
    } else {
        "TERM"
    };
    let trace_name = format!("trace={name}");
    let inject = format!("inject={name}:signal=SIG{signal}:when={number}");
    let options = ["-o", "/dev/null", "-e", &trace_name, "-e", &inject];
    trace(helper, &options, args, stdin)
}

fn trace(helper: &Helper, options: &[&str], args: &[&str], stdin: &str) -> Started {
    let program = helper.path().to_str().unwrap();
    let args = [&["-f", "-qq"], options, &[program], args].concat();
    let strace = helper.clone().program(Path::new(STRACE));
    strace.start(&args, stdin)
}
