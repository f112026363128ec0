//! `config.json`: what a person wrote, checked as a whole before any of it is used.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::checks;
use super::diagnosis;
use super::limits;
use crate::env;
use crate::error::{Failure, one_line, system};
use crate::files;
use crate::registry_host::RegistryHost;
use crate::scope::{self, Scope};

/// Our own configuration file; without one it is empty.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Where it is or would be, for messages; empty without a home.
    pub path: PathBuf,
    /// For every registry.
    pub defaults: Section,
    /// By profile.
    pub profiles: BTreeMap<String, Section>,
    /// By registry; these hosts are ours, whatever they are called.
    pub registries: BTreeMap<RegistryHost, Section>,
}

/// Settings of one place in the file. Which keys a place may have is in `diagnosis`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What a token may do and how long things take.
    pub layer: Layer,
    /// Who asks the API.
    pub account: Option<AccountSource>,
    /// Which registry of the account this host is, if not the one with its name.
    pub target: Option<Target>,
    /// The profile in force for this registry.
    pub profile: Option<String>,
}

/// What one source of settings says; the more specific source wins, key by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// `pull`, `push`, `delete`, `*`.
    pub actions: Option<Vec<String>>,
    /// Repositories and patterns.
    pub repositories: Option<Vec<String>>,
    /// Scopes in full, in place of the two above.
    pub scopes: Option<Vec<Scope>>,
    /// How long a minted token is meant to live.
    pub token_ttl: Option<Duration>,
    /// How long a whole `get` may take.
    pub timeout: Option<Duration>,
}

/// An account that the file names. Not a secret: the file holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSource {
    /// A file that holds an API token.
    TokenFile(PathBuf),
    /// A command that prints one: program and arguments, without a shell.
    TokenCommand(Vec<String>),
    /// A profile in the configuration of ionosctl and the SDKs.
    IonosProfile(String),
}

