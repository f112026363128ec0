//! `kubelet --check`: this program's entry in a kubelet's `CredentialProviderConfig`.
//!
//! Other providers and the rest of the validation are left to the kubelet. Values of `env` and
//! `args` may be secrets and are never printed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ApiVersion;
use super::provider_config::{Config, Provider};
use crate::config::{self, ConfigFile};
use crate::error::{Failure, one_line, shown, system};
use crate::files::{self, UserFile};
use crate::json::Object;
use crate::registry_host::RegistryHost;

/// The program's file name in the plugin directory; a profile may follow it.
const NAME: &str = "docker-credential-ionos";

/// The result of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// What has to be corrected.
    pub errors: Vec<Failure>,
    /// What may be intended, or may differ on the node.
    pub warnings: Vec<Failure>,
}

/// Checks a file, or the files of a directory as one configuration, as the kubelet reads them.
pub fn read(path: &Path) -> Result<Report, Failure> {
    let mut report = Report::default();
    let mut has_entry = false;
    for file in files_of(path) {
        let name = shown(&file);
        let hint = "pass the path of the kubelet's configuration";
        let file = UserFile::read(&file)
            .map_err(|err| Failure::new(format!("cannot read {name}: {}", system(&err)), hint))?;
        has_entry |= check(&name, &file.unchecked(), &mut report);
    }
    if !has_entry && report.errors.is_empty() {
        let what = format!("{}: no provider is named {NAME}", path.display());
        report.errors.push(Failure::new(what, "add one"));
    }
    Ok(report)
}

/// The kubelet reads the files of a directory that have these extensions.
fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let is_read = |name: &String| {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        matches!(extension, Some("json" | "yaml" | "yml"))
    };
    let names = files::names(path).into_iter();
    names.filter(is_read).map(|it| path.join(it)).collect()
}

/// Checks one file. Returns whether it has an entry for this program.
pub(crate) fn check(file: &str, content: &[u8], report: &mut Report) -> bool {
    let providers = providers(content).unwrap_or_else(|failure| {
        report.errors.push(failure.within(file));
        Vec::new()
    });
    let mut has_entry = false;
    for (n, provider) in providers.into_iter().enumerate() {
        let name = provider["name"].as_str().unwrap_or_default();
        let patterns = provider["matchImages"].as_array().into_iter().flatten();
        let mut patterns = patterns.filter_map(Value::as_str);
        if !name.starts_with(NAME) && !patterns.any(is_ionos) {
            continue;
        }
        has_entry = true;
        let place = format!("{file}: providers[{n}]");
        match config::from_value::<Provider>(provider, &place) {
            Ok(provider) => provider.check(&place, report),
            Err(failure) => report.errors.push(failure),
        }
    }
    has_entry
}

/// Errors of the YAML parser quote values, so none is passed on.
fn providers(content: &[u8]) -> Result<Vec<Value>, Failure> {
    let hint = "write one YAML document with unique keys, in UTF-8";
    let text = str::from_utf8(content).map_err(|_| Failure::new("not valid UTF-8", hint))?;
    let document: Value = serde_saphyr::from_str(text).map_err(|err| {
        let line = err.location().map_or(0, |location| location.line());
        Failure::new(format!("invalid YAML at line {line}"), hint)
    })?;
    config::from_value::<Config>(document, "").map(|config| config.providers)
}

fn is_ionos(pattern: &str) -> bool {
    let host = pattern.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host.to_ascii_lowercase().ends_with("ionos.com")
}

/// Whether a pattern can match the host of an IONOS registry. A wildcard stands for one label.
fn can_match(pattern: &str) -> bool {
    let host = pattern.split('/').next().unwrap_or_default();
    (0..host.split('.').count()).any(|cr| {
        let labels = host.split('.').enumerate();
        let labels = labels.map(|(n, label)| match label.contains(['*', '?', '[']) {
            true if n == cr => "cr",
            true => "x",
            false => label,
        });
        let host = labels.collect::<Vec<_>>().join(".");
        RegistryHost::parse(&host).is_ok_and(|it| it.is_ionos() && it.as_str() == host)
    })
}

