//! What a registry token may do.
//!
//! The API accepts any string as type and action and then makes a token without rights, so scopes
//! are checked here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;

/// The actions of a registry; `*` stands for all of them.
const ACTIONS: [&str; 4] = ["pull", "push", "delete", "*"];

/// One scope of a token, as the API has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// `repository`, for a repository's contents.
    #[serde(rename = "type")]
    pub kind: String,
    /// A repository, or a pattern such as `team/*`.
    pub name: String,
    /// `pull`, `push`, `delete` or `*`.
    pub actions: Vec<String>,
}

/// `team/*:pull,push`, as registries write it.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.actions.join(","))
    }
}

/// One scope for each repository, all with the same actions.
pub fn for_repositories(repositories: &[String], actions: &[String]) -> Vec<Scope> {
    repositories
        .iter()
        .map(|name| Scope {
            kind: "repository".into(),
            name: name.clone(),
            actions: actions.to_vec(),
        })
        .collect()
}

/// Reads a comma-separated list of actions.
pub fn parse_actions(text: &str) -> Result<Vec<String>, Failure> {
    check_actions(&list(text))
}

/// Each action once and in the API's order: equal sets of actions are equal lists.
pub fn check_actions(wanted: &[String]) -> Result<Vec<String>, Failure> {
    if let Some(unknown) = wanted.iter().find(|a| !ACTIONS.contains(&a.as_str())) {
        return Err(Failure::new(
            format!("unknown action '{}'", one_line(unknown)),
            "use pull, push, delete or *",
        ));
    }
    if wanted.is_empty() {
        return Err(Failure::new("no action", "use pull, push, delete or *"));
    }
    Ok(ACTIONS
        .iter()
        .filter(|known| wanted.iter().any(|action| action == *known))
        .map(ToString::to_string)
        .collect())
}

/// Reads a comma-separated list of repositories and patterns.
pub fn parse_repositories(text: &str) -> Result<Vec<String>, Failure> {
    check_repositories(list(text))
}

/// Each repository once, sorted.
pub fn check_repositories(mut repositories: Vec<String>) -> Result<Vec<String>, Failure> {
    repositories.sort();
    repositories.dedup();
    if let Some(name) = repositories.iter().find(|name| !is_repository(name)) {
        return Err(Failure::new(
            format!("'{}' is not a repository", one_line(name)),
            "use names without the registry's host, such as team/app or team/*",
        ));
    }
    if repositories.is_empty() {
        return Err(Failure::new(
            "no repository",
            "use names such as team/app or team/*, or * for all",
        ));
    }
    Ok(repositories)
}

/// The grammar of repository names (<https://github.com/opencontainers/distribution-spec>, "Pulling
/// manifests"), plus `*` for any part of a name. With a registry's host in front the API would
/// accept the name and match no repository.
fn is_repository(name: &str) -> bool {
    let is_component = |component: &str| {
        let may_border = |byte: Option<u8>| {
            byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'*')
        };
        may_border(component.bytes().next())
            && may_border(component.bytes().next_back())
            && component
                .bytes()
                .all(|b| may_border(Some(b)) || b"._-".contains(&b))
            && !component.contains("..")
    };
    let host = name.split('/').next().map(RegistryHost::parse);
    name.split('/').all(is_component) && !host.is_some_and(|it| it.is_ok_and(|it| it.is_ionos()))
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_ordered_and_known() {
        assert_eq!(
            parse_actions(" push, pull,push ").unwrap(),
            ["pull", "push"]
        );
        assert!(parse_actions("read").is_err());
        assert!(parse_actions("Pull").is_err());
        assert!(parse_actions(",").is_err());
    }

    #[test]
    fn repositories_are_names_without_a_registry() {
        assert_eq!(
            parse_repositories("team/*,app,app").unwrap(),
            ["app", "team/*"]
        );
        assert!(parse_repositories("Team").is_err());
        assert!(parse_repositories("team app").is_err());
        assert!(parse_repositories("").is_err());
        for name in ["*", "team-*", "*/app", "a.b/c_d/e--f", "a*b", "team/**"] {
            assert!(parse_repositories(name).is_ok(), "{name}");
        }
        for name in [
            "demo.cr.de-fra.ionos.com/team/app",
            "/",
            "a//b",
            "/a",
            "a/",
            "../x",
            "-",
            ".",
            "a/-b",
            "a..b",
        ] {
            assert!(parse_repositories(name).is_err(), "{name}");
        }
    }
}
