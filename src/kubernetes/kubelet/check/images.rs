//! `matchImages`: what a pattern can match, by a kubelet's rules.
//!
//! A host is compared label by label, each a glob of its own; the port must be the same, "none"
//! included; the path is a prefix and no glob.

use super::Verdict;
use crate::error::{Failure, one_line};

/// Characters that no host in a URL may have; a kubelet reads a pattern as one.
const REFUSED: &[char] = &['\\', '^', '`', '{', '|', '}', '%'];

/// Why a pattern never matches, or is refused.
pub(super) fn check(pattern: &str) -> Result<(), (Verdict, Failure)> {
    let shown = one_line(pattern);
    let found = |verdict, why: &str, hint: &str| {
        Err((verdict, Failure::new(format!("'{shown}' {why}"), hint)))
    };
    let never = |why: &str, hint: &str| found(Verdict::NeverMatches, why, hint);
    if pattern.contains("://") {
        return never("has a scheme", "write the host alone");
    }
    let (authority, path) = match pattern.find('/') {
        Some(at) => pattern.split_at(at),
        None => (pattern, ""),
    };
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || REFUSED.contains(&c);
    if authority.contains(is_bad) || pattern.contains(char::is_control) {
        return found(
            Verdict::Refused,
            "is not a host",
            "write it as *.cr.*.ionos.com",
        );
    }
    if authority.contains(['?', '#', '@']) {
        return never("is cut at a ?, # or @", "use * for what may differ");
    }
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of [::1] belong to the host.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit())) {
        return found(
            Verdict::Refused,
            "has no number as its port",
            "write the port as digits; * is for hosts",
        );
    }
    if host.starts_with('[') {
        // An IPv6 address; without its end it is no URL.
        return if host.ends_with(']') {
            Ok(())
        } else {
            found(
                Verdict::Refused,
                "has a [ without its ]",
                "write an IPv6 address as [::1]",
            )
        };
    }
    if host.split('.').any(str::is_empty) {
        return never(
            "has an empty label",
            "write the host without a dot at either end",
        );
    }
    if host.split('.').any(|label| !is_glob(label)) {
        return never("has a [ without its ]", "use * for what may differ");
    }
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        return never(
            "has capital letters, and hosts of images have none",
            "write it in lower case",
        );
    }
    if path.contains(['*', '?', '[']) {
        return never(
            "has a glob in its path, which is compared as it stands",
            "end the path where repositories begin to differ",
        );
    }
    if !is_of_ionos(host) {
        return Ok(());
    }
    if !can_be_a_registry(host) {
        return never(
            "fits no IONOS registry: each * stands for one label",
            "use *.cr.*.ionos.com and *.cr.ionos.com",
        );
    }
    if port.is_some() {
        return never(
            "has a port, and images of IONOS registries have none",
            "leave the port out",
        );
    }
    Ok(())
}

/// Whether a pattern is about IONOS at all. A domain of one's own is for `config.json`.
pub(super) fn is_of_ionos(pattern: &str) -> bool {
    let host = pattern.split(['/', ':']).next().unwrap_or_default();
    host == "ionos.com" || host.ends_with(".ionos.com")
}

/// `NAME.cr.LOCATION.ionos.com` or `NAME.cr.ionos.com`.
fn can_be_a_registry(host: &str) -> bool {
    let labels: Vec<&str> = host.rsplit('.').collect();
    let is_cr = |n: usize| {
        let followed = labels.len() > n + 1;
        followed
            && labels
                .get(n)
                .is_some_and(|it| *it == "cr" || it.contains(['*', '[']))
    };
    is_cr(2) || is_cr(3)
}

fn is_glob(label: &str) -> bool {
    label.matches('[').count() == label.matches(']').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pattern: &str) -> Option<Verdict> {
        check(pattern).err().map(|(verdict, _)| verdict)
    }

    #[test]
    fn patterns_that_can_match_are_let_be() {
        for pattern in [
            "*.cr.*.ionos.com",
            "*.cr.ionos.com",
            "*.*.cr.*.ionos.com",
            "demo.cr.de-fra.ionos.com",
            "demo.cr.de-fra.ionos.com/team/app",
            "*.*.*.ionos.com",
            "*.*.ionos.com",
            "registry.example.com:5000/x",
            "app*.example.[ac]om",
            "[::1]:5000",
            "localhost:5000",
        ] {
            assert_eq!(verdict(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_never_match_are_found() {
        for pattern in [
            "",
            "https://*.cr.*.ionos.com",
            "*.ionos.com",
            "cr.de-fra.ionos.com",
            "*.de-fra.ionos.com",
            "ionos.com",
            "*.cr.*.ionos.com:443",
            "*.cr.*.ionos.com/*",
            "*.CR.*.ionos.com",
            "*.cr..ionos.com",
            ".cr.ionos.com",
            "*.cr.ionos.com.",
            "*.cr.?.ionos.com",
            "user@*.cr.*.ionos.com",
            "a[b.example.com",
        ] {
            assert_eq!(verdict(pattern), Some(Verdict::NeverMatches), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_are_no_host_are_refused() {
        for pattern in [
            "*.cr.*.ionos.com:*",
            "*.cr.*.ionos.com:https",
            "a b",
            "[ab.example.com",
            "a.example.com ",
            "a\\b.example.com",
            "{a,b}.example.com",
            "%61.example.com",
        ] {
            assert_eq!(verdict(pattern), Some(Verdict::Refused), "{pattern}");
        }
    }
}
