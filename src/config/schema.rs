//! The keys of `config.json`. Each value is checked where it is read, so that an error has a place.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::limits;
use crate::error::Failure;
use crate::json::Object;
use crate::scope::{self, Scope};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct Schema {
    #[serde(rename = "$schema")]
    _url: Option<String>,
    pub(super) defaults: Option<Object<Defaults>>,
    pub(super) profiles: Option<BTreeMap<String, Option<Object<Layer>>>>,
    pub(super) registries: Option<BTreeMap<String, Option<Object<RegistryEntry>>>>,
}

/// Declares a struct with the keys that every place has, and its own. `serde(flatten)` would lose
/// the place of an error.
macro_rules! place {
    ($(#[$doc:meta])* $visibility:vis $name:ident { $($key:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
        $visibility struct $name {
            /// `pull`, `push`, `delete` or `*`.
            #[serde(default, deserialize_with = "actions")]
            pub actions: Option<Vec<String>>,
            /// Repositories and patterns.
            #[serde(default, deserialize_with = "repositories")]
            pub repositories: Option<Vec<String>>,
            /// Scopes in full, in place of the two above.
            #[serde(default, deserialize_with = "scopes")]
            pub scopes: Option<Vec<Scope>>,
            /// The lifetime of a minted token.
            #[serde(default, deserialize_with = "token_ttl")]
            pub token_ttl: Option<Duration>,
            /// The longest time for a `get`.
            #[serde(default, deserialize_with = "timeout")]
            pub timeout: Option<Duration>,
            $(pub(super) $key: Option<$type>,)*
        }

        impl $name {
            /// The keys that every place has.
            pub(super) fn layer(&self) -> Result<Layer, Failure> {
                if self.scopes.is_some() && (self.actions.is_some() || self.repositories.is_some()) {
                    let what = "scopes together with actions or repositories";
                    return Err(Failure::new(what, "keep the scopes, or the two others"));
                }
                Ok(Layer {
                    actions: self.actions.clone(),
                    repositories: self.repositories.clone(),
                    scopes: self.scopes.clone(),
                    token_ttl: self.token_ttl,
                    timeout: self.timeout,
                })
            }
        }
    };
}

place! {
    /// Settings of one source; the more specific source wins, key by key. Also a profile, which says
    /// what a token may do and not who creates it.
    pub Layer {}
}

place! {
    pub(super) Defaults {
        token_file: PathBuf,
        token_command: Vec<String>,
        ionos_profile: String,
    }
}

place! {
    pub(super) RegistryEntry {
        token_file: PathBuf,
        token_command: Vec<String>,
        ionos_profile: String,
        registry_id: String,
        registry_name: String,
        profile: String,
    }
}

/// The settings of one place in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// What a token may do and how long things take.
    pub layer: Layer,
    /// The account for the API.
    pub account: Option<AccountSource>,
    /// How the registry is found, if not by its host.
    pub target: Option<Target>,
    /// The profile of the registry.
    pub profile: Option<String>,
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

impl Defaults {
    pub(super) fn check(self) -> Result<Section, Failure> {
        Ok(Section {
            layer: self.layer()?,
            account: account(self.token_file, self.token_command, self.ionos_profile)?,
            ..Section::default()
        })
    }
}

impl RegistryEntry {
    pub(super) fn check(self) -> Result<Section, Failure> {
        Ok(Section {
            layer: self.layer()?,
            account: account(self.token_file, self.token_command, self.ionos_profile)?,
            target: target(self.registry_id, self.registry_name)?,
            profile: self.profile,
        })
    }
}

fn account(
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
    profile: Option<String>,
) -> Result<Option<AccountSource>, Failure> {
    let (what, hint) = match (file, command, profile) {
        (None, None, None) => return Ok(None),
        (None, None, Some(name)) => return Ok(Some(AccountSource::IonosProfile(name))),
        (Some(path), None, None) if path.is_absolute() => {
            return Ok(Some(AccountSource::TokenFile(path)));
        }
        (Some(_), None, None) => ("tokenFile is not an absolute path", "write the whole path"),
        (None, Some(argv), None) if argv.first().is_some_and(|program| !program.is_empty()) => {
            return Ok(Some(AccountSource::TokenCommand(argv)));
        }
        (None, Some(_), None) => (
            "tokenCommand names no program",
            "write a list, the program first: [\"op\", \"read\", \"op://…\"]",
        ),
        _ => (
            "more than one account is set",
            "keep one of tokenFile, tokenCommand and ionosProfile",
        ),
    };
    Err(Failure::new(what, hint))
}

fn target(id: Option<String>, name: Option<String>) -> Result<Option<Target>, Failure> {
    let (what, hint) = match (id, name) {
        (None, name) => return Ok(name.map(Target::Name)),
        (Some(id), None) if crate::uuid::is_uuid(&id) => return Ok(Some(Target::Id(id))),
        (Some(_), None) => (
            "registryId is not a UUID",
            "\"ionosctl container-registry registry list\" shows it",
        ),
        _ => (
            "both registryId and registryName are set",
            "keep one of them",
        ),
    };
    Err(Failure::new(what, hint))
}

fn checked<'de, D: Deserializer<'de>, R: Deserialize<'de>, T>(
    deserializer: D,
    check: impl Fn(R) -> Result<T, Failure>,
) -> Result<Option<T>, D::Error> {
    let value = Option::<R>::deserialize(deserializer)?;
    value.map(check).transpose().map_err(D::Error::custom)
}

fn actions<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Vec<String>>, D::Error> {
    checked(it, |list: Vec<String>| scope::check_actions(&list))
}

fn repositories<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Vec<String>>, D::Error> {
    checked(it, scope::check_repositories)
}

fn token_ttl<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Duration>, D::Error> {
    checked(it, |text: String| limits::token_ttl(&text))
}

fn timeout<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Duration>, D::Error> {
    checked(it, |text: String| limits::timeout(&text))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawScope {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    actions: Vec<String>,
}

fn scopes<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Vec<Scope>>, D::Error> {
    checked(it, |scopes: Vec<Object<RawScope>>| {
        if scopes.is_empty() {
            return Err(Failure::new("no scope", "add one, or remove the key"));
        }
        let check = |Object(raw): Object<RawScope>| {
            let kind = &*raw.kind;
            match kind {
                "repository" => drop(scope::check_repositories(vec![raw.name.clone()])?),
                "namespace" | "registry" if !raw.name.is_empty() => {}
                "namespace" | "registry" => {
                    let what = format!("a {kind} has no name");
                    return Err(Failure::new(what, "name it, or write * for all"));
                }
                _ => {
                    let hint = "use repository, namespace or registry";
                    return Err(Failure::new("unknown type", hint));
                }
            }
            Ok(Scope {
                actions: scope::check_actions(&raw.actions)?,
                kind: raw.kind,
                name: raw.name,
            })
        };
        scopes.into_iter().map(check).collect()
    })
}
