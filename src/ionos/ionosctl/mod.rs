//! The configuration files that `ionosctl login`, the IONOS SDKs and Terraform share.
//!
//! One is looked for when nothing else names an account, and is read when a request is about to be
//! made. This module never writes. It puts nothing of a file into a message but the names of
//! profiles: the errors of the parsers quote values, so none of them leaves `yaml` and `legacy`.

mod legacy;
mod yaml;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::env;
use crate::error::{Failure, one_line, system};
use crate::files;

// ionosctl itself stops at a file that it cannot read.
const MEND: &str = "correct it, or move it away and run \"ionosctl login\"";

/// A file that may hold an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// How to read it.
    pub format: Format,
}

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Profiles and environments, by ionosctl since 6.9, the SDKs and Terraform.
    Yaml,
    /// One account, by ionosctl up to 6.8.
    LegacyJson,
}

/// What a file says about the account.
#[derive(Debug)]
pub struct Found {
    /// The profile it was taken from; the old format has none.
    pub profile: Option<String>,
    /// Who asks the API.
    pub credentials: Credentials,
    /// Where the API is, as written there: to be checked like `IONOS_API_URL`.
    pub endpoint: Option<String>,
    /// Certificates in PEM to trust beside the system's.
    pub certificate_authority: Option<String>,
    /// Whether the API's certificate goes unchecked.
    pub skip_tls_verify: bool,
}

/// How to become known to the API.
#[derive(Debug)]
pub enum Credentials {
    /// An API token.
    Token(SecretString),
    /// What a person logs in with.
    Password {
        /// An e-mail address, mostly.
        username: String,
        /// Its password.
        password: SecretString,
    },
}

impl Credentials {
    /// A token wins over a password. What is empty is not there: ionosctl writes every key.
    fn choose(
        token: Option<SecretString>,
        username: Option<String>,
        password: Option<SecretString>,
    ) -> Option<Self> {
        let filled = |secret: &SecretString| !secret.expose_secret().trim().is_empty();
        if let Some(token) = token.filter(filled) {
            return Some(Self::Token(token));
        }
        let username = non_empty(username)?;
        let password = password.filter(filled)?;
        Some(Self::Password { username, password })
    }
}

/// The profile that was asked for, and by what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    name: &'a str,
    by: &'static str,
}

/// The first file there is: what `IONOS_CONFIG_FILE` names > ionosctl's `config.yaml` >
/// `~/.ionos/config` > `~/.ionos/config.yaml` > ionosctl's old `config.json`. None where the
/// variable says is an error.
pub fn locate() -> Result<Option<Located>, Failure> {
    match env::path("IONOS_CONFIG_FILE") {
        Some(path) => named(&path).map(Some),
        None => Ok(search(
            env::ionosctl_dir().as_deref(),
            env::home().as_deref(),
        )),
    }
}

fn named(path: &Path) -> Result<Located, Failure> {
    if !may_exist(path) {
        return Err(Failure::new(
            format!(
                "IONOS_CONFIG_FILE names {}, which does not exist",
                shown(path)
            ),
            "correct IONOS_CONFIG_FILE or unset it",
        ));
    }
    Ok(Located {
        // `config.yaml` is another file in another working directory.
        path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        format: Format::Yaml,
    })
}

fn search(ionosctl: Option<&Path>, home: Option<&Path>) -> Option<Located> {
    let shared = home.map(|home| home.join(".ionos"));
    let shared = shared.as_deref();
    [
        (ionosctl, "config.yaml", Format::Yaml),
        // The name in the code of the SDKs, then the one in their documentation.
        (shared, "config", Format::Yaml),
        (shared, "config.yaml", Format::Yaml),
        (ionosctl, "config.json", Format::LegacyJson),
    ]
    .into_iter()
    .filter_map(|(dir, name, format)| {
        let path = dir?.join(name);
        Some(Located { path, format })
    })
    .find(|located| may_exist(&located.path))
}

/// A file that cannot be looked at counts as one: passing it over in silence could mean another
/// account, and reading it tells the reason.
fn may_exist(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(_) => true,
        Err(err) => !matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

impl Located {
    /// The account of `profile`, else of `IONOS_CURRENT_PROFILE`, else of the file's current
    /// profile.
    pub fn read(&self, profile: Option<&str>) -> Result<Found, Failure> {
        let variable = env::var("IONOS_CURRENT_PROFILE");
        let asked = [
            (profile, "ionosProfile"),
            (variable.as_deref(), "IONOS_CURRENT_PROFILE"),
        ]
        .into_iter()
        .find_map(|(name, by)| Asked::new(name?, by));
        self.read_as(asked)
    }

    fn read_as(&self, asked: Option<Asked>) -> Result<Found, Failure> {
        let place = shown(&self.path);
        let content = files::read_foreign(&self.path).map_err(|err| {
            Failure::new(
                format!("cannot read {place}: {}", system(&err)),
                "make it a file that you can read, or run \"ionosctl login\"",
            )
        })?;
        self.parse(&content, asked)
            .map_err(|failure| failure.within(&place))
    }

    pub(crate) fn parse(&self, content: &[u8], asked: Option<Asked>) -> Result<Found, Failure> {
        let text = std::str::from_utf8(content).map_err(|_| {
            Failure::new(
                "it is not text in UTF-8",
                "save it as UTF-8, or run \"ionosctl login\"",
            )
        })?;
        // Some editors on Windows put a byte order mark in front.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(empty());
        }
        match self.format {
            Format::Yaml => yaml::find(text, asked),
            Format::LegacyJson => legacy::find(text, asked),
        }
    }
}

