//! One provider: the rules beyond keys and kinds, and whether it would run us well.

use std::path::Path;

use serde_json::{Map, Value};

use super::shape::{self, inside};
use super::{Findings, Seen, Verdict, duration, images};
use crate::error::{one_line, system};
use crate::files;
use crate::kubernetes::kubelet::{ApiVersion, PROFILE_ANNOTATION};

/// What our program is called in a kubelet's directory of plugins, a profile perhaps behind it.
const OUR_NAME: &str = "docker-credential-ionos";

type Object = Map<String, Value>;

/// What was reported by its kind is left out here.
pub(super) fn check(provider: &Object, place: &str, seen: &mut Seen, findings: &mut Findings<'_>) {
    let name = name(provider, place, seen, findings);
    let patterns = match_images(provider, place, findings);
    cache_duration(provider, place, findings);
    api_version(provider, place, findings);
    token_attributes(provider, place, findings);
    let variables = variables(provider, place, findings);
    if name.starts_with(OUR_NAME) || patterns.iter().any(|it| images::is_of_ionos(it)) {
        seen.ours = true;
        arguments(provider, place, findings);
        account(&variables, &inside(place, "env"), findings);
    }
}

fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

fn texts<'v>(object: &'v Object, key: &str) -> Vec<&'v str> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn is_missing(object: &Object, key: &str) -> bool {
    object.get(key).is_none_or(Value::is_null)
}

fn name<'v>(
    provider: &'v Object,
    place: &str,
    seen: &mut Seen,
    findings: &mut Findings<'_>,
) -> &'v str {
    let place = inside(place, "name");
    let name = text(provider, "name").unwrap_or_default();
    let file = "write the program's file name in the directory of plugins";
    if name.is_empty() && !shape::is_odd(provider, "name") {
        findings.refused(&place, "missing", file);
    }
    if name.contains(['/', ' ']) || name == "." || name == ".." {
        findings.refused(&place, "not a file name", file);
    }
    if seen.names.iter().any(|other| other == name) {
        findings.refused(
            &place,
            format!("'{}' is there twice", one_line(name)),
            "merge the two, or use a link of another name",
        );
    }
    seen.names.push(name.to_owned());
    name
}

fn match_images<'v>(
    provider: &'v Object,
    place: &str,
    findings: &mut Findings<'_>,
) -> Vec<&'v str> {
    let place = inside(place, "matchImages");
    let list = provider.get("matchImages");
    if is_missing(provider, "matchImages")
        || list.and_then(Value::as_array).is_some_and(Vec::is_empty)
    {
        findings.refused(
            &place,
            "missing",
            "write [\"*.cr.*.ionos.com\", \"*.cr.ionos.com\"]",
        );
    }
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let mut patterns = Vec::new();
    for (n, pattern) in list.enumerate() {
        let Some(pattern) = pattern.as_str() else {
            continue;
        };
        if let Err((verdict, why)) = images::check(pattern) {
            findings.add(verdict, &format!("{place}[{n}]"), why.what, why.hint);
        }
        patterns.push(pattern);
    }
    patterns
}

fn cache_duration(provider: &Object, place: &str, findings: &mut Findings<'_>) {
    let key = "defaultCacheDuration";
    let place = inside(place, key);
    let hint = "write \"0s\" or \"15m\"; ours says in each answer how long it holds";
    if is_missing(provider, key) {
        return findings.refused(&place, "missing", hint);
    }
    match text(provider, key).map(duration::is_negative) {
        Some(None) => findings.refused(&place, "not a duration of Go", hint),
        Some(Some(true)) => findings.refused(&place, "less than nothing", hint),
        _ => {}
    }
}

fn api_version(provider: &Object, place: &str, findings: &mut Findings<'_>) {
    if shape::is_odd(provider, "apiVersion") {
        return;
    }
    let what = match text(provider, "apiVersion").unwrap_or_default() {
        "" => "missing",
        known if ApiVersion::read(known).is_some() => return,
        _ => "no version of the protocol",
    };
    let newest = ApiVersion::V1.text();
    findings.refused(
        &inside(place, "apiVersion"),
        what,
        format!("write {newest}"),
    );
}

fn token_attributes(provider: &Object, place: &str, findings: &mut Findings<'_>) {
    let place = inside(place, "tokenAttributes");
    let Some(value) = provider.get("tokenAttributes").filter(|it| it.is_object()) else {
        return;
    };
    let keys = &shape::TOKEN_ATTRIBUTES;
    let Some(attributes) = shape::object(value, &place, keys, findings) else {
        return;
    };
    let at = |key: &str| inside(&place, key);
    let newest = ApiVersion::V1.text();
    if text(provider, "apiVersion").is_some_and(|it| it != newest) {
        findings.refused(&place, format!("only for apiVersion {newest}"), "change it");
    }
    let audience = "serviceAccountTokenAudience";
    if text(attributes, audience).is_none_or(str::is_empty) && !shape::is_odd(attributes, audience)
    {
        findings.refused(
            &at(audience),
            "missing",
            "name any; the token is not looked at",
        );
    }
    match text(attributes, "cacheType").unwrap_or_default() {
        "ServiceAccount" | "Token" => {}
        _ if shape::is_odd(attributes, "cacheType") => {}
        "" => findings.refused(&at("cacheType"), "missing", "write ServiceAccount"),
        _ => findings.refused(
            &at("cacheType"),
            "neither ServiceAccount nor Token",
            "write ServiceAccount",
        ),
    }
    let require = "requireServiceAccount";
    if is_missing(attributes, require) {
        findings.refused(
            &at(require),
            "missing",
            "write false, so that pods without one can pull too",
        );
    }
    annotation_keys(attributes, &place, findings);
}

