//! Settings. For each key the most specific source wins: the profile of the program's name, the
//! environment, the registry's entry in `config.json`, its defaults, the built-in value.

mod file;
mod limits;
mod parse;
mod schema;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use file::ConfigFile;
pub use limits::ALLOW_MORE_TIME;
pub use parse::from_value;
pub use schema::{AccountSource, Layer, Section, Target};

use crate::env;
use crate::error::{Failure, shown};
use crate::files::Owner;
use crate::registry_host::RegistryHost;
use crate::scope::{self, Scope};

/// The profile of the program under its name without a suffix.
pub const DEFAULT_PROFILE: &str = "default";

/// The directories for files.
#[derive(Debug, Clone)]
pub struct Places {
    /// For minted credentials; `None` without a home directory.
    pub cache: Option<PathBuf>,
    /// For stored logins; `None` without a home directory.
    pub data: Option<PathBuf>,
}

impl Places {
    /// The directories that the environment sets.
    pub fn find() -> Result<Self, Failure> {
        Ok(Self {
            cache: env::cache_dir()?,
            data: env::data_dir(),
        })
    }

    /// The directories of a service. Without a home directory, root's cache is in the runtime
    /// directory.
    pub fn of_service() -> Result<Self, Failure> {
        let places = Self::find()?;
        Ok(Self {
            cache: places.cache.or_else(env::runtime_dir),
            ..places
        })
    }

    /// The directories for verbs that never fail: an invalid one counts as missing.
    pub fn find_lossy() -> Self {
        Self {
            cache: env::cache_dir().ok().flatten(),
            data: env::data_dir(),
        }
    }

    /// The cache, unless `IONOS_CR_DISABLE_CACHE` says not to use it.
    pub fn cache_in_use(&self) -> Result<Option<PathBuf>, Failure> {
        let disabled = env::switch("IONOS_CR_DISABLE_CACHE")? == Some(true);
        Ok(self.cache.clone().filter(|_| !disabled))
    }
}

/// The settings for one registry.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile. Each profile has its own cache entries.
    pub profile: String,
    /// What a minted token may do.
    pub scopes: Vec<Scope>,
    /// The lifetime of a minted token.
    pub token_ttl: Duration,
    /// The longest time for a `get`.
    pub timeout: Duration,
    /// How the registry is found among those of the account.
    pub target: Target,
    /// The account that the registry's own entry names.
    pub own_account: Option<ConfiguredAccount>,
    /// The account that the defaults name.
    pub default_account: Option<ConfiguredAccount>,
}

/// An account in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredAccount {
    /// The account.
    pub source: AccountSource,
    /// Who can change the file.
    pub owner: Owner,
    /// Its place in the file, for messages.
    pub place: String,
}

impl ConfigFile {
    /// Whether a host is ours, by its name or by the configuration file.
    pub fn is_ours(&self, host: &RegistryHost) -> bool {
        host.is_ionos() || self.registries.contains_key(host)
    }

    /// The settings for `host` with the program's `profile`.
    pub fn settings(
        &self,
        host: &RegistryHost,
        profile: Option<&str>,
    ) -> Result<Settings, Failure> {
        self.merge(self.registries.get(host), profile)
    }

    /// The settings for requests that concern the whole account.
    pub fn general_settings(&self, profile: Option<&str>) -> Result<Settings, Failure> {
        self.merge(None, profile)
    }

