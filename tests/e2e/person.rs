//! A user with a home directory and a clean environment who runs clients.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    needs,
    site::{HELPER, Site},
    support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST},
    transcript,
};

/// The `credHelpers` configuration for this registry.
pub(crate) fn cred_helpers() -> String {
    cred_helpers_for(&[DEMO_HOST], "ionos")
}

/// The `credHelpers` configuration with this helper name for these registries.
pub(crate) fn cred_helpers_for(hosts: &[&str], helper: &str) -> String {
    let helpers: BTreeMap<_, _> = hosts.iter().map(|host| (*host, helper)).collect();
    serde_json::json!({ "credHelpers": helpers }).to_string()
}

/// A user with only the account's token and the program on the `PATH`.
pub(crate) struct Person<'a> {
    site: &'a Site,
    home: PathBuf,
    environment: BTreeMap<&'static str, OsString>,
}

impl<'a> Person<'a> {
    /// A user with an empty home.
    pub(crate) fn new(site: &'a Site) -> Self {
        let home = site.dir("home");
        let mut path = site.program_dir().into_os_string();
        path.push(":");
        path.push(needs::PATH);
        let environment = BTreeMap::from([
            ("HOME", home.clone().into_os_string()),
            ("PATH", path),
            ("SSL_CERT_FILE", site.ca_file().into_os_string()),
            ("IONOS_TOKEN", ACCOUNT_TOKEN.into()),
        ]);
        Self {
            site,
            home,
            environment,
        }
    }

    /// Sets a variable for all later commands.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.environment.insert(name, value.into());
    }

    /// A path below the home.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.home.join(path)
    }

    /// Writes a file below the home.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("it is below the home")).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Reads a JSON file below the home.
    pub(crate) fn json(&self, path: &str) -> Value {
        let path = self.at(path);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&text).unwrap()
    }

    /// The command, without a terminal and with a time limit.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, program: &Path, arguments: &[A]) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["--kill-after=5", "60"])
            .arg(program)
            .args(arguments);
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.home)
            .stdin(Stdio::null());
        command
    }

    /// Runs a client to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, program: &Path, arguments: &[A]) -> Answer {
        let before = self.site.calls().len();
        let output = self
            .command(program, arguments)
            .output()
            .expect("timeout was found");

        let mut line = program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        for argument in arguments {
            line = line + " " + &argument.as_ref().to_string_lossy();
        }
        let answer = Answer {
            line,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            calls: self.site.calls().split_off(before),
        };
        let told = Site::secret_in(&answer.stdout) || Site::secret_in(&answer.stderr);
        assert!(!told, "a secret was printed by {answer}");
        let effect = match arguments {
            [only] if only.as_ref() == "--version" => answer.stdout.trim().to_owned(),
            _ => {
                let ours = answer
                    .stderr
                    .lines()
                    .filter(|line| line.starts_with(HELPER));
                ours.fold(transcript::requests(&answer.calls), |all, line| {
                    all + "; " + line
                })
            }
        };
        self.site.note(&answer.line, answer.code, effect);
        answer
    }

    /// The output of `list`: `{"host":"username"}`.
    pub(crate) fn list(&self) -> Value {
        let answer = self
            .run(&self.site.program_dir().join(HELPER), &["list"])
            .succeeds();
        serde_json::from_str(&answer.stdout).unwrap()
    }

    /// Files below the home that contain this secret, as text or inside base64.
    #[track_caller]
    pub(crate) fn files_with(&self, secret: &str) -> Vec<String> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        // Base64 encodes three bytes in four characters, so a text has three encodings. The outer
        // characters also depend on the adjacent text.
        let mut spellings = vec![secret.as_bytes().to_vec()];
        for shift in 0..3 {
            let coded = STANDARD.encode([&b"   "[..shift], secret.as_bytes()].concat());
            spellings.push(coded.as_bytes()[4..coded.len() - 4].to_vec());
        }
        let mut found = Vec::new();
        for path in files_below(&self.home) {
            let bytes = fs::read(&path).unwrap_or_default();
            let holds = |part: &Vec<u8>| bytes.windows(part.len()).any(|window| window == part);
            if spellings.iter().any(holds) {
                let short = path.strip_prefix(&self.home).unwrap();
                found.push(short.to_string_lossy().into_owned());
            }
        }
        found
    }

    /// Asserts that only the owner can read this directory.
    #[track_caller]
    pub(crate) fn is_private(&self, dir: &str) {
        let dir = self.at(dir);
        let mut paths = files_below(&dir);
        assert!(!paths.is_empty(), "nothing in {}", dir.display());
        let parents = paths
            .iter()
            .filter_map(|path| path.parent().map(Path::to_owned));
        let parents: Vec<PathBuf> = parents.filter(|parent| parent.starts_with(&dir)).collect();
        paths.extend(parents);
        for path in paths {
            let metadata = fs::metadata(&path).unwrap();
            let mode = metadata.permissions().mode() & 0o7777;
            let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, wanted, "{} has mode {mode:o}", path.display());
        }
    }
}

/// All files below a directory; none if it does not exist.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

/// The output of a client, and the requests it caused at the API.
#[derive(Debug)]
pub(crate) struct Answer {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) calls: Vec<String>,
}

impl Answer {
    /// Asserts exit 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert!(self.code == Some(0), "a failure: {self}");
        self
    }

    /// Asserts that the client failed, without a timeout or a crash.
    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        assert!(
            matches!(self.code, Some(1..=2 | 125)),
            "not a refusal: {self}"
        );
        self
    }

    /// Asserts exactly these requests at the API.
    #[track_caller]
    pub(crate) fn calling(self, calls: &[&str]) -> Self {
        assert!(
            self.calls == calls,
            "expected the requests {calls:?}: {self}"
        );
        self
    }

    /// Asserts that stdout or stderr contains a text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(said, "expected {text:?}: {self}");
        self
    }

    /// Asserts the program's own error line and the account source in it.
    #[track_caller]
    pub(crate) fn we_say(self, what: &str) -> Self {
        let start = format!("{HELPER}: {what} (account from IONOS_TOKEN); ");
        let line = self.our_line();
        assert!(line.starts_with(&start), "expected {start:?}: {self}");
        self
    }

    /// The program's own error line in the output.
    #[track_caller]
    pub(crate) fn our_line(&self) -> &str {
        let mut ours = self.stderr.lines().filter(|line| line.starts_with(HELPER));
        let line = ours
            .next()
            .unwrap_or_else(|| panic!("nothing of ours on stderr: {self}"));
        assert!(ours.next().is_none(), "said more than once: {self}");
        line
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            line,
            code,
            stdout,
            stderr,
            calls,
        } = self;
        writeln!(f, "{line}\nexit: {code:?}\nrequests: {calls:?}")?;
        write!(f, "--- stdout\n{stdout}--- stderr\n{stderr}---")
    }
}