impl Provider {
    fn check(&self, place: &str, report: &mut Report) {
        let failure = |what: &str, hint: &str| Failure::new(format!("{place}.{what}"), hint);
        let mut error = |what: &str, hint: &str| report.errors.push(failure(what, hint));
        let mut warn = |what: &str, hint: &str| report.warnings.push(failure(what, hint));
        if self.name.is_empty() || self.name.contains(['/', ' ']) {
            error("name is not a file name", "write the program's file name");
        }
        let args: Vec<&str> = self.args.iter().flatten().map(String::as_str).collect();
        let is_kubelet = |arg: &str| arg == "kubelet" || arg == "get-credentials";
        let is_profile = |arg: &str| arg.starts_with("--profile=");
        let is_known = match args[..] {
            [arg] | [arg, "--profile", _] | ["--profile", _, arg] => is_kubelet(arg),
            [a, b] => is_kubelet(a) && is_profile(b) || is_profile(a) && is_kubelet(b),
            _ => false,
        };
        if !is_known {
            let hint = "write [\"kubelet\"] or [\"kubelet\", \"--profile\", \"NAME\"]";
            error("args are not those of kubelet", hint);
        }
        if self.token_attributes.is_some() && self.api_version != ApiVersion::V1 {
            let hint = "write apiVersion: credentialprovider.kubelet.k8s.io/v1";
            error("tokenAttributes needs another apiVersion", hint);
        }
        let hint = "write *.cr.*.ionos.com and *.cr.ionos.com, without scheme and port";
        if self.match_images.is_empty() {
            error("matchImages is empty", hint);
        }
        let config = self.env("IONOS_CR_CONFIG").map(UserFile::read);
        let config =
            config.and_then(|file| ConfigFile::parse(PathBuf::new(), &file.ok()?.unchecked()).ok());
        let config = config.unwrap_or_default();
        for pattern in &self.match_images {
            let shown = format!("matchImages: '{}'", one_line(pattern));
            let host = RegistryHost::parse(pattern);
            if is_ionos(pattern) && !can_match(pattern) {
                error(&format!("{shown} matches no IONOS registry"), hint);
            } else if !is_ionos(pattern) && !host.is_ok_and(|host| config.is_ours(&host)) {
                let hint = "name it in registries of the config.json in IONOS_CR_CONFIG";
                warn(&format!("{shown} is not a registry of this program"), hint);
            }
        }
        let in_file = "write the token into a file for root and name it in IONOS_TOKEN_FILE";
        let readable = "is a secret in a file that others may be able to read";
        let no_effect = "has no effect: the kubelet gets tokens that can only pull";
        for (name, what, hint) in [
            ("IONOS_TOKEN", readable, in_file),
            ("IONOS_PASSWORD", readable, in_file),
            ("IONOS_CR_ACTIONS", no_effect, "add --profile to args"),
        ] {
            if self.env(name).is_some() {
                warn(&format!("env: {name} {what}"), hint);
            }
        }
        for name in ["IONOS_TOKEN_FILE", "IONOS_CR_CONFIG"] {
            let Some(path) = self.env(name) else { continue };
            let mut hint = "create it on the node";
            let why = match UserFile::read(path).map(UserFile::unchecked) {
                _ if !path.is_absolute() => {
                    hint = "begin it with /";
                    "not an absolute path".to_owned()
                }
                Ok(content) if content.is_empty() => "the file is empty".to_owned(),
                Ok(_) => continue,
                Err(err) => system(&err),
            };
            warn(&format!("env: {name}: {why}"), hint);
        }
    }

    /// The last variable of a name is in effect.
    fn env(&self, name: &str) -> Option<&Path> {
        let mut variables = self.env.iter().flatten().rev();
        let Object(variable) = variables.find(|Object(it)| it.name == name)?;
        Some(Path::new(&variable.value)).filter(|_| !variable.value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    const SAMPLE: &str = "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\nproviders:\n- name: docker-credential-ionos\n  matchImages: [\"*.cr.*.ionos.com\"]\n  defaultCacheDuration: 0s\n  apiVersion: credentialprovider.kubelet.k8s.io/v1\n  args: [kubelet]\n  env: [{name: IONOS_TOKEN_FILE, value: /t}]\n";

    proptest::proptest! {
        #[test]
        fn any_input_has_one_line_errors(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::kubelet_config(&bytes);
        }
    }
}
