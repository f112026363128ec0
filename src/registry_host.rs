//! The server URL of a client, normalised to `host[:port]`, and whether that host is ours.
//!
//! Clients send bare hosts, URLs with and without a path, upper case, ports and line ends; the tests
//! list the forms and which client sends them. Every verb and the cache use this one function.

use std::fmt;
use std::net::Ipv6Addr;

/// A registry's address as `host[:port]`, lower case, without the default port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegistryHost(String);

/// Why a string is not a registry's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotARegistry {
    /// Only white space.
    Empty,
    /// An unknown scheme, user info, or no host.
    Malformed,
}

/// Longer than any image reference.
const LONGEST: usize = 4096;

impl RegistryHost {
    /// Reads what a client sent.
    ///
    /// ```
    /// use docker_credential_ionos::registry_host::RegistryHost;
    /// let registry = RegistryHost::parse("https://Demo.cr.de-fra.ionos.com:443/v2/\r\n").unwrap();
    /// assert_eq!(registry.as_str(), "demo.cr.de-fra.ionos.com");
    /// assert!(registry.is_ionos());
    /// ```
    pub fn parse(input: &str) -> Result<Self, NotARegistry> {
        let text = input.trim_ascii();
        if text.is_empty() {
            return Err(NotARegistry::Empty);
        }
        Self::parse_trimmed(text).ok_or(NotARegistry::Malformed)
    }

    fn parse_trimmed(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        let (scheme, rest) = split_scheme(text);
        let default_port = match scheme {
            None => 443,
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => 443,
            Some(scheme) if scheme.eq_ignore_ascii_case("http") => 80,
            Some(_) => return None,
        };
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let (host, port) = split_port(authority)?;
        let mut address = canonical_host(host)?;
        match port {
            // 443 also after `http://`: docker and nerdctl try both schemes for one registry.
            None | Some(443) => {}
            Some(port) if port == default_port => {}
            Some(port) => {
                address.push(':');
                address.push_str(&port.to_string());
            }
        }
        Some(Self(address))
    }

    /// `host[:port]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the host is IONOS's: `*.cr.LOCATION.ionos.com` or `*.cr.ionos.com`.
    ///
    /// Anchored at both ends, because the account's credentials are used for such hosts.
    pub fn is_ionos(&self) -> bool {
        self.ionos_parts().is_some()
    }

    /// The location in an IONOS host name: `de-fra` for the location `de/fra`.
    pub fn location(&self) -> Option<&str> {
        self.ionos_parts()?.1
    }

    /// The labels before `.cr`, and the location after it.
    fn ionos_parts(&self) -> Option<(&str, Option<&str>)> {
        let rest = self.0.strip_suffix(".ionos.com")?;
        let (name, location) = if let Some(name) = rest.strip_suffix(".cr") {
            (name, None)
        } else {
            let (name, location) = rest.rsplit_once('.')?;
            (name.strip_suffix(".cr")?, Some(location))
        };
        let mut labels = name.split('.').chain(location);
        labels.all(is_label).then_some((name, location))
    }

    /// The first label. So far it has always been the registry's name: a hint for a search, no
    /// proof.
    pub fn first_label(&self) -> &str {
        self.0.split(['.', ':']).next().unwrap_or_default()
    }

    /// The address as a file name. Windows forbids `:`, and opens a device for `nul` and `nul.json`. No
    /// host contains `+`.
    pub fn file_name(&self) -> String {
        let name = self.0.replace(':', "+");
        let stem = name.split('.').next().unwrap_or_default();
        if cfg!(windows) && is_device(stem) {
            format!("+{name}")
        } else {
            name
        }
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn is_device(stem: &str) -> bool {
    let numbered = stem
        .strip_prefix("com")
        .or_else(|| stem.strip_prefix("lpt"));
    matches!(stem, "con" | "prn" | "aux" | "nul")
        || numbered.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
}

/// Splits off `scheme://` or a bare `//`. A `://` inside a path is not a scheme.
fn split_scheme(text: &str) -> (Option<&str>, &str) {
    if let Some(rest) = text.strip_prefix("//") {
        return (None, rest);
    }
    match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (Some(scheme), rest),
        _ => (None, text),
    }
}

/// Splits `host:port`, with the colons of `[::1]` left in the host.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(host_end);
    if rest.is_empty() {
        return Some((host, None));
    }
    let digits = rest.strip_prefix(':')?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((host, Some(digits.parse().ok()?)))
}

fn canonical_host(host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
    fits.then(|| host.to_ascii_lowercase())
}