/// How a registry is found among the account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// By the hostname the API tells, which is the host that was asked for.
    Hostname,
    /// By its name: for a domain of one's own in front of it.
    Name(String),
    /// Not at all: this is its id.
    Id(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    pub(super) defaults: Option<RawSection>,
    pub(super) profiles: Option<BTreeMap<String, RawSection>>,
    registries: Option<BTreeMap<String, RawSection>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawSection {
    actions: Option<Vec<String>>,
    repositories: Option<Vec<String>>,
    scopes: Option<Vec<RawScope>>,
    token_ttl: Option<String>,
    timeout: Option<String>,
    token_file: Option<PathBuf>,
    token_command: Option<Vec<String>>,
    ionos_profile: Option<String>,
    registry_id: Option<String>,
    registry_name: Option<String>,
    profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScope {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) actions: Vec<String>,
}

impl ConfigFile {
    /// Reads the file that `IONOS_CR_CONFIG` names, else the one in the platform's place. None
    /// there is fine; none where the variable says is not.
    pub fn load() -> Result<Self, Failure> {
        let named = env::path("IONOS_CR_CONFIG");
        let Some(path) = named.clone().or_else(env::config_file) else {
            return Ok(Self::default());
        };
        let content = match files::read_foreign(&path) {
            Ok(content) => content,
            Err(err) if named.is_none() && is_out_of_sight(&path, &err) => {
                return Ok(Self {
                    path,
                    ..Self::default()
                });
            }
            Err(err) => {
                let hint = if named.is_some() {
                    "correct IONOS_CR_CONFIG or unset it"
                } else {
                    "make it a readable file, or remove it"
                };
                let why = system(&err);
                return Err(Failure::new(
                    format!("cannot read {}: {why}", path.display()),
                    hint,
                ));
            }
        };
        Self::parse(path.clone(), &content)
            .map_err(|failure| failure.within(&path.display().to_string()))
    }

    /// Reads it for `host`; `None` if the host is not ours. A file that cannot be read may name
    /// it, but another registry's pull must not fail for that.
    pub fn load_if_ours(host: &RegistryHost) -> Result<Option<Self>, Failure> {
        match Self::load() {
            Ok(config) => Ok(Some(config).filter(|config| config.is_ours(host))),
            Err(_) if !host.is_ionos() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn parse(path: PathBuf, content: &[u8]) -> Result<Self, Failure> {
        // The mark that some of Windows's editors put in front.
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        // serde's own errors quote values, and a value in the wrong place may be a secret.
        let raw: Raw =
            serde_json::from_slice(content).map_err(|err| diagnosis::explain(content, &err))?;
        diagnosis::check_places(&raw)?;
        let mut registries = BTreeMap::new();
        for (key, section) in raw.registries.unwrap_or_default() {
            let place = format!("registries.{key:?}");
            let host = RegistryHost::parse(&key).map_err(|_| {
                Failure::new(
                    format!("{place} is not a registry"),
                    "write the host as docker does, such as demo.cr.de-fra.ionos.com or 127.0.0.1:5000",
                )
            })?;
            if registries.insert(host, section.check(&place)?).is_some() {
                return Err(Failure::new(
                    format!("{place} is there twice in another spelling"),
                    "keep one of them",
                ));
            }
        }
        let mut profiles = BTreeMap::new();
        for (name, section) in raw.profiles.unwrap_or_default() {
            let place = format!("profiles.{name:?}");
            checks::profile_name(&name, &place)?;
            let section = section.check(&place)?;
            profiles.insert(name, section);
        }
        let file = Self {
            defaults: match raw.defaults {
                Some(section) => section.check("defaults")?,
                None => Section::default(),
            },
            path,
            profiles,
            registries,
        };
        file.check_references()?;
        Ok(file)
    }

    fn check_references(&self) -> Result<(), Failure> {
        for (host, section) in &self.registries {
            if let Some(name) = &section.profile {
                self.profile(name).map_err(|failure| {
                    failure.within(&format!("registries.{:?}.profile", host.as_str()))
                })?;
            }
        }
        Ok(())
    }

    /// The settings of a profile: what the file says over what is built in.
    pub fn profile(&self, name: &str) -> Result<Layer, Failure> {
        let built_in = built_in_profile(name);
        let configured = self.profiles.get(name).map(|section| &section.layer);
        match (built_in, configured) {
            (None, None) => Err(Failure::new(
                format!("there is no profile '{}'", one_line(name)),
                format!("profiles are {}", self.profile_names()),
            )),
            (built_in, configured) => {
                let mut layer = built_in.unwrap_or_default();
                if let Some(configured) = configured {
                    layer.add(configured);
                }
                Ok(layer)
            }
        }
    }

    fn profile_names(&self) -> String {
        let mut names: Vec<&str> = vec!["pull", "push"];
        names.extend(self.profiles.keys().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }
}

/// Whether there is no file for us: also where the home is somebody else's, as in a container
/// that runs as any user. One that can be seen and not read is a mistake to be told.
fn is_out_of_sight(path: &Path, err: &std::io::Error) -> bool {
    match err.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => true,
        ErrorKind::PermissionDenied => path.symlink_metadata().is_err(),
        _ => false,
    }
}

fn built_in_profile(name: &str) -> Option<Layer> {
    let actions: &[&str] = match name {
        "pull" => &["pull"],
        "push" => &["pull", "push"],
        _ => return None,
    };
    Some(Layer {
        actions: Some(actions.iter().map(ToString::to_string).collect()),
        ..Layer::default()
    })
}

impl Layer {
    /// Puts a more specific layer over this one.
    fn add(&mut self, over: &Self) {
        fn replace<T: Clone>(value: &mut Option<T>, over: Option<&T>) {
            if let Some(over) = over {
                *value = Some(over.clone());
            }
        }
        replace(&mut self.actions, over.actions.as_ref());
        replace(&mut self.repositories, over.repositories.as_ref());
        replace(&mut self.scopes, over.scopes.as_ref());
        replace(&mut self.token_ttl, over.token_ttl.as_ref());
        replace(&mut self.timeout, over.timeout.as_ref());
    }
}

impl RawSection {
    /// The keys that are set, by name.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        [
            ("tokenFile", self.token_file.is_some()),
            ("tokenCommand", self.token_command.is_some()),
            ("ionosProfile", self.ionos_profile.is_some()),
            ("registryId", self.registry_id.is_some()),
            ("registryName", self.registry_name.is_some()),
            ("profile", self.profile.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, set)| set.then_some(name))
    }

    fn check(self, place: &str) -> Result<Section, Failure> {
        let at = |key: &str| format!("{place}.{key}");
        let actions = self
            .actions
            .map(|list| scope::check_actions(&at("actions"), &list));
        let repositories = self
            .repositories
            .map(|list| scope::check_repositories(&at("repositories"), list));
        let scopes = self.scopes.map(|list| checks::scopes(&at("scopes"), list));
        if scopes.is_some() && (actions.is_some() || repositories.is_some()) {
            return Err(Failure::new(
                format!("{place} has scopes and actions or repositories too"),
                "keep the scopes, or the two others",
            ));
        }
        let ttl = |text: String| limits::token_ttl(&at("tokenTtl"), &text);
        let timeout = |text: String| limits::timeout(&at("timeout"), &text);
        Ok(Section {
            layer: Layer {
                actions: actions.transpose()?,
                repositories: repositories.transpose()?,
                scopes: scopes.transpose()?,
                token_ttl: self.token_ttl.map(ttl).transpose()?,
                timeout: self.timeout.map(timeout).transpose()?,
            },
            account: checks::account(
                place,
                self.token_file,
                self.token_command,
                self.ionos_profile,
            )?,
            target: checks::target(place, self.registry_id, self.registry_name)?,
            profile: self.profile,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{"defaults":{"actions":["pull"],"tokenTtl":"12h","timeout":"8s","tokenFile":"/t"},"profiles":{"deploy":{"repositories":["team/*"]}},"registries":{"demo.cr.de-fra.ionos.com":{"ionosProfile":"ci","profile":"deploy"},"127.0.0.1:5000":{"registryId":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","tokenCommand":["op"]}}}"#;

    // Where paths begin with a slash.
    #[cfg(unix)]
    #[test]
    fn the_sample_is_a_configuration() {
        assert!(ConfigFile::parse(PathBuf::from("x"), SAMPLE.as_bytes()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_configuration_is_read_or_refused_in_one_line(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::config(&bytes);
        }
    }
}
