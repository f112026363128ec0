//! `config.yaml`: profiles with credentials, environments with endpoints.
//!
//! Reads what the SDKs of IONOS read, as they read it. An error of the parser must not get into a
//! message: it quotes values.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::{Error, Options, Spanned};

use super::{Contents, Credentials, FIX, FileEndpoint, ProfileName, empty, malformed, non_empty};
use crate::error::{Failure, one_line};
use crate::secret::Secret;

/// The Container Registry among the products of an environment.
const PRODUCT: &str = "containerregistry";

// Every key and list item may be missing or null, as in Go. Other keys are ignored.

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    current_profile: Option<String>,
    profiles: Option<Vec<Option<Profile>>>,
    environments: Option<Vec<Option<Environment>>>,
}

#[derive(Deserialize)]
struct Profile {
    name: Option<String>,
    environment: Option<String>,
    credentials: Option<ProfileCredentials>,
}

#[derive(Clone, Default, Deserialize)]
struct ProfileCredentials {
    token: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
}

#[derive(Deserialize)]
struct Environment {
    name: Option<String>,
    products: Option<Vec<Option<Product>>>,
}

#[derive(Deserialize)]
struct Product {
    name: Option<String>,
    endpoints: Option<Vec<Option<Endpoint>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    /// The URL.
    name: Option<String>,
    location: Option<String>,
    /// A boolean. A quoted `'true'` is a string, which Go refuses.
    skip_tls_verify: Option<Spanned<Value>>,
    certificate_auth_data: Option<String>,
}

/// What the file says for one profile, and for the registries of one location (`de-fra`).
pub(super) fn read(
    text: &str,
    selected: Option<ProfileName>,
    location: Option<&str>,
) -> Result<Contents, Failure> {
    let file = parse(text)?;
    let profiles: Vec<Profile> = file.profiles.into_iter().flatten().flatten().collect();
    let environments: Vec<Environment> =
        file.environments.into_iter().flatten().flatten().collect();
    refuse_quoted_switches(&environments)?;
    let current = file.current_profile.unwrap_or_default();
    let selected = selected.or_else(|| ProfileName::new(&current, "currentProfile"));
    let profile = profile(&profiles, selected);
    let environment = profile.as_ref().ok().and_then(|it| it.environment.clone());
    Ok(Contents {
        endpoint: endpoint(
            environments,
            environment.as_deref().unwrap_or_default(),
            location.unwrap_or_default(),
        ),
        credentials: profile.and_then(credentials),
    })
}

fn profile<'a>(
    profiles: &'a [Profile],
    selected: Option<ProfileName>,
) -> Result<&'a Profile, Failure> {
    let Some(selected) = selected else {
        // The first profile may be another person's account.
        let names = names(profiles);
        let hint = format!("set currentProfile there, or IONOS_CURRENT_PROFILE; {names}");
        return Err(Failure::new("no profile is current", hint));
    };
    let wanted = selected.name.to_lowercase();
    let mut found = profiles.iter();
    let found = found.find(|profile| fold(profile.name.as_deref()) == wanted);
    found.ok_or_else(|| {
        let name = quoted(selected.name);
        let what = format!("there is no profile {name}, which {} names", selected.by);
        Failure::new(what, names(profiles))
    })
}

fn credentials(profile: &Profile) -> Result<Credentials, Failure> {
    let keys = profile.credentials.clone().unwrap_or_default();
    Credentials::choose(keys.token, keys.username, keys.password).ok_or_else(|| {
        let name = quoted(profile.name.as_deref().unwrap_or_default());
        let what = format!("profile {name} has neither a token nor a username with a password");
        Failure::new(what, "run \"ionosctl login\", or name another profile")
    })
}

