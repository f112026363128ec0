//! What a client's file says about credentials, as the client reads it.

use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::json::{self, Document, Member};
use super::{is_our_helper, read};
use crate::env;
use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;

/// The parts of a client's file that concern credentials. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// Where the file is.
    pub path: PathBuf,
    /// Whether the file exists.
    pub exists: bool,
    /// Why podman refuses the file although Docker reads it.
    pub podman_refusal: Option<Failure>,
    /// The Docker context that the file selects.
    pub context: Option<String>,
    helpers: Vec<(String, String)>,
    logins: Vec<String>,
    creds_store: String,
}

impl ClientConfig {
    /// Reads a file as Docker does. A missing or blank file has no entries.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let content = read(path)?;
        let within = |failure: Failure| failure.within(&path.display().to_string());
        let config = Self::parse(content.as_deref().unwrap_or_default()).map_err(within)?;
        let refusal = config.podman_refusal.filter(|_| content.is_some());
        Ok(Self {
            path: path.to_owned(),
            exists: content.is_some(),
            podman_refusal: refusal.map(within),
            ..config
        })
    }

    pub(crate) fn parse(content: &[u8]) -> Result<Self, Failure> {
        let document = Document::read(content)?;
        let string = |value: &RawValue| serde_json::from_str(value.get()).unwrap_or_default();
        let mut config = Self::default();
        let mut types = Types::default();
        for Member { key, value } in json::members(document.object()).unwrap_or_default() {
            // Go ignores the case of keys that have a field, and merges duplicates.
            match key.to_ascii_lowercase().as_str() {
                "credhelpers" => {
                    for Member { key, value } in types.object(value, "credHelpers") {
                        let name = format!("credHelpers '{}'", one_line(&key));
                        types.check_string(value, &name);
                        config.helpers.push((key, string(value)));
                    }
                }
                "auths" => {
                    for member in types.object(value, "auths") {
                        if has_secret(&member, &mut types) {
                            config.logins.push(member.key);
                        }
                    }
                }
                "credsstore" => config.creds_store = string(value),
                "currentcontext" => config.context = Some(string(value)),
                _ => {}
            }
        }
        config.podman_refusal = podman_refusal(&document, types);
        Ok(config)
    }

    /// The value of `credHelpers` for exactly this host, as clients compare it. Empty: no helper,
    /// not even `credsStore`.
    pub fn helper_for(&self, host: &str) -> Option<&str> {
        // Clients take the last of duplicate keys.
        let mut helpers = self.helpers.iter().rev();
        let (_, helper) = helpers.find(|(key, _)| key == host)?;
        Some(helper)
    }

    /// The hosts that `credHelpers` sends to this program.
    pub fn hosts(&self) -> impl Iterator<Item = RegistryHost> {
        // Clients never look up a key in another spelling.
        let host = |key| {
            RegistryHost::parse(key)
                .ok()
                .filter(|it| it.as_str() == key)
        };
        self.our_keys().filter_map(host)
    }

    /// The keys of `credHelpers` that name one of our helpers, as written.
    pub fn our_keys(&self) -> impl Iterator<Item = &str> {
        let helpers = self.helpers.iter();
        let ours = helpers.filter(|(_, helper)| is_our_helper(helper));
        ours.map(|(key, _)| key.as_str())
    }

    /// The keys of `auths`, as written, with a login for this host or a namespace of it.
    pub fn login_keys(&self, host: &RegistryHost) -> impl Iterator<Item = &str> {
        let is_for_host = |key: &&String| RegistryHost::parse(key).as_ref() == Ok(host);
        self.logins.iter().filter(is_for_host).map(String::as_str)
    }

    /// The helper that Docker uses for a host without an entry in `credHelpers`.
    pub fn creds_store(&self) -> Option<&str> {
        Some(self.creds_store.as_str()).filter(|name| !name.is_empty())
    }
}

/// Whether `DOCKER_AUTH_CONFIG` has a login for this host. Docker 28.3 and later prefers it.
pub fn docker_auth_config_has(host: &RegistryHost) -> bool {
    let Some(text) = env::var("DOCKER_AUTH_CONFIG") else {
        return false;
    };
    // Docker ignores what it cannot read.
    ClientConfig::parse(text.as_bytes())
        .is_ok_and(|config| config.login_keys(host).next().is_some())
}

/// Measured with docker 28.2 and podman 4.3.
fn podman_refusal(document: &Document<'_>, types: Types) -> Option<Failure> {
    let (what, hint) = if document.object().is_empty() {
        let what = "an empty file, which Docker accepts and podman refuses".to_owned();
        (what, "write {} into it, or remove it")
    } else if let Some(place) = document.tail() {
        let what = format!("text after the JSON object at {place}; Docker ignores it");
        (what + ", podman refuses the file", "remove that text")
    } else {
        let (what, hint) = types.wrong?;
        let effect = "Docker prints a warning and reads the rest, podman refuses the file";
        (format!("{what}; {effect}"), hint)
    };
    Some(Failure::new(what, hint))
}

/// The first value of a wrong type: what it is, and how to write it.
#[derive(Default)]
struct Types {
    wrong: Option<(String, &'static str)>,
}

impl Types {
    fn object<'a>(&mut self, value: &'a RawValue, name: &str) -> Vec<Member<'a>> {
        let members = json::members(value.get());
        if members.is_none() && value.get() != "null" {
            let what = format!("{name} is not an object");
            self.wrong.get_or_insert((what, json::IN_BRACES));
        }
        members.unwrap_or_default()
    }

    fn check_string(&mut self, value: &RawValue, name: &str) {
        if !value.get().starts_with('"') && value.get() != "null" {
            let what = format!("{name} is not a string");
            let hint = "write it in quotation marks: \"…\"";
            self.wrong.get_or_insert((what, hint));
        }
    }
}

