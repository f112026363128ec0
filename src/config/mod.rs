//! The settings in force: the profile of the program's name over the environment over the
//! registry's own entry over the defaults over what is built in, key by key.

mod file;
mod limits;
mod parse;
mod schema;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use file::ConfigFile;
pub use parse::from_value;
pub use schema::{AccountSource, Layer, RegistryEntry, Target};

use crate::env;
use crate::error::{Failure, shown};
use crate::files::Owner;
use crate::registry_host::RegistryHost;
use crate::scope::{self, Scope};
use schema::{Actions, Repositories, Timeout, TokenTtl};

/// The profile of a program called by its plain name.
pub const DEFAULT_PROFILE: &str = "default";

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct Places {
    /// Minted credentials; `None` without a home.
    pub cache: Option<PathBuf>,
    /// Logins; `None` without a home.
    pub data: Option<PathBuf>,
}

impl Places {
    /// The places, checked.
    pub fn find() -> Result<Self, Failure> {
        Ok(Self {
            cache: env::cache_dir()?,
            data: env::data_dir(),
        })
    }

    /// The places of a service, which has no home: root's cache is then in its runtime directory.
    pub fn of_service() -> Result<Self, Failure> {
        let places = Self::find()?;
        Ok(Self {
            cache: places.cache.or_else(env::runtime_dir),
            ..places
        })
    }

    /// For verbs that never fail: a place that is not a place holds nothing.
    pub fn find_lossy() -> Self {
        Self {
            cache: env::cache_dir().ok().flatten(),
            data: env::data_dir(),
        }
    }

    /// Where tokens still to be deleted are remembered: a runner without a home may have a cache.
    pub fn revocations(&self) -> Option<PathBuf> {
        self.data.clone().or_else(|| self.cache.clone())
    }

    /// The cache, unless `IONOS_CR_DISABLE_CACHE` says not to use it.
    pub fn cache_in_use(&self) -> Result<Option<PathBuf>, Failure> {
        let disabled = env::switch("IONOS_CR_DISABLE_CACHE")? == Some(true);
        Ok(self.cache.clone().filter(|_| !disabled))
    }
}

/// What a `get` for one registry goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Keeps the caches of different purposes apart.
    pub profile: String,
    /// What a minted token may do.
    pub scopes: Vec<Scope>,
    /// How long a minted token is meant to live.
    pub token_ttl: Duration,
    /// How long a whole `get` may take.
    pub timeout: Duration,
    /// Which registry of the account it is.
    pub target: Target,
    /// The account that the registry's own entry names.
    pub own_account: Option<Named>,
    /// The account that the defaults name.
    pub default_account: Option<Named>,
}

/// An account that the configuration names, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub source: AccountSource,
    /// Who can change the file.
    pub owner: Owner,
    /// The key in the file, for messages.
    pub place: String,
}

impl ConfigFile {
    /// Whether a host is ours: by its name, or because the configuration says so.
    pub fn is_ours(&self, host: &RegistryHost) -> bool {
        host.is_ionos() || self.registries.contains_key(host)
    }

    /// What is in force for `host`, asked for under the program's `profile`.
    pub fn settings(
        &self,
        host: &RegistryHost,
        profile: Option<&str>,
    ) -> Result<Settings, Failure> {
        self.in_force(self.registries.get(host), profile)
    }

    /// What is in force where no registry is named, for what is asked of the whole account.
    pub fn general_settings(&self, profile: Option<&str>) -> Result<Settings, Failure> {
        self.in_force(None, profile)
    }

    fn in_force(
        &self,
        own: Option<&RegistryEntry>,
        profile: Option<&str>,
    ) -> Result<Settings, Failure> {
        let mut scopes = Scopes::built_in();
        let mut token_ttl = limits::TOKEN_TTL;
        let mut timeout = self.default_timeout.unwrap_or(limits::TIMEOUT);
        let mut apply = |layer: &Layer| {
            scopes.apply(layer);
            token_ttl = layer.token_ttl.map_or(token_ttl, |ttl| ttl.0);
            timeout = layer.timeout.map_or(timeout, |timeout| timeout.0);
        };
        apply(&self.defaults.layer);
        let own_profile = own.and_then(|entry| entry.profile.as_deref());
        if let Some(entry) = own {
            if let Some(name) = own_profile {
                apply(&self.profile(name)?);
            }
            apply(&entry.layer);
        }
        apply(&from_env()?);
        if let Some(name) = profile {
            apply(&self.profile(name)?);
        }
        let named = |account: Option<&AccountSource>, place: &str| {
            account.cloned().map(|source| Named {
                source,
                owner: self.owner,
                place: format!("{place} in {}", shown(&self.path)),
            })
        };
        Ok(Settings {
            profile: profile
                .or(own_profile)
                .unwrap_or(DEFAULT_PROFILE)
                .to_owned(),
            scopes: scopes.list,
            token_ttl,
            timeout,
            target: own
                .and_then(|entry| entry.target.clone())
                .unwrap_or(Target::Hostname),
            own_account: named(
                own.and_then(|entry| entry.account.as_ref()),
                "the registry's entry",
            ),
            default_account: named(self.defaults.account.as_ref(), "the defaults"),
        })
    }
}

