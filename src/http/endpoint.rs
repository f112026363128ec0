//! Where the API is.
//!
//! The clients of IONOS disagree on whether `IONOS_API_URL` holds the product's path, so every
//! form they accept is brought to one.

use std::fmt::Write as _;

use ureq::http::Uri;

use crate::env;
use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;

const DEFAULT: &str = "https://api.ionos.com/containerregistries";
const PRODUCT: &str = "/containerregistries";
/// Paths of other products that end up in `IONOS_API_URL`.
const OTHER_PRODUCTS: [&str; 2] = ["/cloudapi/v6", "/auth/v1"];

/// The API's base URL, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// What `IONOS_API_URL` says.
    pub fn from_env() -> Result<Option<Self>, Failure> {
        env::var("IONOS_API_URL")
            .map(|text| Self::of(&text, "IONOS_API_URL"))
            .transpose()
    }

    /// The API that `source` names.
    pub fn of(text: &str, source: &str) -> Result<Self, Failure> {
        Self::parse(text).map_err(|why| {
            Failure::new(
                format!("{source} {why}"),
                "set it to a URL such as https://api.ionos.com or unset it",
            )
        })
    }

    /// Reads a base URL with or without scheme, final slash and product path.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        // The parser drops a fragment without a word.
        if text.contains('#') {
            return Err("is not a URL".into());
        }
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let uri: Uri = with_scheme.parse().map_err(|_| "is not a URL".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("is not a URL".into());
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err("holds a user or a query".into());
        }
        if authority.host().is_empty() {
            return Err("names no host".into());
        }
        // The parser reads a port that is none as if there were none, and another would be asked.
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
        Ok(Self(format!("{scheme}://{authority}{path}{PRODUCT}")))
    }

    /// The API of the cluster whose address a pod was given.
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
            return Ok(Self(url));
        }
        Err(Failure::new(
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no address",
            "leave both as the cluster sets them",
        ))
    }

    /// A registry. One on this machine speaks plain HTTP, as Docker expects it to.
    pub fn of_registry(host: &RegistryHost) -> Result<Self, Failure> {
        let https = Self(format!("https://{host}"));
        let uri = https.0.parse::<Uri>().map_err(|_| {
            Failure::new(
                format!("{host} is no address to connect to"),
                "check its spelling",
            )
        })?;
        let is_here = uri.host().is_some_and(is_loopback);
        Ok(if is_here {
            Self(format!("http://{host}"))
        } else {
            https
        })
    }

    /// The token service a registry names.
    pub fn of_token_service(realm: &str) -> Result<Self, Failure> {
        let uri = realm.parse::<Uri>();
        let is_safe = uri.is_ok_and(|uri| {
            let host = uri.host().unwrap_or_default();
            !host.is_empty()
                && (uri.scheme_str() == Some("https")
                    || (uri.scheme_str() == Some("http") && is_loopback(host)))
                && uri.query().is_none()
                && !realm.contains(['#', '@'])
        });
        if is_safe {
            return Ok(Self(realm.to_owned()));
        }
        Err(Failure::new(
            format!(
                "the registry names a token service that the credential is not sent to: '{}'",
                one_line(realm)
            ),
            "only https is safe for it; ask IONOS's support",
        ))
    }

    /// The base URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `host[:port]`, for messages.
    pub fn host(&self) -> &str {
        self.0
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next())
            .unwrap_or_default()
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let uri = self.0.parse::<Uri>();
        uri.is_ok_and(|uri| uri.host().is_some_and(is_loopback))
    }

    /// A URL below the base.
    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut url = format!("{}{path}", self.0);
        for (n, (name, value)) in query.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            encode(&mut url, value);
        }
        url
    }
}

impl Default for Endpoint {
    /// The public API.
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986, 2.3.
fn encode(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_public_api_is_one() {
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
            assert_eq!(Endpoint::parse(spelling).unwrap().0, DEFAULT, "{spelling}");
        }
    }

    #[test]
    fn a_gateway_keeps_its_port_and_path() {
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
            assert_eq!(Endpoint::parse(text).unwrap().0, base);
        }
    }

    #[test]
    fn credentials_are_not_sent_in_the_clear_or_to_a_guess() {
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
    fn a_clusters_address_is_a_host_and_a_port() {
        for (host, port, url) in [
            ("10.96.0.1", "443", "https://10.96.0.1:443"),
            ("fd00::1", "6443", "https://[fd00::1]:6443"),
            ("Api.example", "443", "https://api.example:443"),
        ] {
            assert_eq!(Endpoint::of_cluster(host, port).unwrap().0, url);
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
        let endpoint = Endpoint(DEFAULT.into());
        assert_eq!(
            endpoint.url(
                "/registries",
                &[("limit", "5"), ("pagination.token", "a+b/=&")]
            ),
            format!("{DEFAULT}/registries?limit=5&pagination.token=a%2Bb%2F%3D%26")
        );
    }
}
