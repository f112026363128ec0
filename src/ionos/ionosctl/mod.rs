//! The configuration files that `ionosctl login`, the IONOS SDKs and Terraform share.
//!
//! A file is located when nothing else names an account, and read when a request is about to be
//! made. This module never writes. The only values that it puts into messages are names of
//! profiles. The errors of the parsers quote values, so `yaml` and `legacy` pass none on.

mod legacy;
mod yaml;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use crate::env;
use crate::error::{Failure, shown, system};
use crate::files::{Owner, UserFile};
use crate::http::Endpoint;
use crate::ionos::api::Credentials;
use crate::secret::Secret;

// ionosctl stops at a file that it cannot read, too.
const FIX: &str = "fix it, or move it away and run \"ionosctl login\"";

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

/// What a file says for one profile and one location.
#[derive(Debug)]
pub struct Contents {
    /// The account of the profile; an error if the file has none.
    pub credentials: Result<Credentials, Failure>,
    /// The API, if the file names one.
    pub endpoint: Option<FileEndpoint>,
}

/// An endpoint in a file: its URL, not yet checked, and the TLS settings that stand beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEndpoint {
    url: String,
    /// Certificates in PEM to trust beside the system's (`certificateAuthData`).
    certificates: Option<String>,
    /// Whether the certificate is not verified (`skipTlsVerify`).
    skip_verify: bool,
    /// The file's path.
    place: String,
    /// Who can change the file.
    owner: Owner,
}

impl FileEndpoint {
    /// Refuses the endpoint of another user for credentials that are not that user's.
    pub fn trusted_with_credentials_of(self, owner: Owner) -> Result<Self, Failure> {
        match self.owner {
            Owner::InvokingUser(uid) if owner == Owner::Us => Err(Failure::new(
                format!(
                    "uid {uid} can change the endpoint in {}, and this is root",
                    self.place
                ),
                "",
            )),
            _ => Ok(self),
        }
    }

    /// The endpoint with its TLS settings; an error if its URL is not safe to use.
    pub fn checked(self) -> Result<Endpoint, Failure> {
        let source = format!("the endpoint for containerregistry in {}", self.place);
        let endpoint = Endpoint::of(&self.url, &source)?;
        Ok(endpoint.with_tls(self.certificates, self.skip_verify))
    }
}

impl Credentials {
    /// A token wins over a password. An empty value counts as missing: ionosctl writes every key.
    fn choose(
        token: Option<Secret>,
        username: Option<String>,
        password: Option<Secret>,
    ) -> Option<Self> {
        let filled = |secret: &Secret| !secret.expose_secret().trim().is_empty();
        if let Some(token) = token.filter(filled) {
            return Some(Self::Token(token));
        }
        let username = non_empty(username)?;
        let password = password.filter(filled)?;
        Some(Self::Password { username, password })
    }
}

/// The name of a profile, and the setting that names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProfileName<'a> {
    name: &'a str,
    by: &'static str,
}

/// The key of our own configuration that names a profile.
const IONOS_PROFILE: &str = "ionosProfile";

/// The first file that exists: `IONOS_CONFIG_FILE` > ionosctl's `config.yaml` > ionosctl's old
/// `config.json` if it has an account > `~/.ionos/config` > `~/.ionos/config.yaml`. This is
/// ionosctl's order, but for `IONOS_CONFIG_FILE`, which a person sets on purpose: it comes first,
/// and an error is returned if its file does not exist.
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
        let what = format!(
            "IONOS_CONFIG_FILE names {}, which does not exist",
            shown(path)
        );
        return Err(Failure::new(what, "correct IONOS_CONFIG_FILE or unset it"));
    }
    Ok(Located {
        // A note on the account must not depend on the working directory.
        path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        format: Format::Yaml,
    })
}

