//! What is wrong with a `config.json` that does not parse: the place, what is there, and the key
//! that was probably meant. Never a value.

use serde_json::{Map, Value};

use super::file::{Raw, RawSection};
use crate::error::{Failure, one_line};

/// What a key holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Scopes,
}

const TOP: [&str; 4] = ["$schema", "defaults", "profiles", "registries"];
/// What every place may have.
const COMMON: [(&str, Kind); 5] = [
    ("actions", Kind::Texts),
    ("repositories", Kind::Texts),
    ("scopes", Kind::Scopes),
    ("tokenTtl", Kind::Text),
    ("timeout", Kind::Text),
];
/// What a place that names an account may have: not a profile, which says what for, not who.
const ACCOUNT: [(&str, Kind); 3] = [
    ("tokenFile", Kind::Text),
    ("tokenCommand", Kind::Texts),
    ("ionosProfile", Kind::Text),
];
/// What only a registry may have.
const REGISTRY: [(&str, Kind); 3] = [
    ("registryId", Kind::Text),
    ("registryName", Kind::Text),
    ("profile", Kind::Text),
];

/// Why this content is not a configuration.
pub(super) fn explain(content: &[u8], err: &serde_json::Error) -> Failure {
    let place = || format!("line {}, column {}", err.line(), err.column());
    match serde_json::from_slice::<Value>(content) {
        Err(syntax) => Failure::new(
            format!(
                "no JSON at line {}, column {}",
                syntax.line(),
                syntax.column()
            ),
            "mend it there; JSON has no comments and no comma after the last item",
        ),
        Ok(value) => explain_value(&value).err().unwrap_or_else(|| {
            Failure::new(
                format!("not understood at {}", place()),
                "look for a key that is there twice",
            )
        }),
    }
}

fn explain_value(value: &Value) -> Result<(), Failure> {
    for (key, value) in object(value, "the file")? {
        match key.as_str() {
            "$schema" => of_kind(value, Kind::Text, key)?,
            "defaults" => section(value, key, &[&COMMON, &ACCOUNT])?,
            "profiles" => each(value, key, &[&COMMON])?,
            "registries" => each(value, key, &[&COMMON, &ACCOUNT, &REGISTRY])?,
            _ => return Err(unknown(key, "", &TOP)),
        }
    }
    Ok(())
}

fn each(value: &Value, place: &str, keys: &[&[(&str, Kind)]]) -> Result<(), Failure> {
    if value.is_null() {
        return Ok(());
    }
    for (name, value) in object(value, place)? {
        section(value, &format!("{place}.{name:?}"), keys)?;
    }
    Ok(())
}

fn section(value: &Value, place: &str, keys: &[&[(&str, Kind)]]) -> Result<(), Failure> {
    if value.is_null() {
        return Ok(());
    }
    let known: Vec<(&str, Kind)> = keys.concat();
    for (key, value) in object(value, place)? {
        let Some((_, kind)) = known.iter().find(|(name, _)| name == key) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            return Err(unknown(key, &format!("{place}."), &names));
        };
        of_kind(value, *kind, &format!("{place}.{key}"))?;
    }
    Ok(())
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| {
        Failure::new(
            format!("{place} is not an object"),
            "write it in braces: {…}",
        )
    })
}

fn of_kind(value: &Value, kind: Kind, place: &str) -> Result<(), Failure> {
    let texts = |value: &Value| {
        value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string))
    };
    let (fits, expected, example) = match kind {
        Kind::Text => (value.is_string(), "a text", "\"…\""),
        Kind::Texts => (texts(value), "a list of texts", "[\"…\", \"…\"]"),
        Kind::Scopes => (
            value.as_array().is_some_and(|list| {
                list.iter().all(|scope| {
                    scope.as_object().is_some_and(|scope| {
                        scope.len() == 3
                            && scope.get("type").is_some_and(Value::is_string)
                            && scope.get("name").is_some_and(Value::is_string)
                            && scope.get("actions").is_some_and(texts)
                    })
                })
            }),
            "a list of scopes",
            "[{\"type\": \"repository\", \"name\": \"team/*\", \"actions\": [\"pull\"]}]",
        ),
    };
    if fits || value.is_null() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{place} is not {expected}"),
        format!("write it as {example}"),
    ))
}

fn unknown(key: &str, place: &str, known: &[&str]) -> Failure {
    let nearest = known
        .iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&key.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2);
    let hint = match nearest {
        Some((_, name)) => format!("did you mean {name}?"),
        None => format!("known here are {}", known.join(", ")),
    };
    Failure::new(format!("unknown key {place}{}", one_line(key)), hint)
}

/// One type reads every place, so which keys a place may have is checked here.
pub(super) fn check_places(raw: &Raw) -> Result<(), Failure> {
    let check = |section: &RawSection, place: &str, keys: &[&[(&str, Kind)]]| {
        let known: Vec<&str> = keys.concat().iter().map(|(name, _)| *name).collect();
        match section.keys().find(|key| !known.contains(key)) {
            Some(key) => Err(Failure::new(
                format!("{key} has no place in {place}"),
                format!("known here are {}", known.join(", ")),
            )),
            None => Ok(()),
        }
    };
    if let Some(defaults) = &raw.defaults {
        check(defaults, "defaults", &[&COMMON, &ACCOUNT])?;
    }
    for (name, section) in raw.profiles.iter().flatten() {
        check(section, &format!("profiles.{name:?}"), &[&COMMON])?;
    }
    Ok(())
}
