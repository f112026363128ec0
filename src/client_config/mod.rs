//! The configuration files of Docker and podman: where they are, and what they say of a registry.
//!
//! These files hold logins. No message quotes them, and only host names are kept of what was read.

mod auths;
mod diff;
mod edit;
mod json;
mod object;
mod rewrite;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

pub use auths::{AuthEntry, auths};
pub use diff::diff;
pub use edit::{Change, Draft};
pub use rewrite::{Rewritten, rewrite};

use crate::env;
use crate::error::{Failure, system};
use crate::files;
use crate::registry_host::RegistryHost;

/// What Docker puts in front of a helper's name to get the program.
const PROGRAM: &str = "docker-credential-";
/// Our name as a helper.
const HELPER: &str = "ionos";

/// A program with a configuration file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Docker, and what reads its `config.json`: buildx, compose, crane, helm, and others.
    Docker,
    /// Podman, skopeo and buildah, which look into their `auth.json` before Docker's file.
    Podman,
}

impl Client {
    /// The file to put a helper into. `None` without a home.
    pub fn config_file(self) -> Option<PathBuf> {
        match self {
            Self::Docker => docker_file(),
            // What podman itself writes is gone after a restart.
            Self::Podman => env::path("REGISTRY_AUTH_FILE")
                .or_else(|| env::path("DOCKER_CONFIG").and_then(|_| docker_file()))
                .or_else(lasting_auth_file),
        }
    }

    /// The files that the client looks into. The first that knows a registry decides.
    pub fn files(self) -> Vec<PathBuf> {
        match self {
            Self::Docker => docker_file().into_iter().collect(),
            // Some releases look into no other file than that of DOCKER_CONFIG; others do.
            Self::Podman => match env::path("REGISTRY_AUTH_FILE") {
                Some(file) => vec![file],
                None => [runtime_auth_file(), lasting_auth_file(), docker_file()]
                    .into_iter()
                    .flatten()
                    .collect(),
            },
        }
    }
}

fn docker_file() -> Option<PathBuf> {
    env::path("DOCKER_CONFIG")
        .or_else(|| env::home().map(|home| home.join(".docker")))
        .map(|dir| dir.join("config.json"))
}

/// What `podman login` writes.
fn runtime_auth_file() -> Option<PathBuf> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let auth_file = match env::path("XDG_RUNTIME_DIR") {
        Some(dir) => dir.join("containers/auth.json"),
        None => Path::new("/run/containers").join(format!("{}/auth.json", env::user_id()?)),
    };
    Some(auth_file)
}

fn lasting_auth_file() -> Option<PathBuf> {
    let configs = env::path("XDG_CONFIG_HOME").filter(|_| cfg!(target_os = "linux"));
    configs
        .or_else(|| env::home().map(|home| home.join(".config")))
        .map(|dir| dir.join("containers/auth.json"))
}

/// The name under which clients know us: `ionos`, or `ionos-pull` for the profile `pull`.
pub fn helper_name(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!("{HELPER}-{profile}"),
        None => HELPER.to_owned(),
    }
}

/// Whether a helper's name is one of ours.
pub fn is_our_helper(name: &str) -> bool {
    name.strip_prefix(HELPER)
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with('-') && rest.len() > 1))
}

/// The program that clients run for a helper's name.
pub fn program_name(helper: &str) -> String {
    format!("{PROGRAM}{helper}{}", std::env::consts::EXE_SUFFIX)
}

/// What a configuration file says about credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is there; one that is not says nothing.
    pub exists: bool,
    helpers: Vec<(String, String)>,
    logins: Vec<String>,
    creds_store: Option<String>,
}

impl ClientConfig {
    /// Reads a file. One that is not there, or empty, says nothing.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let content = read(path)?;
        let mut config = Self::parse(path, content.as_deref().unwrap_or_default())?;
        config.exists = content.is_some();
        Ok(config)
    }

    pub(crate) fn parse(path: &Path, content: &[u8]) -> Result<Self, Failure> {
        let mut config = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let text = json::check(content, path)?;
        for member in json::members(text).unwrap_or_default() {
            match member.key.as_ref() {
                "credHelpers" => config.helpers.extend(texts(member.value)),
                "auths" => config.logins.extend(logins(member.value)),
                "credsStore" => config.creds_store = text_of(member.value),
                _ => {}
            }
        }
        Ok(config)
    }

    /// The helper that `credHelpers` has for exactly this host, as clients compare it.
    pub fn helper_for(&self, host: &RegistryHost) -> Option<String> {
        // Of a key that is there twice clients take the last.
        let mut helpers = self.helpers.iter().rev();
        let (_, helper) = helpers.find(|(key, _)| key == host.as_str())?;
        Some(helper.clone())
    }

    /// The hosts that clients ask us for.
    pub fn hosts(&self) -> Vec<RegistryHost> {
        let mut hosts: Vec<RegistryHost> = Vec::new();
        for (key, _) in self.our_keys() {
            // What is not written as clients look it up is never found by them.
            if let Ok(host) = RegistryHost::parse(key)
                && host.as_str() == key
                && !hosts.contains(&host)
            {
                hosts.push(host);
            }
        }
        hosts
    }

    /// The keys of `credHelpers` that name one of our helpers, as they are written, and which.
    pub fn our_keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.helpers
            .iter()
            .filter(|(_, helper)| is_our_helper(helper))
            .map(|(key, helper)| (key.as_str(), helper.as_str()))
    }

    /// Whether `auths` has a login for this host, or for a namespace of it. It wins over the
    /// helpers of files that are read after this one.
    pub fn has_login(&self, host: &RegistryHost) -> bool {
        self.logins
            .iter()
            .any(|key| RegistryHost::parse(key).as_ref() == Ok(host))
    }

    /// The helper for every host that has none of its own.
    pub fn creds_store(&self) -> Option<&str> {
        self.creds_store.as_deref()
    }
}