/// Scopes while they are put together from the least specific layer to the most.
struct Scopes {
    actions: Vec<String>,
    list: Vec<Scope>,
}

impl Scopes {
    fn built_in() -> Self {
        let actions = vec!["pull".into(), "push".into()];
        Self {
            list: scope::for_repositories(&["*".into()], &actions),
            actions,
        }
    }

    /// Actions alone change what may be done, not where; repositories alone the other way round.
    fn apply(&mut self, layer: &Layer) {
        if let Some(Actions(actions)) = &layer.actions {
            self.actions.clone_from(actions);
            for scope in &mut self.list {
                scope.actions.clone_from(actions);
            }
        }
        if let Some(Repositories(repositories)) = &layer.repositories {
            self.list = scope::for_repositories(repositories, &self.actions);
        }
        if let Some(scopes) = &layer.scopes {
            self.list.clone_from(&scopes.0);
        }
    }
}

fn from_env() -> Result<Layer, Failure> {
    fn read<T>(
        name: &str,
        parse: impl Fn(&str) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let value = env::var(name).map(|text| parse(&text)).transpose();
        value.map_err(|failure| failure.within(name))
    }
    Ok(Layer {
        actions: read("IONOS_CR_ACTIONS", scope::parse_actions)?.map(Actions),
        repositories: read("IONOS_CR_REPOSITORIES", scope::parse_repositories)?.map(Repositories),
        scopes: None,
        token_ttl: read("IONOS_CR_TOKEN_TTL", limits::token_ttl)?.map(TokenTtl),
        timeout: read("IONOS_CR_TIMEOUT", limits::timeout)?.map(Timeout),
    })
}

/// The profile that the program's own file name stands for: `pull` for
/// `docker-credential-ionos-pull`, which Docker runs for `"credHelpers": {"HOST": "ionos-pull"}`.
pub fn profile_of(program: &OsStr) -> Option<String> {
    let name = Path::new(program).file_name()?.to_str()?;
    let name = match name
        .len()
        .checked_sub(4)
        .and_then(|at| name.split_at_checked(at))
    {
        Some((stem, end)) if end.eq_ignore_ascii_case(".exe") => stem,
        _ => name,
    };
    let profile = name.strip_prefix("docker-credential-ionos-")?;
    Some(profile.to_owned()).filter(|profile| !profile.is_empty())
}

/// Whether `erase` deletes tokens at the API (`IONOS_CR_REVOKE_ON_ERASE`).
pub fn revokes_on_erase() -> Result<bool, Failure> {
    Ok(env::switch("IONOS_CR_REVOKE_ON_ERASE")?.unwrap_or(true))
}

/// Whether a failed `get` answers as if the host were not ours (`IONOS_CR_ON_ERROR=not-found`).
/// Read apart from [`Settings`], because it decides how an error in those is reported.
pub fn failure_is_not_found() -> Result<bool, Failure> {
    match env::var("IONOS_CR_ON_ERROR").as_deref() {
        None | Some("fail") => Ok(false),
        Some("not-found") => Ok(true),
        Some(_) => Err(Failure::new(
            "IONOS_CR_ON_ERROR is neither fail nor not-found",
            "set IONOS_CR_ON_ERROR=not-found or unset it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_name_tells_the_profile() {
        for (program, profile) in [
            ("docker-credential-ionos", None),
            ("docker-credential-ionos.exe", None),
            ("docker-credential-ionos-", None),
            ("/usr/bin/docker-credential-ionos-pull", Some("pull")),
            ("docker-credential-ionos-pull.EXE", Some("pull")),
            ("docker-credential-ionos-my-team", Some("my-team")),
            ("something-else", None),
            ("", None),
        ] {
            assert_eq!(profile_of(OsStr::new(program)).as_deref(), profile);
        }
    }
}
