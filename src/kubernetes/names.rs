//! Names of Kubernetes objects, checked before anything is minted.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::Failure;
use crate::registry_host::is_label;

/// The name of an object: a DNS subdomain, or for a namespace a DNS label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This name, a dash and `suffix`, in which invalid characters become dashes.
    pub fn with_suffix(&self, suffix: &str) -> String {
        let is_valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
        let suffix = suffix.replace(|c| !is_valid(c), "-");
        format!("{self}-{}", suffix.trim_matches('-'))
    }

    /// Parses the name of a namespace.
    pub fn of_namespace(text: &str) -> Result<Self, &'static str> {
        if is_label(text) && text.len() <= 63 {
            return Ok(Self(text.to_owned()));
        }
        Err("a namespace has at most 63 of a-z, 0-9 and -, with a letter or digit at both ends")
    }
}

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_subdomain(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(
            "a name has at most 253 characters (a-z, 0-9, - and .), with a letter or digit at both ends of each part",
        )
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parses a label of an object, given as `KEY=VALUE`.
pub fn label(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("a label is KEY=VALUE")?;
    if !is_label_key(key) {
        return Err(
            "a label's key has at most 63 letters, digits, -, _ and ., with a letter or digit at both ends, optionally after a domain and /",
        );
    }
    if !value.is_empty() && !is_qualified(value) {
        return Err(
            "a label's value has at most 63 letters, digits, -, _ and ., with a letter or digit at both ends",
        );
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// All labels. A key with two values is an error.
pub fn labels(list: &[(String, String)]) -> Result<Labels, Failure> {
    let mut labels = Labels::new();
    for (key, value) in list {
        let other = labels.insert(key.clone(), value.clone());
        if let Some(other) = other.filter(|other| other != value) {
            let what = format!("label {key} has two values, '{other}' and '{value}'");
            return Err(Failure::new(what, "pass each label once"));
        }
    }
    Ok(labels)
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((domain, name)) => is_subdomain(domain) && is_qualified(name),
        None => is_qualified(text),
    }
}

fn is_qualified(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.chars().all(|c| ends(c) || "-_.".contains(c))
        && text.starts_with(ends)
        && text.ends_with(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        let long = "a".repeat(63);
        let longest = [long.as_str(); 4].join(".")[..253].to_owned();
        for name in ["a", "a.b", "1", "ionos-registry", "a-.b"] {
            let wanted = name != "a-.b";
            assert_eq!(name.parse::<Name>().is_ok(), wanted, "{name}");
        }
        assert!(longest.parse::<Name>().is_ok());
        assert!(format!("{longest}a").parse::<Name>().is_err());
        assert!(Name::of_namespace(&long).is_ok());
        assert!(Name::of_namespace(&format!("{long}a")).is_err());
        for name in [
            "", "-a", "a-", "A", "a_b", "a/b", "a b", "a..b", ".a", "ä", "a\n",
        ] {
            assert!(name.parse::<Name>().is_err(), "{name:?}");
            assert!(Name::of_namespace(name).is_err(), "{name:?}");
        }
        assert!(Name::of_namespace("a.b").is_err());
    }

    #[test]
    fn labels_are_those_of_kubernetes() {
        for text in [
            "a=b",
            "a=",
            "A.b_c-d=E.f_g-h",
            "example.com/app=1",
            "a=true",
        ] {
            assert!(label(text).is_ok(), "{text}");
        }
        let long = "a".repeat(64);
        for text in [
            "",
            "a",
            "=b",
            "a=b=c",
            "a=-b",
            "a=b c",
            "a/b/c=d",
            "/a=b",
            "a/=b",
            "A.com/x=1",
            "a=ä",
            &format!("{long}=a"),
            &format!("a={long}"),
        ] {
            assert!(label(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn host_becomes_part_of_a_name() {
        let name: Name = "ionos".parse().unwrap();
        for (host, whole) in [
            ("demo.cr.de-fra.ionos.com", "ionos-demo.cr.de-fra.ionos.com"),
            ("127.0.0.1:5000", "ionos-127.0.0.1-5000"),
            ("[::1]:5000", "ionos-1--5000"),
            ("a_b.example", "ionos-a-b.example"),
        ] {
            assert_eq!(name.with_suffix(host), whole);
            assert!(whole.parse::<Name>().is_ok(), "{whole}");
        }
    }
}