    fn merge(&self, entry: Option<&Section>, profile: Option<&str>) -> Result<Settings, Failure> {
        let own = entry.cloned().unwrap_or_default();
        let layer_of = |name: Option<&str>| name.map(|name| self.profile(name)).transpose();
        // The least specific first.
        let layers = [
            Some(self.defaults.layer.clone()),
            layer_of(own.profile.as_deref())?,
            Some(own.layer),
            Some(from_env()?),
            layer_of(profile)?,
        ];
        let mut actions = vec!["pull".into(), "push".into()];
        let mut scopes = scope::for_repositories(&["*".into()], &actions);
        let mut token_ttl = limits::DEFAULT_TTL.unsigned_abs();
        let default_timeout = limits::DEFAULT_TIMEOUT.unsigned_abs();
        let mut timeout = self.default_timeout.unwrap_or(default_timeout);
        for layer in layers.into_iter().flatten() {
            token_ttl = layer.token_ttl.unwrap_or(token_ttl);
            timeout = layer.timeout.unwrap_or(timeout);
            // Actions keep the repositories of less specific layers, and repositories the actions.
            if let Some(wanted) = layer.actions {
                for scope in &mut scopes {
                    scope.actions.clone_from(&wanted);
                }
                actions = wanted;
            }
            if let Some(repositories) = layer.repositories {
                scopes = scope::for_repositories(&repositories, &actions);
            }
            scopes = layer.scopes.unwrap_or(scopes);
        }
        let named = |account: Option<AccountSource>, place: &str| {
            account.map(|source| ConfiguredAccount {
                source,
                owner: self.owner,
                place: format!("{place} in {}", shown(&self.path)),
            })
        };
        let profile = profile
            .or(own.profile.as_deref())
            .unwrap_or(DEFAULT_PROFILE);
        Ok(Settings {
            profile: profile.to_owned(),
            scopes,
            token_ttl,
            timeout,
            target: own.target.unwrap_or(Target::Hostname),
            own_account: named(own.account, "the registry's entry"),
            default_account: named(self.defaults.account.clone(), "the defaults"),
        })
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
        actions: read("IONOS_CR_ACTIONS", scope::parse_actions)?,
        repositories: read("IONOS_CR_REPOSITORIES", scope::parse_repositories)?,
        scopes: None,
        token_ttl: read("IONOS_CR_TOKEN_TTL", limits::token_ttl)?,
        timeout: read("IONOS_CR_TIMEOUT", limits::timeout)?,
    })
}

/// The profile in the program's file name: `pull` for `docker-credential-ionos-pull`, which Docker
/// runs for `"credHelpers": {"HOST": "ionos-pull"}`.
pub fn profile_of(program: &OsStr) -> Option<String> {
    const PREFIX: &str = "docker-credential-ionos-";
    let program = Path::new(program);
    let is_exe = program
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("exe"));
    let name = if is_exe {
        program.file_stem()
    } else {
        program.file_name()
    };
    // Windows and macOS find the program whatever the case of the name. The default profile, which
    // a name without a match has, may allow more.
    let name = name?.to_string_lossy();
    let (prefix, profile) = name.split_at_checked(PREFIX.len())?;
    let is_ours = prefix.eq_ignore_ascii_case(PREFIX) && !profile.is_empty();
    is_ours.then(|| profile.to_owned())
}

/// Whether `erase` deletes tokens at the API (`IONOS_CR_REVOKE_ON_ERASE`).
pub fn revokes_on_erase() -> Result<bool, Failure> {
    Ok(env::switch("IONOS_CR_REVOKE_ON_ERASE")?.unwrap_or(true))
}

/// Whether a failed `get` answers as if the host were not ours (`IONOS_CR_ON_ERROR=not-found`).
/// Not part of [`Settings`], because it decides how an error in those is reported.
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
    fn program_name_selects_the_profile() {
        for (program, profile) in [
            ("docker-credential-ionos", None),
            ("docker-credential-ionos.exe", None),
            ("docker-credential-ionos-", None),
            ("/usr/bin/docker-credential-ionos-pull", Some("pull")),
            ("docker-credential-ionos-pull.EXE", Some("pull")),
            ("docker-credential-ionos-my-team", Some("my-team")),
            ("Docker-Credential-IONOS-pull.exe", Some("pull")),
            ("something-else", None),
            ("", None),
        ] {
            assert_eq!(profile_of(OsStr::new(program)).as_deref(), profile);
        }
    }

    #[cfg(unix)]
    #[test]
    fn program_name_that_is_not_utf_8_is_an_unknown_profile() {
        use std::os::unix::ffi::OsStrExt as _;
        let program = OsStr::from_bytes(b"docker-credential-ionos-pull\xff");
        assert_eq!(profile_of(program).as_deref(), Some("pull\u{fffd}"));
    }
}
