//! `config.yaml`: profiles with credentials, environments with endpoints.
//!
//! Called by [`Located::read`](super::Located::read). Reads what the SDKs read, as they read it.
//! Must never print an error of the parser: they quote values.

use secrecy::SecretString;
use serde::Deserialize;
use serde_saphyr::{Error, Options};

use super::{Asked, Credentials, Found, MEND, empty, malformed, non_empty};
use crate::error::{Failure, one_line};

/// The Container Registry among the products of an environment.
const PRODUCT: &str = "containerregistry";

// Every key may be missing or null, as in Go; keys that are not here belong to others.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    current_profile: Option<String>,
    profiles: Option<Vec<Profile>>,
    environments: Option<Vec<Environment>>,
}

#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
    environment: Option<String>,
    credentials: Option<Pairs>,
}

#[derive(Deserialize)]
struct Pairs {
    token: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
}

#[derive(Deserialize)]
struct Environment {
    name: Option<String>,
    products: Option<Vec<Product>>,
}

#[derive(Deserialize)]
struct Product {
    name: Option<String>,
    endpoints: Option<Vec<Endpoint>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    /// The URL.
    name: Option<String>,
    location: Option<String>,
    skip_tls_verify: Option<bool>,
    certificate_auth_data: Option<String>,
}

pub(super) fn find(text: &str, asked: Option<Asked>) -> Result<Found, Failure> {
    let file = parse(text)?;
    let profiles = file.profiles.unwrap_or_default();
    let names = names(&profiles);
    let current = file.current_profile.unwrap_or_default();
    let Some(asked) = asked.or_else(|| Asked::new(&current, "currentProfile")) else {
        // Not the first one: a guess could be somebody else.
        return Err(Failure::new(
            "no profile is current",
            format!("set currentProfile there, or IONOS_CURRENT_PROFILE; {names}"),
        ));
    };
    let wanted = asked.name.to_lowercase();
    let profile = profiles
        .into_iter()
        .find(|profile| fold(profile.name.as_deref()) == wanted);
    let Some(profile) = profile else {
        return Err(Failure::new(
            format!(
                "there is no profile {}, which {} names",
                quoted(asked.name),
                asked.by
            ),
            names,
        ));
    };
    let endpoint = endpoint(
        file.environments.unwrap_or_default(),
        profile.environment.as_deref().unwrap_or_default(),
    );
    let credentials = profile
        .credentials
        .and_then(|pairs| Credentials::choose(pairs.token, pairs.username, pairs.password));
    let Some(credentials) = credentials else {
        return Err(Failure::new(
            format!(
                "profile {} holds neither a token nor a username with a password",
                quoted(asked.name)
            ),
            "run \"ionosctl login\", or name another profile",
        ));
    };
    let endpoint = endpoint.as_ref();
    Ok(Found {
        profile: profile.name,
        credentials,
        endpoint: endpoint.and_then(|endpoint| non_empty(endpoint.name.clone())),
        certificate_authority: endpoint
            .and_then(|endpoint| non_empty(endpoint.certificate_auth_data.clone())),
        skip_tls_verify: endpoint.is_some_and(|endpoint| endpoint.skip_tls_verify == Some(true)),
    })
}

/// What the environment says about our product, or the first that has it for a profile without
/// an environment. The endpoint without a location is the one for all.
fn endpoint(environments: Vec<Environment>, wanted: &str) -> Option<Endpoint> {
    let product = environments
        .into_iter()
        .filter(|environment| wanted.is_empty() || environment.name.as_deref() == Some(wanted))
        .flat_map(|environment| environment.products.unwrap_or_default())
        .find(|product| fold(product.name.as_deref()) == PRODUCT)?;
    let has_location = |endpoint: &Endpoint| {
        endpoint
            .location
            .as_deref()
            .is_some_and(|it| !it.is_empty())
    };
    product.endpoints?.into_iter().min_by_key(has_location)
}

fn fold(name: Option<&str>) -> String {
    name.unwrap_or_default().trim().to_lowercase()
}

fn names(profiles: &[Profile]) -> String {
    const MOST: usize = 10;
    let names = || {
        profiles
            .iter()
            .filter_map(|profile| profile.name.as_deref())
            .filter(|name| !name.trim().is_empty())
    };
    let listed: Vec<String> = names().take(MOST).map(quoted).collect();
    let more = if names().count() > MOST { ", …" } else { "" };
    match listed.as_slice() {
        [] => "there are no profiles; run \"ionosctl login\"".into(),
        listed => format!("profiles are {}{more}", listed.join(", ")),
    }
}

/// A name for a message. Longer than any name is a token that ended up in the wrong line.
fn quoted(name: &str) -> String {
    const LONGEST: usize = 40;
    if name.chars().count() > LONGEST {
        return "(a long name)".into();
    }
    format!("'{}'", one_line(name))
}

fn parse(text: &str) -> Result<File, Failure> {
    serde_saphyr::from_str_with_options::<Option<File>>(text, options())
        .map_err(|err| explain(text, &err))?
        .ok_or_else(empty)
}

/// More than any configuration needs, and little enough that a file full of aliases is refused
/// at once.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 1_000,
            max_depth: 32,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
            max_replay_stack_depth: 8,
        },
        // Would put the lines around an error into it.
        with_snippet: false,
    }
}

fn explain(text: &str, err: &Error) -> Failure {
    let (line, column) = err
        .location()
        .map_or((0, 0), |location| (location.line(), location.column()));
    let why = match root(err) {
        Error::MultipleDocuments { .. } => "a second document begins",
        Error::DuplicateMappingKey { .. } => "a key is there twice",
        Error::UnknownAnchor { .. } => "an alias without an anchor",
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "larger, deeper or with more aliases than a configuration can be"
        }
        Error::Message { .. } | Error::ExternalMessage { .. } | Error::Eof { .. } => {
            return match tab(text, line) {
                Some(line) => malformed("indented with a tab", line, 1, "indent with spaces"),
                None => malformed("not valid YAML", line, column, MEND),
            };
        }
        // All others are about a value.
        _ => "a value of another kind than ionosctl writes there",
    };
    malformed(why, line, column, MEND)
}

fn root(err: &Error) -> &Error {
    match err.without_snippet() {
        Error::AliasError { error, .. } => root(error),
        err => err,
    }
}

/// The line that is indented with a tab, if that can be why the parser stopped at `stop`.
fn tab(text: &str, stop: u64) -> Option<u64> {
    let indented = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    (1..=stop)
        .zip(text.lines())
        .filter(|(number, _)| number + 1 >= stop)
        .find_map(|(number, line)| indented(line).then_some(number))
}

#[cfg(test)]
mod tests;
