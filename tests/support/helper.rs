//! Runs the built program as a client does: with a cleared environment, a temporary home and
//! separate streams.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::fake_ionos::{ACCOUNT_TOKEN, FakeIonos};
use super::platform;
pub use super::process::{Credential, Done, Started};

/// The built program.
pub const BIN: &str = {
    const BUILT: &str = env!("CARGO_BIN_EXE_docker-credential-ionos");
    // The test was built on Linux and runs under Wine.
    if cfg!(windows) && BUILT.as_bytes()[0] == b'/' {
        concat!("Z:", env!("CARGO_BIN_EXE_docker-credential-ionos"))
    } else {
        BUILT
    }
};

/// A temporary home directory.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The cache directory.
    pub fn cache(&self) -> PathBuf {
        self.at(".cache/docker-credential-ionos")
    }

    /// The data directory, which holds stored logins and pending revocations.
    pub fn data(&self) -> PathBuf {
        self.at(".local/share/docker-credential-ionos")
    }

    /// All files below the home, relative to it and sorted.
    pub fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = walk(self.path())
            .into_iter()
            .filter(|path| !path.is_dir())
            .map(|path| {
                let relative = path.strip_prefix(self.path()).unwrap();
                as_on_linux(&relative.to_string_lossy())
            })
            .collect();
        files.sort();
        files
    }

    /// The cache entries, which hold minted secrets.
    pub fn entries(&self) -> Vec<PathBuf> {
        let mut entries = walk(&self.cache());
        entries.retain(|path| {
            // Without a data directory the ledger is in the cache's.
            let is_record = path.parent().is_some_and(|dir| dir.ends_with(".ledger"));
            path.extension().is_some_and(|it| it == "json") && !is_record
        });
        entries.sort();
        entries
    }

    /// The records of the ledger, by token name.
    pub fn records(&self) -> Vec<serde_json::Value> {
        let mut files = walk(&self.data().join("ledger"));
        files.retain(|path| {
            path.extension().is_some_and(|it| it == "json") && !path.ends_with("installation.json")
        });
        files.sort();
        files
            .iter()
            .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
            .collect()
    }

    /// The records of tokens that are to be deleted.
    pub fn pending(&self) -> Vec<serde_json::Value> {
        let mut records = self.records();
        records.retain(|record| record["state"] == "minting" || record["state"] == "revoke");
        records
    }

    /// The path of a token's record.
    pub fn record(&self, name: &str) -> PathBuf {
        self.data().join("ledger").join(format!("{name}.json"))
    }

    /// Edits the only cache entry.
    #[track_caller]
    pub fn edit_entry(&self, edit: impl FnOnce(&mut serde_json::Value)) {
        let [path] = &self.entries()[..] else {
            panic!("not one entry: {:?}", self.entries());
        };
        let mut entry = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        edit(&mut entry);
        write_private(path, entry.to_string().as_bytes());
    }

    /// Moves the times of the only cache entry `seconds` into the past.
    #[track_caller]
    pub fn age_entry(&self, seconds: i64) {
        self.edit_entry(|entry| {
            for time in ["issuedAt", "expiresAt"] {
                entry[time] = (entry[time].as_i64().unwrap() - seconds).into();
            }
        });
    }

    /// Writes the program's configuration file.
    pub fn configure(&self, config: impl std::fmt::Display) {
        let path = self.config();
        write_private(&path, config.to_string().as_bytes());
    }

    /// Path of the program's configuration file.
    pub fn config(&self) -> PathBuf {
        self.at(".config/docker-credential-ionos/config.json")
    }

    /// The path in this home that has this name on Linux.
    pub fn at(&self, name: &str) -> PathBuf {
        let moved = platform::DIRS
            .iter()
            .find_map(|(linux, own)| Some(format!("{own}{}", name.strip_prefix(linux)?)));
        let path = self.path().join(moved.as_deref().unwrap_or(name));
        // With the separators of this platform.
        path.components().collect()
    }

    /// Writes a file in this home and returns its path.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.at(name);
        write_private(&path, content.as_bytes());
        path.display().to_string()
    }

    /// Runs the program through a link with another name, as `credHelpers` with a suffix does.
    pub fn helper_called(&self, name: &str, fake: &FakeIonos) -> Helper {
        let link = self.path().join(name);
        if !link.exists() {
            platform::link_program(&link);
        }
        self.helper_for(fake).program(&link)
    }

    /// A text with `PROGRAM` for the program and `~` for this home. Paths below the home, and the name of
    /// its variable, are those of Linux on every platform.
    pub fn shown(&self, text: &str) -> String {
        let home = self.path().to_str().unwrap();
        let text = text.replace(BIN, "PROGRAM").replace(home, "~");
        if !cfg!(windows) {
            return as_on_linux(&text);
        }
        let (dir, name) = BIN.rsplit_once('/').unwrap_or_default();
        let text = text
            .replace(&format!(r"{dir}\{name}"), "PROGRAM")
            // In JSON, a backslash is two.
            .replace(&home.replace('\\', r"\\"), "~")
            .replace("USERPROFILE", "HOME");
        let mut parts = text.split('~');
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find([' ', '\n', ':', ',', ';', '\'', '"', ')']);
            let (path, rest) = part.split_at(end.unwrap_or(part.len()));
            shown.push('~');
            shown += &as_on_linux(&path.replace(r"\\", r"\"));
            shown += rest;
        }
        shown
    }

    /// The program with this home and without an account.
    pub fn helper(&self) -> Helper {
        Helper {
            program: PathBuf::from(BIN),
            env: platform::user_variables(self.path()),
        }
    }

    /// The program with this home and the default account of `fake`.
    pub fn helper_for(&self, fake: &FakeIonos) -> Helper {
        self.helper()
            .env("IONOS_API_URL", &fake.url())
            .env("IONOS_TOKEN", ACCOUNT_TOKEN)
    }
}