/// Whether a string has the characters of a label of a host name (RFC 1123), in lower case. The length
/// is not checked.
pub fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const R: &str = "demo.cr.de-fra.ionos.com";

    fn read(text: &str) -> String {
        match RegistryHost::parse(text) {
            Ok(registry) => registry.0,
            Err(why) => format!("{why:?}"),
        }
    }

    #[test]
    fn every_form_clients_send_is_the_same_registry() {
        for form in [
            "demo.cr.de-fra.ionos.com",
            "demo.cr.de-fra.ionos.com\n",    // testcontainers-node, .NET
            "demo.cr.de-fra.ionos.com \r\n", // rules_oci on Windows
            "https://demo.cr.de-fra.ionos.com", // docker logout, fabric8
            "http://demo.cr.de-fra.ionos.com", // docker logout with credsStore
            "HTTPS://demo.cr.de-fra.ionos.com",
            "//demo.cr.de-fra.ionos.com",
            "https://demo.cr.de-fra.ionos.com/",
            "https://demo.cr.de-fra.ionos.com/v1/",
            "https://demo.cr.de-fra.ionos.com/v2/",
            "demo.cr.de-fra.ionos.com/ns/repo", // crane, ko, cosign, kaniko
            "demo.cr.de-fra.ionos.com/ns/repo@sha256:0",
            "demo.cr.de-fra.ionos.com/to?http://x",
            "demo.cr.de-fra.ionos.com?x",
            "demo.cr.de-fra.ionos.com#x",
            "demo.cr.de-fra.ionos.com:443", // nerdctl
            "https://demo.cr.de-fra.ionos.com:443",
            "http://demo.cr.de-fra.ionos.com:443",
            "http://demo.cr.de-fra.ionos.com:80",
            "DEMO.CR.DE-FRA.IONOS.COM", // docker keeps the user's case
            "demo.cr.de-fra.ionos.com.",
            "demo.cr.de-fra.ionos.com.:443",
        ] {
            assert_eq!(read(form), R, "{form:?}");
        }
    }

    #[test]
    fn other_addresses_stay_apart() {
        for (form, address) in [
            (
                "demo.cr.de-fra.ionos.com:8443",
                "demo.cr.de-fra.ionos.com:8443",
            ),
            (
                "https://demo.cr.de-fra.ionos.com:80",
                "demo.cr.de-fra.ionos.com:80",
            ),
            ("127.0.0.1:5055", "127.0.0.1:5055"),
            ("[::1]:5000", "[::1]:5000"),
            ("[0:0::1]", "[::1]"),
            ("localhost:5000", "localhost:5000"),
            ("LOCALHOST:5000", "localhost:5000"),
            ("https://index.docker.io/v1/", "index.docker.io"),
            (
                "https://index.docker.io/v1/refresh-token",
                "index.docker.io",
            ),
            ("my_registry:5000", "my_registry:5000"),
        ] {
            assert_eq!(read(form), address);
            assert!(!RegistryHost::parse(form).unwrap().is_ionos(), "{form}");
        }
    }

    #[test]
    fn invalid_address_is_refused() {
        assert_eq!(read(""), "Empty");
        assert_eq!(read(" \r\n\t"), "Empty");
        for form in [
            "user@demo.cr.de-fra.ionos.com",
            "https://user:pw@demo.cr.de-fra.ionos.com/",
            "demo.cr.de-fra.ionos.com evil",
            "demo.cr.de-fra.ionos.com\0",
            "demo.cr.de-fra.ionos.com/\u{7f}",
            "demo.cr.de-fra.ionos.com\nevil.example",
            "demo.cr.de-fra.ionos.com\\evil.example",
            "nerdctl-experimental://demo.cr.de-fra.ionos.com:443/host/x?ns=y",
            "ftp://demo.cr.de-fra.ionos.com",
            "https://",
            "https:///v2/",
            "/v2/",
            ".",
            "demo.cr.de-fra.ionos.com..",
            "demo..cr.de-fra.ionos.com",
            ".cr.de-fra.ionos.com",
            "demo.cr.de-fra.ionos.com:",
            "demo.cr.de-fra.ionos.com:http",
            "demo.cr.de-fra.ionos.com:+443",
            "demo.cr.de-fra.ionos.com:65536",
            "demo.cr.de-fra.ionos.com:443:443",
            "[::1",
            "[demo.cr.de-fra.ionos.com]",
            "x[::1]:5000",
            "demo.cr.de-fra.ionos.com\u{200b}",
            "démo.cr.de-fra.ionos.com",
        ] {
            assert_eq!(read(form), "Malformed", "{form:?}");
        }
        assert_eq!(read(&format!("{R}/{}", "x".repeat(LONGEST))), "Malformed");
    }

    #[test]
    fn only_names_under_cr_are_ours() {
        for ours in [
            R,
            "demo.cr.ionos.com",
            "a.b.cr.es-vit.ionos.com",
            "cr.cr.ionos.com",
        ] {
            assert!(RegistryHost(ours.into()).is_ionos(), "{ours}");
        }
        for not_ours in [
            "cr.de-fra.ionos.com",
            "cr.ionos.com",
            "ionos.com",
            "demo.ionos.com",
            "api.ionos.com",
            "demo.cr.de.fra.ionos.com",
            "democr.ionos.com",
            "demo.cr.de-fra.ionos.com.evil.example",
            "demo.cr.de-fra.ionos.community",
            "demo.cr.de-fra.evil-ionos.com",
            "demo.cr.de-fra.ionos.com:8443",
            "-demo.cr.ionos.com",
            "demo.cr.-.ionos.com",
            "de_mo.cr.ionos.com",
            "docker.io",
            "ghcr.io",
        ] {
            assert!(!RegistryHost(not_ours.into()).is_ionos(), "{not_ours}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_address_that_reads_as_itself(text in "\\PC*") {
            crate::testing::server_url(&text);
        }

        #[test]
        fn any_address_of_ours_ends_in_our_domain(text in "[a-zA-Z0-9.:/@?#\\[\\] -]{0,40}(\\.cr)?(\\.[a-z-]{1,9})?(\\.ionos\\.com)?[./:a-z0-9@]{0,12}") {
            crate::testing::server_url(&text);
        }
    }
}
