//! The settings in force, from `IONOS_CR_*` over what is built in.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

use crate::env;
use crate::error::{Failure, one_line};
use crate::scope::{self, Scope};

/// The profile of a program called by its plain name.
pub const DEFAULT_PROFILE: &str = "default";

/// The API refuses an expiry less than an hour ahead (docs.ionos.com, "Manage a token").
const SHORTEST_TTL: Duration = Duration::from_secs(3600);
const LONGEST_TTL: Duration = Duration::from_secs(366 * 24 * 3600);
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(600);

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct Places {
    /// Minted credentials; `None` without a home.
    pub cache: Option<PathBuf>,
    /// Logins and pending revocations; `None` without a home.
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

    /// For verbs that never fail: a place that is not a place holds nothing.
    pub fn find_what_there_is() -> Self {
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

/// What a `get` goes by.
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
}

impl Settings {
    /// Reads and checks them all, so that a typo is an error before it is a surprise.
    pub fn load() -> Result<Self, Failure> {
        let actions = match env::var("IONOS_CR_ACTIONS") {
            Some(text) => scope::parse_actions("IONOS_CR_ACTIONS", &text)?,
            None => vec!["pull".into(), "push".into()],
        };
        let repositories = match env::var("IONOS_CR_REPOSITORIES") {
            Some(text) => scope::parse_repositories("IONOS_CR_REPOSITORIES", &text)?,
            None => vec!["*".into()],
        };
        let token_ttl = duration("IONOS_CR_TOKEN_TTL", 12 * SHORTEST_TTL)?;
        if !(SHORTEST_TTL..=LONGEST_TTL).contains(&token_ttl) {
            return Err(Failure::new(
                "IONOS_CR_TOKEN_TTL is out of range",
                "use 1h, the least the IONOS API allows, to 8784h; the default is 12h",
            ));
        }
        let timeout = duration("IONOS_CR_TIMEOUT", Duration::from_secs(8))?;
        if !(SHORTEST_TIMEOUT..=LONGEST_TIMEOUT).contains(&timeout) {
            return Err(Failure::new(
                "IONOS_CR_TIMEOUT is out of range",
                "use 100ms to 10m; the default is 8s",
            ));
        }
        Ok(Self {
            profile: DEFAULT_PROFILE.into(),
            scopes: scope::for_repositories(&repositories, &actions),
            token_ttl,
            timeout,
        })
    }
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

fn duration(name: &str, default: Duration) -> Result<Duration, Failure> {
    let Some(text) = env::var(name) else {
        return Ok(default);
    };
    let parsed: Option<SignedDuration> = text.trim().parse().ok();
    parsed
        .and_then(|duration| duration.try_into().ok())
        .ok_or_else(|| {
            Failure::new(
                format!("{name} is not a duration: '{}'", one_line(&text)),
                "write it with units, such as 90m or 12h",
            )
        })
}
