//! What `config.json` may contain. Each value is checked where it is read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits;
use crate::error::Failure;
use crate::scope::{self, Scope};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct Schema {
    #[serde(rename = "$schema")]
    _url: Option<String>,
    pub(super) defaults: Option<Defaults>,
    pub(super) profiles: Option<BTreeMap<String, Option<Layer>>>,
    pub(super) registries: Option<BTreeMap<String, Option<RegistryEntry>>>,
}

/// Settings of one source; the more specific source wins, key by key. Also a profile, which says
/// what a token may do and not who creates it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    expecting = "an object"
)]
pub struct Layer {
    /// What a token may do.
    pub actions: Option<Actions>,
    /// Where it may do that.
    pub repositories: Option<Repositories>,
    /// Both at once, in place of the two above.
    pub scopes: Option<Scopes>,
    /// The lifetime of a minted token.
    pub token_ttl: Option<TokenTtl>,
    /// The longest time for a `get`.
    pub timeout: Option<Timeout>,
}

/// Settings for every registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawDefaults")]
pub struct Defaults {
    /// What a token may do and how long things take.
    pub layer: Layer,
    /// The account for the API.
    pub account: Option<AccountSource>,
}

/// Settings for one registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawRegistry")]
pub struct RegistryEntry {
    /// What a token may do and how long things take.
    pub layer: Layer,
    /// The account for the API.
    pub account: Option<AccountSource>,
    /// How the registry is found, if not by its host.
    pub target: Option<Target>,
    /// The profile to use.
    pub profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct RawDefaults {
    actions: Option<Actions>,
    repositories: Option<Repositories>,
    scopes: Option<Scopes>,
    token_ttl: Option<TokenTtl>,
    timeout: Option<Timeout>,
    token_file: Option<PathBuf>,
    token_command: Option<Vec<String>>,
    ionos_profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct RawRegistry {
    actions: Option<Actions>,
    repositories: Option<Repositories>,
    scopes: Option<Scopes>,
    token_ttl: Option<TokenTtl>,
    timeout: Option<Timeout>,
    token_file: Option<PathBuf>,
    token_command: Option<Vec<String>>,
    ionos_profile: Option<String>,
    registry_id: Option<String>,
    registry_name: Option<String>,
    profile: Option<String>,
}

/// `pull`, `push`, `delete` or `*`, each once and in the API's order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Actions(pub Vec<String>);

/// Repositories and patterns, each once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Repositories(pub Vec<String>);

/// Scopes in full.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<RawScope>")]
pub struct Scopes(pub Vec<Scope>);

/// The lifetime of a minted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TokenTtl(pub Duration);

/// The longest time for a `get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Timeout(pub Duration);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawScope {
    #[serde(rename = "type")]
    kind: ScopeKind,
    name: String,
    actions: Actions,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScopeKind {
    Repository,
    Namespace,
    Registry,
}

/// An account that the file names. Not a secret: the file has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSource {
    /// A file that contains an API token.
    TokenFile(PathBuf),
    /// A command that prints one: program and arguments, without a shell.
    TokenCommand(Vec<String>),
    /// A profile in the configuration of ionosctl and the SDKs.
    IonosProfile(String),
}

/// How a registry is found among those of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// By the hostname that the API reports: it equals the requested host.
    Hostname,
    /// By its name, for a custom domain.
    Name(String),
    /// By its id, without a request.
    Id(String),
}

impl TryFrom<Vec<String>> for Actions {
    type Error = Failure;

    fn try_from(list: Vec<String>) -> Result<Self, Failure> {
        scope::check_actions(&list).map(Self)
    }
}

impl TryFrom<Vec<String>> for Repositories {
    type Error = Failure;

    fn try_from(list: Vec<String>) -> Result<Self, Failure> {
        scope::check_repositories(list).map(Self)
    }
}

impl TryFrom<Vec<RawScope>> for Scopes {
    type Error = Failure;

    fn try_from(scopes: Vec<RawScope>) -> Result<Self, Failure> {
        if scopes.is_empty() {
            return Err(Failure::new("no scope", "add one, or remove the key"));
        }
        let check = |scope: RawScope| {
            let kind = match scope.kind {
                ScopeKind::Repository => "repository",
                ScopeKind::Namespace => "namespace",
                ScopeKind::Registry => "registry",
            };
            if scope.kind == ScopeKind::Repository {
                scope::check_repositories(vec![scope.name.clone()])?;
            } else if scope.name.is_empty() {
                return Err(Failure::new(
                    format!("a {kind} has no name"),
                    "name it, or write * for all",
                ));
            }
            Ok(Scope {
                kind: kind.into(),
                name: scope.name,
                actions: scope.actions.0,
            })
        };
        scopes
            .into_iter()
            .map(check)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TryFrom<String> for TokenTtl {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        limits::token_ttl(&text).map(Self)
    }
}

impl TryFrom<String> for Timeout {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        limits::timeout(&text).map(Self)
    }
}

impl TryFrom<RawDefaults> for Defaults {
    type Error = Failure;

    fn try_from(raw: RawDefaults) -> Result<Self, Failure> {
        Ok(Self {
            layer: Layer {
                actions: raw.actions,
                repositories: raw.repositories,
                scopes: raw.scopes,
                token_ttl: raw.token_ttl,
                timeout: raw.timeout,
            },
            account: account(raw.token_file, raw.token_command, raw.ionos_profile)?,
        })
    }
}

impl TryFrom<RawRegistry> for RegistryEntry {
    type Error = Failure;

    fn try_from(raw: RawRegistry) -> Result<Self, Failure> {
        let target = match (raw.registry_id, raw.registry_name) {
            (Some(_), Some(_)) => {
                return Err(Failure::new(
                    "both registryId and registryName are set",
                    "keep one of them",
                ));
            }
            (Some(id), None) if crate::uuid::is_uuid(&id) => Some(Target::Id(id)),
            (Some(_), None) => {
                return Err(Failure::new(
                    "registryId is not a UUID",
                    "\"ionosctl container-registry registry list\" shows it",
                ));
            }
            (None, name) => name.map(Target::Name),
        };
        Ok(Self {
            layer: Layer {
                actions: raw.actions,
                repositories: raw.repositories,
                scopes: raw.scopes,
                token_ttl: raw.token_ttl,
                timeout: raw.timeout,
            },
            account: account(raw.token_file, raw.token_command, raw.ionos_profile)?,
            target,
            profile: raw.profile,
        })
    }
}

fn account(
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
    profile: Option<String>,
) -> Result<Option<AccountSource>, Failure> {
    match (file, command, profile) {
        (None, None, None) => Ok(None),
        (Some(path), None, None) if path.is_absolute() => Ok(Some(AccountSource::TokenFile(path))),
        (Some(_), None, None) => Err(Failure::new(
            "tokenFile is not an absolute path",
            "write the whole path",
        )),
        (None, Some(argv), None) if argv.first().is_some_and(|program| !program.is_empty()) => {
            Ok(Some(AccountSource::TokenCommand(argv)))
        }
        (None, Some(_), None) => Err(Failure::new(
            "tokenCommand names no program",
            "write a list, the program first: [\"op\", \"read\", \"op://…\"]",
        )),
        (None, None, Some(name)) => Ok(Some(AccountSource::IonosProfile(name))),
        _ => Err(Failure::new(
            "more than one account is set",
            "keep one of tokenFile, tokenCommand and ionosProfile",
        )),
    }
}
