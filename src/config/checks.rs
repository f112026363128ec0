//! What the values of `config.json` may be, beyond their kind.

use std::path::PathBuf;

use super::file::{AccountSource, RawScope, Target};
use crate::error::{Failure, one_line};
use crate::scope::{self, Scope};

pub(super) fn scopes(place: &str, scopes: Vec<RawScope>) -> Result<Vec<Scope>, Failure> {
    if scopes.is_empty() {
        return Err(Failure::new(
            format!("{place} is empty"),
            "a token without a scope can do nothing; name one or remove the key",
        ));
    }
    scopes
        .into_iter()
        .map(|scope| {
            if !["repository", "namespace", "registry"].contains(&scope.kind.as_str()) {
                return Err(Failure::new(
                    format!("{place} has the unknown type '{}'", one_line(&scope.kind)),
                    "use repository, namespace or registry",
                ));
            }
            if scope.kind == "repository" {
                scope::check_repositories(place, vec![scope.name.clone()])?;
            } else if scope.name.is_empty() {
                return Err(Failure::new(
                    format!("{place} has a {} without a name", scope.kind),
                    "name it, or write * for all",
                ));
            }
            Ok(Scope {
                kind: scope.kind,
                name: scope.name,
                actions: scope::check_actions(place, &scope.actions)?,
            })
        })
        .collect()
}

pub(super) fn account(
    place: &str,
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
    profile: Option<String>,
) -> Result<Option<AccountSource>, Failure> {
    let several = usize::from(file.is_some())
        + usize::from(command.is_some())
        + usize::from(profile.is_some());
    if several > 1 {
        return Err(Failure::new(
            format!("{place} names more than one account"),
            "keep one of tokenFile, tokenCommand and ionosProfile",
        ));
    }
    if let Some(path) = &file
        && !path.is_absolute()
    {
        return Err(Failure::new(
            format!("{place}.tokenFile is not an absolute path"),
            "give the whole path",
        ));
    }
    if command
        .as_ref()
        .is_some_and(|argv| argv.first().is_none_or(String::is_empty))
    {
        return Err(Failure::new(
            format!("{place}.tokenCommand names no program"),
            "write a list, the program first: [\"op\", \"read\", \"op://…\"]",
        ));
    }
    Ok(file
        .map(AccountSource::TokenFile)
        .or(command.map(AccountSource::TokenCommand))
        .or(profile.map(AccountSource::IonosProfile)))
}

pub(super) fn target(
    place: &str,
    id: Option<String>,
    name: Option<String>,
) -> Result<Option<Target>, Failure> {
    match (id, name) {
        (Some(_), Some(_)) => Err(Failure::new(
            format!("{place} has registryId and registryName"),
            "keep one of them",
        )),
        (Some(id), None) if crate::uuid::is_uuid(&id) => Ok(Some(Target::Id(id))),
        (Some(_), None) => Err(Failure::new(
            format!("{place}.registryId is not a UUID"),
            "\"ionosctl container-registry registry list\" shows it",
        )),
        (None, name) => Ok(name.map(Target::Name)),
    }
}

/// A profile's name becomes part of file names and of the program's own name.
pub(super) fn profile_name(name: &str, place: &str) -> Result<(), Failure> {
    let fits = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    if fits && name != super::DEFAULT_PROFILE {
        return Ok(());
    }
    Err(Failure::new(
        format!("{place} is no name for a profile"),
        "use up to 40 lower-case letters, digits, - and _, and not 'default'",
    ))
}