fn search(ionosctl: Option<&Path>, home: Option<&Path>) -> Option<Located> {
    let shared = home.map(|home| home.join(".ionos"));
    let shared = shared.as_deref();
    let mut files = [
        (ionosctl, "config.yaml", Format::Yaml),
        (ionosctl, "config.json", Format::LegacyJson),
        // The name in the code of the SDKs, then the one in their documentation.
        (shared, "config", Format::Yaml),
        (shared, "config.yaml", Format::Yaml),
    ]
    .into_iter()
    .filter_map(|(dir, name, format)| {
        let path = dir?.join(name);
        Some(Located { path, format })
    })
    .filter(|located| may_exist(&located.path));
    let first = files.next()?;
    // Only the old file is skipped, and only if it has no account.
    if first.format == Format::LegacyJson
        && let Some(next) = files.next()
        && !first.has_account()
    {
        return Some(next);
    }
    Some(first)
}

/// A file whose metadata cannot be read counts as existing: to skip it could select another
/// account, and reading it reports the reason.
fn may_exist(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(_) => true,
        Err(err) => !matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

impl Located {
    /// Reads the account of `profile`, else of `IONOS_CURRENT_PROFILE`, else of the file's current
    /// profile, and the endpoint for the registries of `location` (`de-fra`).
    pub fn read(&self, profile: Option<&str>, location: Option<&str>) -> Result<Contents, Failure> {
        let variable = env::var("IONOS_CURRENT_PROFILE");
        let selected = [
            (profile, IONOS_PROFILE),
            (variable.as_deref(), "IONOS_CURRENT_PROFILE"),
        ]
        .into_iter()
        .find_map(|(name, by)| ProfileName::new(name?, by));
        self.read_as(selected, location)
    }

    fn read_as(
        &self,
        selected: Option<ProfileName>,
        location: Option<&str>,
    ) -> Result<Contents, Failure> {
        let place = shown(&self.path);
        let file = UserFile::read(&self.path).map_err(|err| {
            let what = format!("cannot read {place}: {}", system(&err));
            Failure::new(
                what,
                "make it a file that you can read, or run \"ionosctl login\"",
            )
        })?;
        let (content, owner) = file.trusted().map_err(|err| err.failure(&self.path))?;
        let named = |failure: Failure| failure.within(&place);
        let mut contents = self.parse(&content, selected, location).map_err(named)?;
        contents.credentials = contents.credentials.map_err(named);
        if let Some(endpoint) = &mut contents.endpoint {
            endpoint.place.clone_from(&place);
            endpoint.owner = owner;
        }
        Ok(contents)
    }

    /// Whether this old file has an account. One that cannot be read may have one.
    fn has_account(&self) -> bool {
        let text = || String::from_utf8(UserFile::read(&self.path).ok()?.unchecked()).ok();
        text().is_none_or(|text| legacy::has_account(&text))
    }

    pub(crate) fn parse(
        &self,
        content: &[u8],
        selected: Option<ProfileName>,
        location: Option<&str>,
    ) -> Result<Contents, Failure> {
        let hint = "save it as UTF-8, or run \"ionosctl login\"";
        let text = std::str::from_utf8(content)
            .map_err(|_| Failure::new("it is not valid UTF-8", hint))?;
        // Some editors on Windows put a byte order mark in front.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(empty());
        }
        match self.format {
            Format::Yaml => yaml::read(text, selected, location),
            Format::LegacyJson => legacy::read(text, selected),
        }
    }
}

impl<'a> ProfileName<'a> {
    pub(crate) fn new(name: &'a str, by: &'static str) -> Option<Self> {
        let name = name.trim();
        (!name.is_empty()).then_some(Self { name, by })
    }

    /// Whether our own configuration names it.
    fn is_ours(&self) -> bool {
        self.by == IONOS_PROFILE
    }
}

fn empty() -> Failure {
    Failure::new("it is empty", FIX)
}

/// The error for a file that a parser refuses. A line of 0 is unknown.
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

#[cfg(test)]
mod tests;
