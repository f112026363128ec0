//! A server's base URL and the proof of identity that it must give.
//!
//! The IONOS clients disagree on whether `IONOS_API_URL` contains the product's path, so every
//! form that one of them accepts is normalised to the same URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

use super::pin::{Fingerprint, PINNED_CERT};
use super::tls::Proof;
use crate::env;
use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;

/// All but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const DEFAULT: &str = "https://api.ionos.com/containerregistries";
const PRODUCT: &str = "/containerregistries";
/// Paths of other products that end up in `IONOS_API_URL`.
const OTHER_PRODUCTS: [&str; 2] = ["/cloudapi/v6", "/auth/v1"];

/// A server: its base URL, and the proof of identity that it must give before a request is sent.
/// They are one value, so that the TLS settings of one server cannot be used for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Without a slash at the end.
    url: String,
    pub(super) proof: Proof,
}

impl Endpoint {
    /// The API at `IONOS_API_URL`, if the variable is set.
    pub fn from_env() -> Result<Option<Self>, Failure> {
        env::var("IONOS_API_URL")
            .map(|url| Self::of(&url, "IONOS_API_URL"))
            .transpose()
    }

    /// The API at `url`, which `source` sets.
    pub fn of(url: &str, source: &str) -> Result<Self, Failure> {
        Self::parse(url).map_err(|why| {
            Failure::new(
                format!("{source} {why}"),
                "set it to a URL such as https://api.ionos.com or unset it",
            )
        })
    }

    /// The same server with the TLS settings that stand beside its URL: certificates to trust
    /// beside the system's (PEM), or no verification at all.
    #[must_use]
    pub fn with_tls(self, certificates: Option<String>, skip_verify: bool) -> Self {
        let proof = match certificates {
            _ if skip_verify => Proof::None,
            Some(pem) => Proof::SystemOr(pem),
            None => Proof::System,
        };
        Self { proof, ..self }
    }

    /// The same server, which must show the certificate of `IONOS_PINNED_CERT` if that is set.
    /// Nothing else then counts, as in the official clients.
    pub fn pinned_by_env(self) -> Result<Self, Failure> {
        Ok(match env::var(PINNED_CERT) {
            Some(pin) => Self {
                proof: Proof::Pinned(Fingerprint::parse(&pin)?),
                ..self
            },
            None => self,
        })
    }

    /// The same server, which must have a certificate of a CA in `ca` (PEM).
    #[must_use]
    pub fn trusting_only(self, ca: &str) -> Self {
        let proof = Proof::Only(ca.to_owned());
        Self { proof, ..self }
    }

    fn new(url: String) -> Self {
        let proof = Proof::System;
        Self { url, proof }
    }

    /// Reads a base URL with or without scheme, final slash and product path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let parsed = if text.contains("://") {
            text.parse::<Uri>()
        } else {
            format!("https://{text}").parse()
        };
        // The parser silently drops a fragment.
        let uri = match parsed {
            Ok(uri) if !text.contains('#') => uri,
            _ => return Err("is not a URL".into()),
        };
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("is not a URL".into());
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("holds a user or a query".into());
        }
        if authority.host().is_empty() {
            return Err("names no host".into());
        }
        // The parser ignores an invalid port, and the default port would be used.
        let has_port = authority.as_str().len() > authority.host().len();
        if has_port && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("names no port between 1 and 65535".into());
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            "http" => {
                return Err(format!(
                    "is plain http to {}, which would send the account's credentials in the clear",
                    one_line(authority.host())
                ));
            }
            _ => return Err("is neither http nor https".into()),
        }
        let mut path = uri.path().trim_end_matches('/');
        for other in OTHER_PRODUCTS {
            path = path.strip_suffix(other).unwrap_or(path);
        }
        let path = path.strip_suffix(PRODUCT).unwrap_or(path);
        let authority = authority.as_str().to_ascii_lowercase();
        Ok(Self::new(
            [scheme, "://", &authority, path, PRODUCT].concat(),
        ))
    }

    /// The API of a cluster at the address that its pods are given.
    pub fn of_cluster(host: &str, port: &str) -> Result<Self, Failure> {
        let bracketed = match host.parse::<std::net::Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.to_ascii_lowercase(),
        };
        let url = format!("https://{bracketed}:{port}");
        let is_whole = url.parse::<Uri>().is_ok_and(|uri| {
            uri.host() == Some(bracketed.as_str()) && uri.port_u16().is_some() && uri.path() == "/"
        });
        if is_whole && !host.is_empty() && !url.contains('#') {
            return Ok(Self::new(url));
        }
        Err(Failure::new(
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not an address",
            "keep the values that the cluster sets",
        ))
    }

    /// A registry. Docker expects plain HTTP from one on this machine.
    pub fn of_registry(host: &RegistryHost) -> Result<Self, Failure> {
        let Ok(uri) = format!("https://{host}").parse::<Uri>() else {
            let what = format!("{host} is not an address to connect to");
            return Err(Failure::new(what, "check its spelling"));
        };
        let is_plain = uri.host().is_some_and(is_loopback);
        let scheme = if is_plain { "http" } else { "https" };
        Ok(Self::new(format!("{scheme}://{host}")))
    }

    /// The token service that a registry names in its challenge.
    pub fn of_token_service(realm: &str) -> Result<Self, Failure> {
        let is_safe = realm.parse::<Uri>().is_ok_and(|uri| {
            let host = uri.host().unwrap_or_default();
            let is_safe = match uri.scheme_str() {
                Some("https") => !host.is_empty(),
                Some("http") => is_loopback(host),
                _ => false,
            };
            is_safe && uri.query().is_none() && !realm.contains(['#', '@'])
        });
        if is_safe {
            return Ok(Self::new(realm.to_owned()));
        }
        let realm = one_line(realm);
        Err(Failure::new(
            format!(
                "the registry names a token service that is not safe to send the credential to: '{realm}'"
            ),
            "it must be an https URL; ask IONOS support",
        ))
    }

    /// The base URL.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// `host[:port]`, for messages.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        let uri = self.url.parse::<Uri>();
        uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback))
    }

    /// A URL below the base.
    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut url = format!("{}{path}", self.url);
        for (n, (name, value)) in query.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            url.extend([name, "="]);
            url.extend(utf8_percent_encode(value, RESERVED));
        }
        url
    }
}