/// A path below the home, written as on Linux.
fn as_on_linux(path: &str) -> String {
    let path = if cfg!(windows) {
        path.replace('\\', "/")
    } else {
        path.to_owned()
    };
    let dirs = platform::DIRS.iter();
    dirs.fold(path, |path, (linux, own)| path.replace(own, linux))
}

/// All paths below `dir`. Symlinks are not followed.
pub fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(walk(&entry.path()));
        }
        found.push(entry.path());
    }
    found
}

/// Writes a file with the permissions that the program uses.
#[expect(
    clippy::disallowed_methods,
    reason = "a test prepares what the program finds"
)]
pub fn write_private(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    platform::set_mode(path, 0o600);
}

/// How to run the program: path and environment.
#[derive(Clone)]
#[must_use]
pub struct Helper {
    program: PathBuf,
    env: Vec<(String, String)>,
}

impl Helper {
    /// Sets a variable, replacing one with the same name. See [`platform::variables`].
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        for (name, value) in platform::variables(name, value) {
            self.env.push((name, value));
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        for (name, _) in platform::variables(name, "") {
            self.env.retain(|(other, _)| *other != name);
        }
        self
    }

    /// Runs another path instead, for example a link.
    pub fn program(mut self, program: &Path) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    pub fn path(&self) -> &Path {
        &self.program
    }

    pub fn get(&self, server_url: &str) -> Done {
        self.run(&["get"], server_url)
    }

    pub fn erase(&self, server_url: &str) -> Done {
        self.run(&["erase"], server_url)
    }

    pub fn list(&self) -> Done {
        self.run(&["list"], "")
    }

    pub fn store(&self, server_url: &str, username: &str, secret: &str) -> Done {
        let login = serde_json::json!({
            "ServerURL": server_url, "Username": username, "Secret": secret,
        });
        self.run(&["store"], format!("{login}\n"))
    }

    pub fn run(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Done {
        self.start(args, stdin).finish()
    }

    /// Starts the program and does not wait for it.
    pub fn start(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Started {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that does not read stdin breaks the pipe; its output is checked anyway.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_ref());
        Started(child)
    }

    /// Writes all of `stdin`, which fails if the program exits without reading it. Returns the exit
    /// code.
    #[track_caller]
    pub fn feed(&self, args: &[&str], stdin: &[u8]) -> Option<i32> {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        child.wait().unwrap().code()
    }

    /// The command, for tests that set up the streams themselves.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}
