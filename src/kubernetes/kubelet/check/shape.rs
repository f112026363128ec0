//! Which keys there are and what they hold. A kubelet refuses any other, also in other letter case.

use serde_json::{Map, Value};

use super::{API_VERSIONS, Findings};
use crate::error::one_line;

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Texts,
    Switch,
    Duration,
    Object,
    Objects,
}

type Keys = [(&'static str, Kind)];

pub(super) const TOP: [(&str, Kind); 3] = [
    ("apiVersion", Kind::Text),
    ("kind", Kind::Text),
    ("providers", Kind::Objects),
];
const PROVIDER: [(&str, Kind); 7] = [
    ("name", Kind::Text),
    ("matchImages", Kind::Texts),
    ("defaultCacheDuration", Kind::Duration),
    ("apiVersion", Kind::Text),
    ("args", Kind::Texts),
    ("env", Kind::Objects),
    // The older versions of the configuration do not have it. Last, so that it can be left out.
    ("tokenAttributes", Kind::Object),
];
pub(super) const VARIABLE: [(&str, Kind); 2] = [("name", Kind::Text), ("value", Kind::Text)];
pub(super) const TOKEN_ATTRIBUTES: [(&str, Kind); 5] = [
    ("serviceAccountTokenAudience", Kind::Text),
    ("cacheType", Kind::Text),
    ("requireServiceAccount", Kind::Switch),
    ("requiredServiceAccountAnnotationKeys", Kind::Texts),
    ("optionalServiceAccountAnnotationKeys", Kind::Texts),
];

/// The keys of a provider.
pub(super) fn provider(api_version: &str) -> &'static Keys {
    if api_version == API_VERSIONS[0] {
        return &PROVIDER;
    }
    PROVIDER
        .split_last()
        .map_or(&PROVIDER, |(_, others)| others)
}

/// The object that stands here, its keys and their kinds checked.
pub(super) fn object<'v>(
    value: &'v Value,
    place: &str,
    keys: &Keys,
    findings: &mut Findings<'_>,
) -> Option<&'v Map<String, Value>> {
    let Value::Object(object) = value else {
        findings.refused(place, "not a mapping", "write \"key: value\" lines");
        return None;
    };
    for (key, value) in object {
        let place = inside(place, key);
        match keys.iter().find(|(known, _)| known == key) {
            Some((_, kind)) => {
                if let Some(wanted) = kind.misses(value) {
                    findings.refused(&place, format!("not {wanted}"), kind.example());
                }
            }
            None => findings.refused(&place, "unknown key", nearest(key, keys)),
        }
    }
    Some(object)
}

/// Whether what a key holds was reported already.
pub(super) fn is_odd(object: &Map<String, Value>, key: &str) -> bool {
    object
        .get(key)
        .is_some_and(|value| !value.is_null() && !value.is_string())
}

/// The name of a key in this place.
pub(super) fn inside(place: &str, key: &str) -> String {
    let key = one_line(key);
    if place.is_empty() {
        return key;
    }
    format!("{place}.{key}")
}

impl Kind {
    /// What is wanted, if it is not there. Nothing at all is as good as no key.
    fn misses(self, value: &Value) -> Option<&'static str> {
        let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
        let (fits, wanted) = match self {
            Self::Text => (value.is_string(), "a text"),
            Self::Texts => (all(Value::is_string), "a list of texts"),
            Self::Switch => (value.is_boolean(), "true or false"),
            Self::Duration => (value.is_string(), "a duration in quotes"),
            Self::Object => (value.is_object(), "a mapping"),
            Self::Objects => (value.is_array(), "a list"),
        };
        (!fits && !value.is_null()).then_some(wanted)
    }

    fn example(self) -> &'static str {
        match self {
            Self::Text => "put it in quotes",
            Self::Texts => "write [\"…\", \"…\"]",
            Self::Switch => "write true or false without quotes",
            Self::Duration => "write \"0s\" or \"15m\"",
            Self::Object => "write \"key: value\" lines below it",
            Self::Objects => "begin each item with \"- \"",
        }
    }
}

fn nearest(key: &str, keys: &Keys) -> String {
    let distance =
        |name: &str| strsim::damerau_levenshtein(&key.to_lowercase(), &name.to_lowercase());
    let nearest = keys.iter().map(|(name, _)| (distance(name), *name)).min();
    match nearest {
        Some((distance, name)) if distance <= name.len() / 2 => format!("did you mean {name}?"),
        _ => {
            let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
            format!("known here are {}", names.join(", "))
        }
    }
}
