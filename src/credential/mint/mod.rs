//! One registry token: look-up, name, request, clean-up.
//!
//! The API makes a listed token of every `POST`, so what may have been made without telling us is
//! found and deleted, and a name is never used twice on purpose.

mod name;

use std::time::Duration;

use log::debug;
use secrecy::SecretString;

pub use name::{is_minted as is_minted_name, machine_of, this_machine};

use crate::config::Target;
use crate::credential::registry_hint::RegistryHint;
use crate::env;
use crate::error::Failure;
use crate::ionos::api::Access;
use crate::ionos::api::{self, Api, ApiError, NewToken, Token};
use crate::registry_host::RegistryHost;
use crate::scope::Scope;

/// Asked for on top of the life that is meant, so that an hour is an hour when the request arrives
/// and by the API's clock.
const SPARE: i64 = 5 * 60;
/// Tries for one name whose fate is in doubt, and for names that are taken.
const TRIES: u32 = 3;
/// Clocks that differ by less do not explain a refused expiry.
const TOLERATED_SKEW: i64 = 60;
/// The end of 1970: Go's zero time and Unix's are how a program says that it has no date.
const NO_DATE: i64 = 365 * 24 * 3600;

/// What is wanted.
#[derive(Debug)]
pub struct MintRequest<'a> {
    /// For which registry.
    pub host: &'a RegistryHost,
    /// How it is found among the account's.
    pub target: &'a Target,
    /// What the token may do.
    pub scopes: &'a [Scope],
    /// How long it is meant to live.
    pub ttl: Duration,
    /// What an earlier order learnt.
    pub known: Option<RegistryHint>,
}

/// A token and all that is to be kept of it.
#[derive(Debug)]
pub struct Minted {
    /// The registry's id at the API.
    pub registry_id: String,
    /// The token's id, if the API told it.
    pub token_id: Option<String>,
    /// The user name for the registry.
    pub username: String,
    /// The password for the registry.
    pub secret: SecretString,
    /// Seconds since 1970 by this machine's clock.
    pub issued_at: i64,
    /// Seconds since 1970 by this machine's clock, whatever that clock is worth.
    pub expires_at: i64,
}

/// A token that may exist and whose password nobody has.
#[derive(Debug)]
pub struct OrphanedToken {
    /// Where it would be.
    pub registry_id: String,
    /// What it would be called.
    pub name: String,
    /// When it would end, by this machine's clock.
    pub expires_at: i64,
}

/// Why there is no token.
#[derive(Debug)]
pub enum MintError {
    /// A call failed.
    Api(ApiError),
    /// The account does not have this registry.
    NoSuchRegistry {
        /// How many it has.
        seen: usize,
        /// How many more could not be read.
        odd: usize,
    },
    /// The registry is there and has no hostname yet.
    BeingCreated,
    /// The token ended before it could be used.
    ShortLived,
}

impl From<ApiError> for MintError {
    fn from(err: ApiError) -> Self {
        Self::Api(err)
    }
}

impl MintError {
    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        match self {
            Self::Api(err) => err.failure(access),
            Self::NoSuchRegistry { seen, odd } => Failure::new(
                match odd {
                    0 => format!("no such registry among the {seen} that the account sees"),
                    _ => format!(
                        "no such registry among the {seen} that the account sees ({odd} more could not be read)"
                    ),
                },
                "check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it",
            ),
            Self::BeingCreated => Failure::new(
                "the registry is still being created and has no hostname yet",
                "wait until its state is Running and try again",
            ),
            Self::ShortLived => Failure::new(
                format!("{} made a token that ends at once", access.endpoint.host()),
                "check this machine's clock and try again",
            ),
        }
    }
}