impl<'a> Asked<'a> {
    pub(crate) fn new(name: &'a str, by: &'static str) -> Option<Self> {
        let name = name.trim();
        (!name.is_empty()).then_some(Self { name, by })
    }
}

fn empty() -> Failure {
    Failure::new("it is empty", MEND)
}

/// What a parser had against a file, in our words.
fn malformed(why: &str, line: u64, column: u64, hint: &str) -> Failure {
    let place = match (line, column) {
        (0, _) => String::new(),
        (line, column) => format!("line {line}, column {column}: "),
    };
    Failure::new(format!("{place}{why}"), hint)
}

fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// A home with the named files in it, empty.
    #[expect(clippy::disallowed_methods, reason = "not a file of ours")]
    fn home(paths: &[&str]) -> TempDir {
        let home = TempDir::new().unwrap();
        for path in paths {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        home
    }

    fn searched(home: &TempDir) -> Option<String> {
        let located = search(Some(&home.path().join("ionosctl")), Some(home.path()))?;
        let path = located.path.strip_prefix(home.path()).unwrap();
        let json = path.extension().is_some_and(|ext| ext == "json");
        assert_eq!(json, located.format == Format::LegacyJson);
        Some(path.to_str().unwrap().to_owned())
    }

    #[test]
    fn files_are_looked_for_in_order() {
        let mut there = vec![
            "ionosctl/config.yaml",
            ".ionos/config",
            ".ionos/config.yaml",
            "ionosctl/config.json",
        ];
        while !there.is_empty() {
            assert_eq!(searched(&home(&there)).as_deref(), Some(there[0]));
            there.remove(0);
        }
        assert_eq!(searched(&home(&[])), None);
        assert_eq!(search(None, None), None);
        // `.ionos` is a file.
        assert_eq!(searched(&home(&[".ionos"])), None);
    }

    #[test]
    fn a_named_file_has_to_exist() {
        let home = home(&["any name"]);
        let located = named(&home.path().join("any name")).unwrap();
        assert_eq!(located.format, Format::Yaml);
        assert!(named(Path::new("a")).unwrap_err().to_string().ends_with(
            "IONOS_CONFIG_FILE names a, which does not exist; correct IONOS_CONFIG_FILE or unset it"
        ));
    }

    fn why_not(path: &Path) -> String {
        let located = Located {
            path: path.to_owned(),
            format: Format::Yaml,
        };
        let failure = located.read_as(None).unwrap_err();
        let (dir, line) = (path.parent().unwrap(), failure.to_string());
        assert!(!line.contains(['\n', '\r']), "{line}");
        line.replace(dir.to_str().unwrap(), "DIR")
            .replace(std::path::MAIN_SEPARATOR, "/")
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "not a file of ours")]
    fn what_is_not_a_readable_text_is_said_to_be_so() {
        let hint = "make it a file that you can read, or run \"ionosctl login\"";
        let home = home(&["empty", "dir/x"]);
        let at = |name: &str| home.path().join(name);
        fs::write(at("large"), vec![b'a'; 1024 * 1024 + 1]).unwrap();
        fs::write(at("binary"), b"\x7fELF\xff\x00").unwrap();
        fs::write(at("blank"), "\u{feff} \n\n").unwrap();
        fs::write(at("utf16"), b"\xff\xfea\0").unwrap();
        assert_eq!(
            why_not(&at("large")),
            format!("cannot read DIR/large: larger than 1 MiB; {hint}")
        );
        assert_eq!(
            why_not(&at("dir")),
            format!("cannot read DIR/dir: not a plain file; {hint}")
        );
        assert!(why_not(&at("missing")).starts_with("cannot read DIR/missing: "));
        for name in ["binary", "utf16"] {
            assert_eq!(
                why_not(&at(name)),
                format!(
                    "DIR/{name}: it is not text in UTF-8; save it as UTF-8, or run \"ionosctl login\""
                )
            );
        }
        for name in ["empty", "blank"] {
            assert_eq!(
                why_not(&at(name)),
                format!("DIR/{name}: it is empty; {MEND}")
            );
        }
    }

    #[test]
    // rustix makes no FIFO on macOS.
    #[cfg(target_os = "linux")]
    fn links_that_go_round_and_pipes_do_not_hang() {
        use std::os::unix::fs::symlink;
        let home = home(&["ionosctl/real"]);
        let at = |name: &str| home.path().join("ionosctl").join(name);
        symlink(at("loop"), at("loop")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), 0o600.into()).unwrap();
        assert!(may_exist(&at("loop")));
        assert!(why_not(&at("loop")).starts_with("cannot read DIR/loop: "));
        assert!(why_not(&at("pipe")).starts_with("cannot read DIR/pipe: not a plain file; "));
        // A dotfile manager links to the file; a link to nothing is no file.
        symlink(at("nothing"), at("config.yaml")).unwrap();
        symlink(at("real"), at("config.json")).unwrap();
        assert_eq!(searched(&home).as_deref(), Some("ionosctl/config.json"));
    }
}