/// Whether an entry of `auths` has a secret. Docker leaves an empty entry for a host with a helper.
fn has_secret(entry: &Member<'_>, types: &mut Types) -> bool {
    let name = format!("auths '{}'", one_line(&entry.key));
    let mut has_secret = false;
    for member in types.object(entry.value, &name) {
        if let "auth" | "username" | "password" | "identitytoken" | "registrytoken" =
            member.key.to_ascii_lowercase().as_str()
        {
            types.check_string(member.value, &format!("{name}: {}", member.key));
            has_secret |= !["\"\"", "null"].contains(&member.value.get());
        }
    }
    has_secret
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: impl AsRef<[u8]>) -> Result<ClientConfig, Failure> {
        ClientConfig::parse(text.as_ref())
    }

    fn host(text: &str) -> RegistryHost {
        RegistryHost::parse(text).unwrap()
    }

    #[test]
    fn helper_counts_for_exactly_its_host() {
        let config = parse(
            r#"{"credHelpers": {"demo.cr.de-fra.ionos.com": "ionos-pull", "https://a.cr.ionos.com": "ionos",
                "GCR.IO": "gcr", "b.cr.ionos.com": "ionosx", "c.cr.ionos.com": null}, "credsStore": "desktop"}"#,
        )
        .unwrap();
        let demo = host("demo.cr.de-fra.ionos.com");
        assert_eq!(config.helper_for(demo.as_str()), Some("ionos-pull"));
        assert_eq!(config.helper_for("a.cr.ionos.com"), None);
        assert_eq!(config.helper_for("gcr.io"), None);
        assert_eq!(config.helper_for("c.cr.ionos.com"), Some(""));
        assert!(config.hosts().eq([demo]));
        assert_eq!(config.our_keys().count(), 2);
        assert_eq!(config.creds_store(), Some("desktop"));
        assert_eq!(config.podman_refusal, None);
    }

    #[test]
    fn login_counts_for_its_host_and_an_empty_entry_does_not() {
        let config = parse(
            r#"{"auths": {"https://a.cr.ionos.com/v1/": {"auth": "eDp5"}, "b.cr.ionos.com/team": {"username": "x"},
                "c.cr.ionos.com": {}, "d.cr.ionos.com": {"auth": ""}, "e.cr.ionos.com": {"auth": null}}}"#,
        )
        .unwrap();
        let keys = |name: &str| -> Vec<String> {
            let host = host(&format!("{name}.cr.ionos.com"));
            config.login_keys(&host).map(ToOwned::to_owned).collect()
        };
        assert_eq!(keys("a"), ["https://a.cr.ionos.com/v1/"]);
        assert_eq!(keys("b"), ["b.cr.ionos.com/team"]);
        for name in ["c", "d", "e", "f"] {
            assert_eq!(keys(name), [""; 0], "{name}");
        }
    }

    #[test]
    fn file_is_read_as_docker_reads_it() {
        let entry = r#""a.cr.ionos.com": "ionos""#;
        let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let latin_1 = [
            b"{\"psFormat\": \"\xe9\", \"credHelpers\": {",
            entry.as_bytes(),
            b"}}",
        ];
        for (content, refusal) in [
            (
                format!("{{\"CREDHELPERS\": {{{entry}}}}}").into_bytes(),
                None,
            ),
            (
                format!("{{\"credHelpers\": {{{entry}}}, \"credHelpers\": {{}}}}").into_bytes(),
                None,
            ),
            (latin_1.concat(), None),
            (
                format!("{{\"a\": {}, \"credHelpers\": {{{entry}}}}}", deep(9_999)).into_bytes(),
                None,
            ),
            (
                format!("{{\"credHelpers\": {{{entry}}}}}\nrest").into_bytes(),
                Some(
                    "text after the JSON object at line 2, column 1; Docker ignores it, podman refuses the file",
                ),
            ),
            (
                format!("{{\"credHelpers\": {{\"b\": 5, {entry}}}}}").into_bytes(),
                Some(
                    "credHelpers 'b' is not a string; Docker prints a warning and reads the rest, podman refuses the file",
                ),
            ),
            (
                format!("{{\"auths\": [], \"credHelpers\": {{{entry}}}}}").into_bytes(),
                Some(
                    "auths is not an object; Docker prints a warning and reads the rest, podman refuses the file",
                ),
            ),
        ] {
            let config = parse(&content).unwrap();
            assert!(config.hosts().eq([host("a.cr.ionos.com")]));
            let found = config.podman_refusal.map(|failure| failure.what);
            assert_eq!(found.as_deref(), refusal);
        }
        assert_eq!(parse("null").unwrap().podman_refusal, None);
        let blank = parse(" \n").unwrap();
        assert_eq!(blank.hosts().count(), 0);
        assert!(blank.podman_refusal.is_some());
    }

    #[test]
    fn file_that_docker_cannot_read_is_refused_without_quoting_it() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for (content, what) in [
            (
                &b"{\n \"a\": hunter2}"[..],
                "invalid JSON at line 2, column 7",
            ),
            (b"\"hunter2\"", "not a JSON object"),
            (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
            (b"\xff\xfe{\0}\0", "is UTF-16, not UTF-8"),
            (b"\xfe\xff\0{\0}", "is UTF-16, not UTF-8"),
            (deep.as_bytes(), "nested deeper than 10000 levels"),
        ] {
            let failure = parse(content).unwrap_err();
            assert_eq!(failure.what, format!("{what}"));
        }
    }
}
