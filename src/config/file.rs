//! `config.json`: checked as a whole before any of it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::parse::{self, at};
use super::schema::{Layer, Schema, Section};
use crate::env;
use crate::error::{Failure, one_line, shown, system};
use crate::files::{Owner, UserFile};
use crate::registry_host::RegistryHost;

/// The configuration file; empty if there is none.
#[derive(Debug, Clone, Default)]
pub struct ConfigFile {
    /// Its path, for messages; empty without a home directory.
    pub path: PathBuf,
    /// For every registry.
    pub defaults: Section,
    /// Who can change the file.
    pub owner: Owner,
    /// By name.
    pub profiles: BTreeMap<String, Layer>,
    /// By host; these hosts are ours, whatever their domain.
    pub registries: BTreeMap<RegistryHost, Section>,
    /// In place of the built-in timeout of a `get`.
    pub default_timeout: Option<Duration>,
}

impl ConfigFile {
    /// Reads the file that `IONOS_CR_CONFIG` names, otherwise the one in the platform's directory.
    /// The second may be missing, the first may not.
    pub fn load() -> Result<Self, Failure> {
        let named = env::path("IONOS_CR_CONFIG");
        let Some(path) = named.clone().or_else(env::config_file) else {
            return Ok(Self::default());
        };
        let file = match UserFile::read(&path) {
            Ok(file) => file,
            Err(err) if named.is_none() && is_missing(&path, &err) => {
                return Ok(Self {
                    path,
                    ..Self::default()
                });
            }
            Err(err) => {
                let hint = match named {
                    Some(_) => "correct IONOS_CR_CONFIG or unset it",
                    None => "make it a readable file, or remove it",
                };
                let what = format!("cannot read {}: {}", path.display(), system(&err));
                return Err(Failure::new(what, hint));
            }
        };
        let (content, owner) = file.trusted().map_err(|err| err.failure(&path))?;
        let config =
            Self::parse(path.clone(), &content).map_err(|failure| failure.within(&shown(&path)))?;
        Ok(Self { owner, ..config })
    }

    /// Reads the file for `host`; `None` if the host is not ours. An unreadable file may name the
    /// host, but it must not make pulls from other registries fail.
    pub fn load_if_ours(host: &RegistryHost) -> Result<Option<Self>, Failure> {
        match Self::load() {
            Ok(config) => Ok(Some(config).filter(|config| config.is_ours(host))),
            Err(_) if !host.is_ionos() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(crate) fn parse(path: PathBuf, content: &[u8]) -> Result<Self, Failure> {
        // Some editors on Windows write a byte order mark.
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let schema: Schema = parse::from_slice(content)?;
        let defaults = schema.defaults.unwrap_or_default().0.check();
        let mut file = Self {
            path,
            defaults: defaults.map_err(|failure| failure.within("defaults"))?,
            ..Self::default()
        };
        for (name, layer) in schema.profiles.unwrap_or_default() {
            let place = at("profiles", &name);
            check_profile_name(&name, &place)?;
            let layer = layer.unwrap_or_default().0.layer();
            let layer = layer.map_err(|failure| failure.within(&place))?;
            file.profiles.insert(name, layer);
        }
        for (key, entry) in schema.registries.unwrap_or_default() {
            let place = at("registries", &key);
            let host = RegistryHost::parse(&key).map_err(|_| {
                Failure::new(
                    format!("{place} is not the host of a registry"),
                    "write the host as docker does, such as demo.cr.de-fra.ionos.com or 127.0.0.1:5000",
                )
            })?;
            let entry = entry.unwrap_or_default().0.check();
            let entry = entry.map_err(|failure| failure.within(&place))?;
            if let Some(name) = &entry.profile {
                file.profile(name)
                    .map_err(|failure| failure.within(&at(&place, "profile")))?;
            }
            if file.registries.insert(host, entry).is_some() {
                let what = format!("{place} is a duplicate of a key in another spelling");
                return Err(Failure::new(what, "keep one of them"));
            }
        }
        Ok(file)
    }

    /// The settings of a profile: those of the file over the built-in ones.
    pub fn profile(&self, name: &str) -> Result<Layer, Failure> {
        let built_in: Option<&[&str]> = match name {
            "pull" => Some(&["pull"]),
            "push" => Some(&["pull", "push"]),
            _ => None,
        };
        let configured = self.profiles.get(name);
        if built_in.is_none() && configured.is_none() {
            let mut names: BTreeSet<&str> = ["pull", "push"].into();
            names.extend(self.profiles.keys().map(String::as_str));
            let names: Vec<&str> = names.into_iter().collect();
            return Err(Failure::new(
                format!("there is no profile '{}'", one_line(name)),
                format!("profiles are {}", names.join(", ")),
            ));
        }
        let mut layer = configured.cloned().unwrap_or_default();
        let built_in = built_in.map(|it| it.iter().map(ToString::to_string).collect());
        layer.actions = layer.actions.or(built_in);
        Ok(layer)
    }
}

/// Whether the file does not exist for this user. A container that runs as another user may have a
/// home directory that this user cannot read. A file that exists and cannot be read is an error.
fn is_missing(path: &Path, err: &std::io::Error) -> bool {
    match err.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => true,
        ErrorKind::PermissionDenied => path.symlink_metadata().is_err(),
        _ => false,
    }
}

/// A profile's name is part of file names and of the program's own name.
fn check_profile_name(name: &str, place: &str) -> Result<(), Failure> {
    let is_valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    let is_short = (1..=40).contains(&name.len());
    if is_short && name.bytes().all(is_valid) && name != super::DEFAULT_PROFILE {
        return Ok(());
    }
    Err(Failure::new(
        format!("{place} is not a valid name for a profile"),
        "use up to 40 lower-case letters, digits, - and _, and not 'default'",
    ))
}

#[cfg(test)]
mod tests {
    const SAMPLE: &str = r#"{"defaults":{"actions":["pull"],"tokenTtl":"12h","timeout":"8s","tokenFile":"/t"},"profiles":{"deploy":{"repositories":["team/*"]}},"registries":{"demo.cr.de-fra.ionos.com":{"ionosProfile":"ci","profile":"deploy"},"127.0.0.1:5000":{"registryId":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","tokenCommand":["op"]}}}"#;

    // Where paths begin with a slash.
    #[cfg(unix)]
    #[test]
    fn sample_is_valid() {
        let path = std::path::PathBuf::from("x");
        assert!(super::ConfigFile::parse(path, SAMPLE.as_bytes()).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_input_is_a_configuration_or_a_one_line_error(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::config(&bytes);
        }
    }
}