/// Makes a token. `lost` is told of each one that may exist without anybody having its password
/// and that could not be deleted here.
pub fn mint(
    api: &Api,
    order: &MintRequest<'_>,
    mut lost: impl FnMut(OrphanedToken),
) -> Result<Minted, MintError> {
    let mut registry_id = match (order.target, &order.known) {
        (Target::Id(id), _) => id.clone(),
        (_, Some(known)) => known.registry_id.clone(),
        (_, None) => find(api, order.host, order.target)?.id,
    };
    let mut id_may_be_old = order.known.is_some() && !matches!(order.target, Target::Id(_));
    let mut clock_was_set = false;
    let mut name = name::new();
    let mut doubts = 0;
    let mut conflicts = 0;
    loop {
        let remembered = order.known.as_ref().map_or(0, |known| known.skew);
        let skew = api.skew().unwrap_or(remembered);
        let life = i64::try_from(order.ttl.as_secs()).unwrap_or(i64::MAX / 2) + SPARE;
        let ends_at = env::now() + life;
        let orphan = |registry_id: &str, name: &str| OrphanedToken {
            registry_id: registry_id.to_owned(),
            name: name.to_owned(),
            // A wrong clock is no reason to forget it early.
            expires_at: ends_at.max(ends_at + skew),
        };
        let wanted = NewToken::new(&name, ends_at + skew, order.scopes);
        let err = match api.create_token(&registry_id, &wanted) {
            Ok(token) => {
                let id = token.id.clone();
                let minted = minted(api, &registry_id, token, ends_at);
                let off = api.skew().map_or(0, |now| (now - skew).abs());
                // The clock was mended since it was remembered, or never heard: the token lives
                // far longer than it is meant to, or not half as long.
                let is_asked_wrongly = !clock_was_set && off > life / 2;
                if minted.is_ok() && !is_asked_wrongly {
                    return minted;
                }
                let is_gone = match id {
                    Some(id) => api.delete_token(&registry_id, &id).is_ok(),
                    None => delete(api, &registry_id, &name),
                };
                if !is_gone {
                    lost(orphan(&registry_id, &name));
                }
                if !is_asked_wrongly {
                    return minted;
                }
                clock_was_set = true;
                doubts = 0;
                name = name::new();
                continue;
            }
            Err(err) => err,
        };
        match err {
            // The same name again: the answer tells whether the first one worked.
            err if err.is_doubtful() => {
                doubts += 1;
                if doubts >= TRIES || !api.pause(&err, doubts) {
                    lost(orphan(&registry_id, &name));
                    return Err(err.into());
                }
            }
            err @ ApiError::Conflict { .. } => {
                if doubts > 0 && !delete(api, &registry_id, &name) {
                    lost(orphan(&registry_id, &name));
                }
                conflicts += 1;
                if conflicts >= TRIES || !err.is_taken_name() {
                    return Err(err.into());
                }
                name = name::new();
            }
            // Deleted and made anew, or another account's: its id is another one.
            ApiError::NotFound { .. } if id_may_be_old => {
                id_may_be_old = false;
                registry_id = find(api, order.host, order.target)?.id;
            }
            // An expiry in the past or too near, if our clock is wrong; now we know the API's.
            ApiError::Refused { status: 400, .. }
                if !clock_was_set
                    && api
                        .skew()
                        .is_some_and(|now| (now - skew).abs() > TOLERATED_SKEW) =>
            {
                clock_was_set = true;
            }
            err => {
                // An internal error may come after the token.
                let broken = matches!(err, ApiError::Refused { status: 500.., .. });
                if doubts > 0 || broken {
                    lost(orphan(&registry_id, &name));
                }
                return Err(err.into());
            }
        }
    }
}

/// The registry behind a host.
pub fn registry(
    api: &Api,
    host: &RegistryHost,
    target: &Target,
) -> Result<api::Registry, MintError> {
    find(api, host, target)
}

fn minted(api: &Api, registry_id: &str, token: Token, asked_for: i64) -> Result<Minted, MintError> {
    let issued_at = env::now();
    let expires_at = match (token.expires_at.filter(|at| *at > NO_DATE), api.skew()) {
        // What ends later than asked for is not used longer.
        (Some(by_the_api), skew) => by_the_api
            .saturating_sub(skew.unwrap_or_default())
            .min(asked_for),
        // "Never", or not said: then what was asked for is as long as we use it.
        (None, _) => asked_for,
    };
    if expires_at <= issued_at + 60 {
        return Err(MintError::ShortLived);
    }
    Ok(Minted {
        registry_id: registry_id.to_owned(),
        token_id: token.id,
        username: token.username,
        secret: token.password,
        issued_at,
        expires_at,
    })
}

/// The registry with this hostname. The first label finds it in one short page, as far as anybody
/// has seen; hostnames decide, unless the configuration names the registry.
fn find(api: &Api, host: &RegistryHost, target: &Target) -> Result<api::Registry, MintError> {
    let name = match target {
        Target::Name(name) => name,
        _ => host.first_label(),
    };
    let is_named = |found: &api::Registry| found.name.eq_ignore_ascii_case(name);
    let is_it = |found: &api::Registry| match target {
        Target::Name(_) => is_named(found),
        Target::Id(id) => found.id.eq_ignore_ascii_case(id),
        Target::Hostname => {
            let hostname = found.hostname.as_deref().map(RegistryHost::parse);
            hostname.is_some_and(|it| it.as_ref() == Ok(host))
        }
    };
    let mut seen = Vec::new();
    for hint in [Some(name), None] {
        seen = api.registries(hint)?;
        if let Some(found) = seen.iter().find(|found| is_it(found)) {
            return Ok(found.clone());
        }
    }
    let unfinished = |found: &api::Registry| found.hostname.is_none() && is_named(found);
    Err(if seen.iter().any(unfinished) {
        MintError::BeingCreated
    } else {
        MintError::NoSuchRegistry {
            seen: seen.len(),
            odd: api.odd_items(),
        }
    })
}

/// Deletes the token that an unanswered request made.
fn delete(api: &Api, registry_id: &str, name: &str) -> bool {
    debug!("{name} was made and its answer lost");
    match api.token_id(registry_id, name) {
        Ok(Some(id)) => api.delete_token(registry_id, &id).is_ok(),
        Ok(None) => true,
        Err(_) => false,
    }
}
