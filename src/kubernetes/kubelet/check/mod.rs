//! `kubelet --check`: a `CredentialProviderConfig` as a kubelet reads it.
//!
//! A kubelet does not start with a configuration it refuses, says little about why, and nothing
//! about what it accepts and never uses. Reported is what it refuses, what never matches or works,
//! and, as warnings, what will fail when we are run. No value of `env` is ever printed.

mod document;
mod duration;
mod images;
mod provider;
mod shape;

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::{Failure, one_line, system};
use crate::files;

const KIND: &str = "CredentialProviderConfig";
/// The versions of the configuration, the newest first.
const API_VERSIONS: [&str; 3] = [
    "kubelet.config.k8s.io/v1",
    "kubelet.config.k8s.io/v1beta1",
    "kubelet.config.k8s.io/v1alpha1",
];

/// What a configuration comes to.
#[derive(Debug, Default)]
pub struct Report {
    /// What has to be mended.
    pub findings: Vec<Finding>,
    /// What may be meant, or may only be so on this machine.
    pub warnings: Vec<Failure>,
}

/// Something that has to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    file: String,
    place: String,
    verdict: Verdict,
    why: Failure,
}

/// What a kubelet makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Refused,
    NeverMatches,
    NeverWorks,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        let verdict = match self.verdict {
            Verdict::Refused => "refused",
            Verdict::NeverMatches => "never matches",
            Verdict::NeverWorks => "never works",
        };
        write!(f, "{verdict}: {}", self.why)
    }
}

/// What is found in one file.
struct Findings<'r> {
    file: String,
    report: &'r mut Report,
}

impl Findings<'_> {
    fn refused(&mut self, place: &str, what: impl Into<String>, hint: impl Into<String>) {
        self.add(Verdict::Refused, place, what, hint);
    }

    fn add(
        &mut self,
        verdict: Verdict,
        place: &str,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report.findings.push(Finding {
            file: self.file.clone(),
            place: place.to_owned(),
            verdict,
            why: Failure::new(what, hint),
        });
    }

    fn warn(&mut self, place: &str, what: impl fmt::Display, hint: impl Into<String>) {
        let what = format!("{}: {place}: {what}", self.file);
        self.report.warnings.push(Failure::new(what, hint));
    }
}

/// Checks a file, or all files of a directory as one.
pub fn read(path: &Path) -> Result<Report, Failure> {
    let mut report = Report::default();
    let mut seen = Seen::default();
    for file in files_of(path)? {
        let mut findings = Findings {
            file: one_line(&file.display().to_string()),
            report: &mut report,
        };
        let content = files::read_foreign(&file).map_err(|err| {
            Failure::new(
                format!("cannot read {}: {}", findings.file, system(&err)),
                "name the file that --image-credential-provider-config names",
            )
        })?;
        check(&content, &mut seen, &mut findings);
    }
    let mut all = Findings {
        file: one_line(&path.display().to_string()),
        report: &mut report,
    };
    // Counted once for all files; where one is unreadable nothing can be said about all.
    if !seen.unreadable && seen.names.is_empty() {
        all.refused("providers", "there is none", "add docker-credential-ionos");
    } else if !seen.unreadable && !seen.ours {
        all.add(
            Verdict::NeverWorks,
            "providers",
            "none is docker-credential-ionos",
            "add one of that name, or with matchImages of ionos.com",
        );
    }
    Ok(report)
}

/// Checks what one file holds.
#[cfg(any(test, fuzzing))]
pub(crate) fn content(content: &[u8]) -> Report {
    let mut report = Report::default();
    let mut findings = Findings {
        file: "providers.yaml".into(),
        report: &mut report,
    };
    check(content, &mut Seen::default(), &mut findings);
    report
}

/// What is known across files.
#[derive(Default)]
struct Seen {
    names: Vec<String>,
    ours: bool,
    unreadable: bool,
}

/// A kubelet takes the files of a directory by these endings, in the order of their names.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let found: Vec<PathBuf> = files::names(path)
        .into_iter()
        .map(|name| path.join(name))
        .filter(|file| !file.is_dir())
        .filter(|file| {
            file.extension()
                .is_some_and(|it| it == "json" || it == "yaml" || it == "yml")
        })
        .collect();
    if found.is_empty() {
        return Err(Failure::new(
            format!(
                "there is no .json, .yaml or .yml file in {}",
                one_line(&path.display().to_string())
            ),
            "name the file or directory that --image-credential-provider-config names",
        ));
    }
    Ok(found)
}

fn check(content: &[u8], seen: &mut Seen, findings: &mut Findings<'_>) {
    let value = match document::parse(content) {
        Ok(value) => value,
        Err(why) => {
            seen.unreadable = true;
            return findings.refused("", why.what, why.hint);
        }
    };
    let Some(top) = shape::object(&value, "", &shape::TOP, findings) else {
        seen.unreadable = true;
        return;
    };
    let version = header(top, findings);
    let providers = top.get("providers").and_then(Value::as_array);
    for (n, value) in providers.into_iter().flatten().enumerate() {
        let place = format!("providers[{n}]");
        let keys = shape::provider(version);
        if let Some(provider) = shape::object(value, &place, keys, findings) {
            provider::check(provider, &place, seen, findings);
        } else {
            seen.unreadable = true;
        }
    }
    seen.unreadable |= top.contains_key("providers") && providers.is_none();
}

/// Kind and version; returns the version, the newest if it is not known.
fn header(top: &Map<String, Value>, findings: &mut Findings<'_>) -> &'static str {
    let text = |key: &str| top.get(key).and_then(Value::as_str);
    let write = |right: &str| format!("write {right}");
    match text("kind") {
        Some(KIND) => {}
        _ if shape::is_odd(top, "kind") => {}
        Some(_) => findings.refused("kind", format!("not {KIND}"), write(KIND)),
        None => findings.refused("kind", "missing", write(KIND)),
    }
    let known =
        text("apiVersion").and_then(|it| API_VERSIONS.into_iter().find(|known| it == *known));
    if known.is_none() && !shape::is_odd(top, "apiVersion") {
        let what = text("apiVersion").map_or("missing", |_| "no version of a configuration");
        findings.refused("apiVersion", what, write(API_VERSIONS[0]));
    }
    known.unwrap_or(API_VERSIONS[0])
}

#[cfg(test)]
mod tests {
    const SAMPLE: &str = "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\nproviders:\n- name: docker-credential-ionos\n  matchImages: [\"*.cr.*.ionos.com\"]\n  defaultCacheDuration: 0s\n  apiVersion: credentialprovider.kubelet.k8s.io/v1\n  args: [kubelet]\n  env: [{name: IONOS_TOKEN_FILE, value: /t}]\n";

    proptest::proptest! {
        #[test]
        fn any_configuration_is_reported_on_in_single_lines(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::kubelet_config(&bytes);
        }
    }
}
