//! The proxy to a server.
//!
//! It is chosen as curl and Go's tools, docker among them, choose it. ureq chooses differently:
//!
//! - `HTTPS_PROXY` is used, else `ALL_PROXY`, in upper or lower case. `HTTP_PROXY` is for `http://`,
//!   which is only used on this machine; ureq would use it for `https://` too.
//! - A server on this machine is connected directly (Go's rule). For a proxy, loopback is another
//!   machine, and plain `http://` would send it the account's secret.
//! - `NO_PROXY` is a list of names, addresses, `host:port` or `*`, separated by commas or spaces. A
//!   name includes every name below it, with or without a leading dot. ureq compares names for
//!   equality and does not accept spaces. A network (`10.0.0.0/8`) includes its addresses: people use
//!   that to exclude the address of a cluster.
//! - A proxy URL that cannot be parsed is an error. ureq would connect directly, which a firewall
//!   may block or a company may not want.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

use super::Endpoint;
use super::endpoint::bare;
use crate::env;
use crate::error::{Failure, one_line};

const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A proxy and the variable that names it.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub(super) proxy: ureq::Proxy,
    variable: &'static str,
}

impl Proxy {
    /// The proxy for this server, if there is one.
    pub(super) fn from_env(endpoint: &Endpoint) -> Result<Option<Self>, Failure> {
        if endpoint.is_loopback() {
            return Ok(None);
        }
        let first = |names: &[&'static str]| {
            let mut set = names.iter().map(|name| (*name, env::var(name)));
            set.find_map(|(name, value)| Some((name, value?)))
        };
        let Some((variable, url)) = first(&PROXY) else {
            return Ok(None);
        };
        if first(&NO_PROXY).is_some_and(|(_, list)| is_listed(endpoint, &list)) {
            return Ok(None);
        }
        if let Some(proxy) = Self::parse(&url) {
            return Ok(Some(Self { proxy, variable }));
        }
        // Not quoted: it may hold a password.
        Err(Failure::new(
            format!("{variable} is not the URL of a proxy"),
            format!(
                "set {variable} to a URL such as http://proxy.example.com:3128, with characters other than letters and digits in its password as %XX, or unset it"
            ),
        ))
    }

    fn parse(url: &str) -> Option<ureq::Proxy> {
        let url = url.trim();
        let proxy = ureq::Proxy::new(url).ok()?;
        let authority = proxy.uri().authority()?;
        let (_, after) = url.split_once(authority.as_str())?;
        // An unescaped `/`, `?` or `#` in the password ends the authority early. A part of the
        // password would then be resolved as a name and shown.
        let is_cut = after.contains('@');
        let host_port = authority.as_str().rsplit('@').next()?;
        let is_whole = authority.port_u16().is_some() || host_port == authority.host();
        (!is_cut && is_whole && !proxy.host().is_empty()).then_some(proxy)
    }
}

/// Its address and the variable, without user name and password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = one_line(self.proxy.host());
        let (port, variable) = (self.proxy.port(), self.variable);
        write!(f, "proxy {host}:{port} from {variable}")
    }
}

