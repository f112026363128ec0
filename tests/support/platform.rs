//! Modes, owners, links and special files. On Windows these functions do nothing or panic, and the tests of
//! these features are ignored.

use std::path::Path;
use std::process::Command;

use super::helper::BIN;

/// Names below a home on Linux, and what they are on this platform. An earlier name wins.
pub const DIRS: &[(&str, &str)] = if cfg!(windows) {
    &[
        (
            ".cache/docker-credential-ionos",
            ".cache/docker-credential-ionos/cache",
        ),
        (
            ".config/docker-credential-ionos/",
            ".config/docker-credential-ionos/config/",
        ),
        (
            ".local/share/docker-credential-ionos",
            ".config/docker-credential-ionos/data",
        ),
    ]
} else if cfg!(target_os = "macos") {
    &[
        (".cache", "Library/Caches"),
        (
            ".config/docker-credential-ionos/config.json",
            "Library/Application Support/docker-credential-ionos/config.json",
        ),
        (".config/ionosctl", "Library/Application Support/ionosctl"),
        (
            ".local/share/docker-credential-ionos",
            "Library/Application Support/docker-credential-ionos",
        ),
    ]
} else {
    &[]
};

#[cfg(unix)]
mod unix {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Stdio;

    use super::{BIN, Command, Path};

    /// The variables that give a user this home.
    pub fn user_variables(home: &Path) -> Vec<(String, String)> {
        variables("HOME", &home.display().to_string())
    }

    /// The variables of this platform that mean what `name` means on Linux.
    pub fn variables(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.into(), value.into())]
    }

    /// The words of a `tokenCommand` that prints this.
    pub fn printing(text: &str) -> Vec<String> {
        ["/bin/echo", text].map(String::from).to_vec()
    }

    /// Makes another name for the program.
    pub fn link_program(link: &Path) {
        symlink(BIN, link);
    }

    pub fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, link).unwrap();
    }

    pub fn set_mode(path: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// The permission bits of a path.
    pub fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    pub fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    pub fn chown(path: impl AsRef<Path>, user: u32, group: Option<u32>) {
        std::os::unix::fs::chown(path, Some(user), group).unwrap();
    }

    /// User and group.
    pub fn owner(path: &Path) -> (u32, u32) {
        let metadata = fs::metadata(path).unwrap();
        (metadata.uid(), metadata.gid())
    }

    /// A number that differs after the file was replaced.
    pub fn file_id(path: &Path) -> u64 {
        fs::metadata(path).unwrap().ino()
    }

    pub fn run_as(command: &mut Command, user: u32) -> &mut Command {
        command.uid(user).gid(user)
    }

    /// A socket: its other end, and what to give to the program.
    pub fn stdin_as_node_makes_it() -> (UnixStream, Stdio) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (ours, OwnedFd::from(theirs).into())
    }

    pub fn fifo(path: &Path) {
        let mkfifo = Command::new("mkfifo")
            .args(["-m", "600"])
            .arg(path)
            .status();
        assert!(mkfifo.unwrap().success());
    }

    pub fn socket(path: &Path) {
        // The path may be longer than the address of a socket.
        let short = tempfile::tempdir().unwrap();
        let socket = short.path().join("socket");
        std::os::unix::net::UnixListener::bind(&socket).unwrap();
        set_mode(&socket, 0o600);
        fs::rename(&socket, path).unwrap();
    }
}

#[cfg(unix)]
pub use unix::*;

#[cfg(not(unix))]
mod other {
    use super::{BIN, Command, Path};

    const ONLY_UNIX: &str = "a test that needs unix";

    /// The variables that give a user this home.
    pub fn user_variables(home: &Path) -> Vec<(String, String)> {
        let mut variables = variables("HOME", &home.display().to_string());
        // Windows opens no socket without SystemRoot.
        let system = std::env::var("SystemRoot").unwrap();
        variables.push(("SystemRoot".into(), system));
        variables
    }

    /// The variables of this platform that mean what `name` means on Linux. The directories below a
    /// home have the names that they have on Linux, so that one test fits both.
    pub fn variables(name: &str, value: &str) -> Vec<(String, String)> {
        let below = |dir: &str| {
            let dir = Path::new(value).join(dir).display().to_string();
            if value.is_empty() { String::new() } else { dir }
        };
        let named = |name: &str, value: String| (name.to_owned(), value);
        match name {
            "HOME" => vec![
                named("USERPROFILE", value.to_owned()),
                named("LOCALAPPDATA", below(".cache")),
                named("APPDATA", below(".config")),
            ],
            "XDG_CACHE_HOME" => vec![named("LOCALAPPDATA", value.to_owned())],
            _ => vec![named(name, value.to_owned())],
        }
    }

    /// The words of a `tokenCommand` that prints this.
    pub fn printing(text: &str) -> Vec<String> {
        ["cmd.exe", "/c", "echo", text].map(String::from).to_vec()
    }

    /// Makes another name for the program.
    pub fn link_program(link: &Path) {
        let link = link.with_extension("exe");
        std::fs::hard_link(BIN, &link)
            .or_else(|_| std::fs::copy(BIN, &link).map(drop))
            .unwrap();
    }

    pub fn symlink(_: impl AsRef<Path>, _: impl AsRef<Path>) {
        unimplemented!("{ONLY_UNIX}");
    }

    pub fn set_mode(_: impl AsRef<Path>, _: u32) {}

    pub fn mode(_: &Path) -> u32 {
        unimplemented!("{ONLY_UNIX}");
    }

    pub fn is_root() -> bool {
        false
    }

    pub fn chown(_: impl AsRef<Path>, _: u32, _: Option<u32>) {
        unimplemented!("{ONLY_UNIX}");
    }

    pub fn owner(_: &Path) -> (u32, u32) {
        unimplemented!("{ONLY_UNIX}");
    }

    /// On Windows only an open file has such a number, so the time of the last change is used.
    pub fn file_id(path: &Path) -> u64 {
        use std::os::windows::fs::MetadataExt as _;
        std::fs::metadata(path).unwrap().last_write_time()
    }

    pub fn run_as(_: &mut Command, _: u32) -> &mut Command {
        unimplemented!("{ONLY_UNIX}");
    }

    /// A pipe: its other end, and what to give to the program.
    pub fn stdin_as_node_makes_it() -> (std::io::PipeWriter, std::process::Stdio) {
        let (theirs, ours) = std::io::pipe().unwrap();
        (ours, theirs.into())
    }

    pub fn fifo(_: &Path) {
        unimplemented!("{ONLY_UNIX}");
    }

    pub fn socket(_: &Path) {
        unimplemented!("{ONLY_UNIX}");
    }
}

#[cfg(not(unix))]
pub use other::*;

/// Checks the permission bits of a path if the platform has them.
#[track_caller]
pub fn assert_mode(path: &Path, wanted: u32) {
    if cfg!(unix) {
        assert_eq!(mode(path), wanted, "{}", path.display());
    }
}