impl Default for Endpoint {
    /// The public API.
    fn default() -> Self {
        Self::new(DEFAULT.into())
    }
}

fn is_loopback(host: &str) -> bool {
    let address = bare(host).parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}

/// An IPv6 address without its brackets, and any other host as it is.
pub(super) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_public_api_is_normalised_to_one_url() {
        for spelling in [
            "api.ionos.com",
            "api.ionos.com/",
            "https://api.ionos.com",
            " https://API.ionos.com/ ",
            "https://api.ionos.com/containerregistries",
            "https://api.ionos.com/containerregistries/",
            "https://api.ionos.com/cloudapi/v6",
            "https://api.ionos.com/auth/v1/",
        ] {
            assert_eq!(
                Endpoint::parse(spelling).unwrap().url,
                DEFAULT,
                "{spelling}"
            );
        }
    }

    #[test]
    fn gateway_keeps_its_port_and_path() {
        for (text, base) in [
            (
                "https://gw.example:8443/ionos",
                "https://gw.example:8443/ionos/containerregistries",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/containerregistries",
            ),
            ("http://[::1]:80", "http://[::1]:80/containerregistries"),
            ("http://localhost", "http://localhost/containerregistries"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().url, base);
        }
    }

    #[test]
    fn unsafe_or_unclear_url_is_refused() {
        for text in [
            "http://api.ionos.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://api.ionos.com",
            "https://user:pw@api.ionos.com",
            "https://api.ionos.com?x=y",
            "https://",
            "://",
            "https://a b",
            "\u{0}",
        ] {
            let why = Endpoint::parse(text).unwrap_err();
            assert!(!why.contains("pw"), "{why}");
        }
    }

    #[test]
    fn cluster_address_needs_a_host_and_a_port() {
        for (host, port, url) in [
            ("10.96.0.1", "443", "https://10.96.0.1:443"),
            ("fd00::1", "6443", "https://[fd00::1]:6443"),
            ("Api.example", "443", "https://api.example:443"),
        ] {
            assert_eq!(Endpoint::of_cluster(host, port).unwrap().url, url);
        }
        for (host, port) in [
            ("", "443"),
            ("10.96.0.1", ""),
            ("10.96.0.1", "https"),
            ("10.96.0.1", "70000"),
            ("a@b", "443"),
            ("a/b", "443"),
            ("a", "443/x"),
            ("a", "443#x"),
            ("a b", "443"),
        ] {
            assert!(Endpoint::of_cluster(host, port).is_err(), "{host} {port}");
        }
    }

    #[test]
    fn query_values_are_encoded() {
        let endpoint = Endpoint::default();
        assert_eq!(
            endpoint.url(
                "/registries",
                &[("limit", "5"), ("pagination.token", "a+b/=&")]
            ),
            format!("{DEFAULT}/registries?limit=5&pagination.token=a%2Bb%2F%3D%26")
        );
    }
}