fn is_listed(endpoint: &Endpoint, list: &str) -> bool {
    let Ok(uri) = endpoint.as_str().parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let with_port = format!("{host}:{}", uri.port_u16().unwrap_or(443));
    let bare = bare(host);
    list.split(|c: char| c == ',' || c.is_whitespace())
        .map(str::to_ascii_lowercase)
        .any(|entry| {
            if entry == "*" || is_in_network(bare, &entry) {
                return true;
            }
            let below = entry.strip_prefix('*').unwrap_or(&entry);
            let name = below.strip_prefix('.').unwrap_or(below);
            !name.is_empty()
                && [bare, host, &with_port].iter().any(|it| {
                    let rest = it.strip_suffix(name);
                    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
        })
}

/// Whether an address is in a network such as `10.0.0.0/8`.
fn is_in_network(host: &str, network: &str) -> bool {
    fn bits(address: IpAddr) -> (u128, u32) {
        match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        }
    }
    let Some((base, length)) = network.split_once('/') else {
        return false;
    };
    let (Ok(host), Ok(base), Ok(length)) = (host.parse(), base.parse(), length.parse::<u32>())
    else {
        return false;
    };
    let ((host, width), (base, other_width)) = (bits(host), bits(base));
    let differing = (host ^ base).leading_zeros();
    width == other_width && length <= width && differing >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_is_found_in_no_proxy() {
        let endpoint = Endpoint::parse("https://api.ionos.com").unwrap();
        for list in [
            "api.ionos.com",
            "API.ionos.com",
            "localhost, api.ionos.com",
            "localhost api.ionos.com",
            "ionos.com",
            ".ionos.com",
            "*.ionos.com",
            "api.ionos.com:443",
            "*",
            "a.example,*",
        ] {
            assert!(is_listed(&endpoint, list), "{list}");
        }
        for list in [
            "",
            ",",
            ".",
            "*.",
            "os.com",
            "pi.ionos.com",
            "x.api.ionos.com",
            "api.ionos.com:8443",
            "api.ionos",
        ] {
            assert!(!is_listed(&endpoint, list), "{list}");
        }
    }

    #[test]
    fn address_is_found_with_and_without_its_port() {
        let endpoint = Endpoint::parse("https://[2001:db8::1]:8443").unwrap();
        for list in ["2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:8443"] {
            assert!(is_listed(&endpoint, list), "{list}");
        }
        assert!(!is_listed(&endpoint, "[2001:db8::1]:443"));
    }

    #[test]
    fn address_is_found_by_its_network() {
        let endpoint = Endpoint::parse("https://10.96.0.1").unwrap();
        for list in [
            "10.0.0.0/8",
            "10.96.0.0/12,svc",
            "10.96.0.1/32",
            "0.0.0.0/0",
            "localhost 10.96.0.0/16",
        ] {
            assert!(is_listed(&endpoint, list), "{list}");
        }
        for list in [
            "10.97.0.0/16",
            "10.96.0.0/33",
            "10.96.0.0/",
            "/8",
            "10.96.0.2/32",
            "::/0",
            "10.96.0.0/-1",
        ] {
            assert!(!is_listed(&endpoint, list), "{list}");
        }
        let endpoint = Endpoint::parse("https://[fd00:1::1]").unwrap();
        assert!(is_listed(&endpoint, "fd00::/8"));
        assert!(!is_listed(&endpoint, "fe00::/8"));
        let name = Endpoint::parse("https://api.ionos.com").unwrap();
        assert!(!is_listed(&name, "0.0.0.0/0"));
    }

    #[test]
    fn proxy_is_shown_without_its_password() {
        for (url, shown) in [
            (
                "http://user:s3cret@proxy.example:3128",
                "proxy.example:3128",
            ),
            ("user:s3cret@proxy.example:3128", "proxy.example:3128"),
            ("https://user:s3cret@proxy.example/", "proxy.example:443"),
            ("socks5h://user:s3cret@[::1]", "[::1]:1080"),
        ] {
            let proxy = Proxy {
                proxy: Proxy::parse(url).unwrap(),
                variable: "HTTPS_PROXY",
            };
            assert_eq!(proxy.to_string(), format!("proxy {shown} from HTTPS_PROXY"));
            assert!(!format!("{proxy:?}").contains("s3cret"), "{proxy:?}");
        }
        for url in [
            "/",
            "http://",
            "ftp://proxy",
            "http://a b",
            "http://u:%FF@p",
            "http://user:s3/cret@proxy.example:3128",
            "http://user:s3?cret@proxy.example:3128",
            "http://user:12#cret@proxy.example:3128",
            "http://s3/cret@proxy.example",
            "http://proxy.example:port",
        ] {
            assert!(Proxy::parse(url).is_none(), "{url}");
        }
    }
}
