//! A started process of the program, and its output.

use std::fs;
use std::process::{Child, Output};

use serde::Deserialize;

/// A started process.
pub struct Started(pub(super) Child);

impl Started {
    pub fn kill(&mut self) {
        let _ = self.0.kill();
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, signal);
    }

    /// The most memory so far, in kB. `None` before the program runs: until then the process has the
    /// memory of these tests.
    pub fn peak_memory(&self) -> Option<u64> {
        let process = format!("/proc/{}", self.0.id());
        let program = fs::read_link(format!("{process}/exe")).ok()?;
        if program == std::env::current_exe().ok()? {
            return None;
        }
        let status = fs::read_to_string(format!("{process}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    pub fn finish(self) -> Done {
        self.0.wait_with_output().unwrap().into()
    }
}

/// Exit code and output of a finished process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The answer to `get`, parsed as strictly as the strictest client does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    #[serde(rename = "ServerURL")]
    pub server_url: String,
    #[serde(rename = "Username")]
    pub username: String,
    #[serde(rename = "Secret")]
    pub secret: String,
}

impl Done {
    /// Asserts exit 0 and one line of JSON, and returns the credential.
    #[track_caller]
    pub fn credential(&self) -> Credential {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        let line = self.stdout.strip_suffix('\n').expect("a line end");
        assert!(
            !line.contains('\n') && self.stdout.len() <= 4096,
            "{self:?}"
        );
        serde_json::from_str(line).unwrap()
    }

    /// Asserts exit 0 and exactly this stdout.
    #[track_caller]
    pub fn says(&self, stdout: &str) {
        let seen = (self.code, self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(seen, (Some(0), stdout, ""));
    }

    /// Asserts exit 1 and one of the protocol's fixed messages, on stdout only.
    #[track_caller]
    pub fn is_fixed(&self, text: &str) {
        let seen = (self.code, self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(seen, (Some(1), format!("{text}\n").as_str(), ""));
    }

    #[track_caller]
    pub fn is_not_found(&self) {
        self.is_fixed("credentials not found in native keychain");
    }

    /// Asserts exit 1 and the same single line on both streams. Returns it without the program's
    /// name.
    #[track_caller]
    pub fn failure(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, self.stderr);
        let line = self.stdout.strip_suffix('\n').expect("a line end");
        assert!(!line.contains('\n'), "{self:?}");
        line.strip_prefix("docker-credential-ionos: ")
            .expect("the program's name")
    }

    /// Asserts exit 1 and this line.
    #[track_caller]
    pub fn fails(&self, line: &str) {
        assert_eq!(self.failure(), line);
    }
}