/// The endpoint of our product in `environment`, or in the first environment that has the product
/// if the profile names none. The endpoint of the registry's location comes before the one without
/// a location; that of another location is never used.
fn endpoint(
    environments: Vec<Environment>,
    environment: &str,
    location: &str,
) -> Option<FileEndpoint> {
    let product = environments
        .into_iter()
        .filter(|it| environment.is_empty() || it.name.as_deref() == Some(environment))
        .flat_map(|it| it.products.into_iter().flatten().flatten())
        .find(|product| fold(product.name.as_deref()) == PRODUCT)?;
    let endpoints: Vec<Endpoint> = product.endpoints?.into_iter().flatten().collect();
    let at = |location: &str| {
        endpoints
            .iter()
            .position(|it| fold(it.location.as_deref()).replace('/', "-") == location)
    };
    let chosen = at(location).or_else(|| at(""))?;
    let endpoint = endpoints.into_iter().nth(chosen)?;
    Some(FileEndpoint {
        url: non_empty(endpoint.name)?,
        certificates: non_empty(endpoint.certificate_auth_data),
        skip_verify: endpoint
            .skip_tls_verify
            .is_some_and(|it| it.value == Value::Bool(true)),
        ..FileEndpoint::default()
    })
}

/// Go refuses the whole file for one such value, also in an environment that is not used.
fn refuse_quoted_switches(environments: &[Environment]) -> Result<(), Failure> {
    let refused = environments
        .iter()
        .flat_map(|it| it.products.iter().flatten().flatten())
        .flat_map(|it| it.endpoints.iter().flatten().flatten())
        .filter_map(|it| it.skip_tls_verify.as_ref())
        .find(|it| !it.value.is_boolean());
    if let Some(switch) = refused {
        let (line, column) = (switch.referenced.line(), switch.referenced.column());
        let (what, hint) = (
            "skipTlsVerify is not a boolean",
            "write true or false there, without quotes",
        );
        return Err(malformed(what, line, column, hint));
    }
    Ok(())
}

fn fold(name: Option<&str>) -> String {
    name.unwrap_or_default().trim().to_lowercase()
}

fn names(profiles: &[Profile]) -> String {
    const MOST: usize = 10;
    let names = profiles.iter().filter_map(|it| it.name.as_deref());
    let names = names.filter(|name| !name.trim().is_empty()).map(quoted);
    let mut names: Vec<String> = names.take(MOST + 1).collect();
    if names.is_empty() {
        return "there are no profiles; run \"ionosctl login\"".into();
    }
    if let Some(more) = names.get_mut(MOST) {
        *more = "…".into();
    }
    format!("profiles are {}", names.join(", "))
}

/// A profile's name for a message. A long one may be a token in the wrong line.
fn quoted(name: &str) -> String {
    const LONGEST: usize = 40;
    if name.chars().count() > LONGEST {
        return "(a long name)".into();
    }
    format!("'{}'", one_line(name))
}

/// The first document. Go does not read on after it.
fn parse(text: &str) -> Result<File, Failure> {
    // The reader that stops after a document would link the decoders of all encodings, 0.2 MB.
    let mut first = None;
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |document| {
        first = Some(Option::deserialize(document)?);
        Ok(())
    });
    match (first, read) {
        (None, Err(err)) => Err(explain(text, &err)),
        (file, _) => file.flatten().ok_or_else(empty),
    }
}

/// More than a configuration needs, and few enough to refuse a file full of aliases at once.
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
        // Snippets quote the lines around an error.
        with_snippet: false,
    }
}

fn explain(text: &str, err: &Error) -> Failure {
    let (line, column) = err
        .location()
        .map_or((0, 0), |location| (location.line(), location.column()));
    let too_much = "larger, deeper or with more aliases than a configuration can be";
    let why = match root(err) {
        Error::DuplicateMappingKey { .. } => "a duplicate key",
        Error::UnknownAnchor { .. } => "an alias without an anchor",
        Error::Budget { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => too_much,
        // More than 255 levels of brackets. The parser has no variant for this.
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => too_much,
        Error::Message { .. } | Error::ExternalMessage { .. } | Error::Eof { .. } => {
            return match tab(text, line) {
                Some(line) => malformed("indented with a tab", line, 1, "indent with spaces"),
                None => malformed("not valid YAML", line, column, FIX),
            };
        }
        // All others are about a value.
        _ => "a value of another type than ionosctl writes there",
    };
    malformed(why, line, column, FIX)
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