fn annotation_keys(attributes: &Object, place: &str, findings: &mut Findings<'_>) {
    let (required, optional) = (
        "requiredServiceAccountAnnotationKeys",
        "optionalServiceAccountAnnotationKeys",
    );
    let must = texts(attributes, required);
    if !must.is_empty() && attributes.get("requireServiceAccount") == Some(&Value::Bool(false)) {
        findings.refused(
            &inside(place, required),
            "not while requireServiceAccount is false",
            format!("list {PROFILE_ANNOTATION} under {optional}"),
        );
    }
    for key in [required, optional] {
        let list = texts(attributes, key);
        for (n, annotation) in list.iter().enumerate() {
            let place = format!("{}[{n}]", inside(place, key));
            if !is_annotation_key(annotation) {
                findings.refused(
                    &place,
                    "not the key of an annotation",
                    format!("ours is {PROFILE_ANNOTATION}"),
                );
            }
            if list.iter().take(n).any(|other| other == annotation) {
                findings.refused(&place, "there twice", "keep one of them");
            }
            if key == optional && must.contains(annotation) {
                findings.refused(&place, format!("also in {required}"), "keep one of them");
            }
        }
    }
}

/// `[PREFIX/]NAME`: a DNS name of at most 253 and a name of at most 63 characters.
fn is_annotation_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key.as_str()),
    };
    let fits = |text: &str, inner: &[u8]| {
        let is_end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        is_end(text.bytes().next())
            && is_end(text.bytes().last())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || inner.contains(&b))
    };
    name.len() <= 63
        && fits(name, b"-_.")
        && prefix.is_none_or(|prefix| {
            prefix.len() <= 253 && prefix.split('.').all(|label| fits(label, b"-"))
        })
}

/// Names and values; the values may be secrets.
fn variables<'v>(
    provider: &'v Object,
    place: &str,
    findings: &mut Findings<'_>,
) -> Vec<(&'v str, &'v str)> {
    let place = inside(place, "env");
    let list = provider.get("env").and_then(Value::as_array);
    let mut variables = Vec::new();
    for (n, value) in list.into_iter().flatten().enumerate() {
        let place = format!("{place}[{n}]");
        if let Some(variable) = shape::object(value, &place, &shape::VARIABLE, findings) {
            let value = text(variable, "value").unwrap_or_default();
            variables.push((text(variable, "name").unwrap_or_default(), value));
        }
    }
    variables
}

fn arguments(provider: &Object, place: &str, findings: &mut Findings<'_>) {
    let args = texts(provider, "args");
    let is_ours = |arg: &&str| matches!(*arg, "kubelet" | "get-credentials");
    let is_list = provider
        .get("args")
        .is_none_or(|it| it.is_null() || it.is_array());
    if is_list && !args.iter().any(is_ours) {
        findings.add(
            Verdict::NeverWorks,
            &inside(place, "args"),
            "without \"kubelet\" the program does not know who asks",
            "write [\"kubelet\"]",
        );
    } else if !args_are_known(&args) {
        findings.add(
            Verdict::NeverWorks,
            &inside(place, "args"),
            "kubelet takes no argument but --profile",
            "write [\"kubelet\"] or [\"kubelet\", \"--profile\", \"NAME\"]",
        );
    }
}

/// Whether there is nothing but the command and a profile. An argument is not quoted: it may be a
/// secret.
fn args_are_known(args: &[&str]) -> bool {
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let is_known = match *arg {
            "kubelet" | "get-credentials" => true,
            "--profile" => rest.next().is_some(),
            _ => arg.starts_with("--profile="),
        };
        if !is_known {
            return false;
        }
    }
    true
}

/// What would make us fail when we are run, as far as it can be told beforehand.
fn account(variables: &[(&str, &str)], place: &str, findings: &mut Findings<'_>) {
    let value = |name: &str| {
        let found = variables.iter().rfind(|(other, _)| *other == name);
        found.map(|(_, value)| *value).filter(|it| !it.is_empty())
    };
    for name in ["IONOS_TOKEN", "IONOS_PASSWORD"] {
        if value(name).is_some() {
            findings.warn(
                place,
                format!("{name} is a secret in a file that others may read"),
                "keep a token in a file of root's and name it in IONOS_TOKEN_FILE",
            );
        }
    }
    if value("IONOS_CR_ACTIONS").is_some() {
        findings.warn(
            place,
            "IONOS_CR_ACTIONS does nothing here: a kubelet's tokens may pull",
            "if they are to do more, name a profile: args [\"kubelet\", \"--profile\", \"…\"]",
        );
    }
    let Some(path) = value("IONOS_TOKEN_FILE") else {
        return;
    };
    let shown = one_line(path);
    if !Path::new(path).is_absolute() {
        return findings.warn(
            place,
            format!("IONOS_TOKEN_FILE is not an absolute path: {shown}"),
            "give the whole path; a kubelet's working directory is not yours",
        );
    }
    let hint = "put an IONOS API token there, readable by root alone";
    match files::read_foreign(Path::new(path)) {
        Ok(token) if token.trim_ascii().is_empty() => {
            findings.warn(place, format!("{shown} is empty"), hint);
        }
        Ok(_) => {}
        Err(err) => findings.warn(
            place,
            format!("cannot read {shown}: {}", system(&err)),
            hint,
        ),
    }
}