/// Whether `DOCKER_AUTH_CONFIG` has a login for this host: docker from 28.3 takes that first.
pub fn docker_auth_config_has(host: &RegistryHost) -> bool {
    let Some(text) = env::var("DOCKER_AUTH_CONFIG") else {
        return false;
    };
    // What docker cannot read it passes over.
    ClientConfig::parse(Path::new("DOCKER_AUTH_CONFIG"), text.as_bytes())
        .is_ok_and(|config| config.has_login(host))
}

/// The content of a client's file; `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    use std::io::ErrorKind;
    match files::read_foreign(path) {
        Ok(content) => Ok(Some(content)),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(None),
        Err(err) => Err(Failure::new(
            format!("cannot read {}: {}", path.display(), system(&err)),
            "make it a file you can read",
        )),
    }
}

fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// The members of an object whose values are texts.
fn texts(value: &RawValue) -> Vec<(String, String)> {
    let members = json::members(value.get()).unwrap_or_default();
    let texts = members
        .into_iter()
        .filter_map(|member| Some((member.key.into_owned(), text_of(member.value)?)));
    texts.collect()
}

/// The keys of `auths` with a login. Docker leaves an empty entry where a helper has it.
fn logins(value: &RawValue) -> Vec<String> {
    /// Any text, without keeping it.
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Held<'a>(#[serde(borrow)] &'a RawValue);

    #[derive(Deserialize)]
    struct Login<'a> {
        #[serde(borrow)]
        auth: Option<Held<'a>>,
        #[serde(borrow)]
        username: Option<Held<'a>>,
        #[serde(borrow)]
        password: Option<Held<'a>>,
        #[serde(borrow)]
        identitytoken: Option<Held<'a>>,
        #[serde(borrow)]
        registrytoken: Option<Held<'a>>,
    }

    let members = json::members(value.get()).unwrap_or_default();
    let logins = members.into_iter().filter(|member| {
        serde_json::from_str::<Login<'_>>(member.value.get()).is_ok_and(|login| {
            let held = |held: Option<Held<'_>>| held.is_some_and(|held| held.0.get() != "\"\"");
            held(login.auth)
                || held(login.username)
                || held(login.password)
                || held(login.identitytoken)
                || held(login.registrytoken)
        })
    });
    logins.map(|member| member.key.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ClientConfig, Failure> {
        ClientConfig::parse(Path::new("config.json"), text.as_bytes())
    }

    fn host(text: &str) -> RegistryHost {
        RegistryHost::parse(text).unwrap()
    }

    #[test]
    fn a_helper_counts_for_exactly_its_host() {
        let config = parse(
            r#"{"credHelpers": {"demo.cr.de-fra.ionos.com": "ionos-pull", "https://a.cr.ionos.com": "ionos",
                "GCR.IO": "gcr", "b.cr.ionos.com": "ionosx", "c.cr.ionos.com": 5}, "credsStore": "desktop"}"#,
        )
        .unwrap();
        let demo = host("demo.cr.de-fra.ionos.com");
        assert_eq!(config.helper_for(&demo).as_deref(), Some("ionos-pull"));
        assert_eq!(config.helper_for(&host("a.cr.ionos.com")), None);
        assert_eq!(config.helper_for(&host("gcr.io")), None);
        assert_eq!(config.helper_for(&host("c.cr.ionos.com")), None);
        assert_eq!(config.hosts(), [demo]);
        assert_eq!(config.our_keys().count(), 2);
        assert_eq!(config.creds_store(), Some("desktop"));
    }

    #[test]
    fn a_login_counts_for_its_host_and_an_empty_entry_does_not() {
        let config = parse(
            r#"{"auths": {"https://a.cr.ionos.com/v1/": {"auth": "eDp5"}, "b.cr.ionos.com/team": {"username": "x"},
                "c.cr.ionos.com": {}, "d.cr.ionos.com": {"auth": ""}, "e.cr.ionos.com": {"auth": null}}}"#,
        )
        .unwrap();
        let found: Vec<bool> = ["a", "b", "c", "d", "e", "f"]
            .map(|name| config.has_login(&host(&format!("{name}.cr.ionos.com"))))
            .into();
        assert_eq!(found, [true, true, false, false, false, false]);
    }

    #[test]
    fn what_is_no_configuration_is_refused_without_quoting_it() {
        for (text, what) in [
            (
                "{\n \"a\": hunter2}",
                "config.json: no JSON at line 2, column 7",
            ),
            ("\"hunter2\"", "config.json: not a JSON object"),
            (
                "{\"a\": 1} hunter2",
                "config.json: no JSON at line 1, column 10",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().what, what);
        }
        assert_eq!(parse(" \n").unwrap().hosts(), []);
    }
}
