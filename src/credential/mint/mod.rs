//! Mints one registry token: registry, name, request, clean-up.
//!
//! The API lists a token for every `POST` that it carries out, whether or not its answer arrives. So
//! each request is put on record before it is sent, and a token whose password nobody has is found
//! by its name and deleted.

mod installation;
mod name;
mod registry;

use std::time::Duration;

use log::debug;
use secrecy::SecretString;

pub use installation::installation_id;
pub use name::{Maker, is_minted as is_minted_name, this_machine};
pub use registry::registry;

use crate::config::Target;
use crate::credential::ledger::{Draft, Ledger, Minting};
use crate::credential::registry_hint::RegistryHint;
use crate::env;
use crate::error::Failure;
use crate::ionos::api::Access;
use crate::ionos::api::{Api, ApiError, NewToken, Token};
use crate::registry_host::RegistryHost;
use crate::scope::Scope;

/// Requested on top of the intended lifetime, so that one hour is still one hour when the request
/// arrives and by the API's clock.
pub const SPARE: i64 = 5 * 60;
/// Attempts under one name after answers that leave it open whether the token was made, and under
/// names that are taken.
const ATTEMPTS: u32 = 3;
/// Clocks that differ by less do not explain a refused expiry.
const TOLERATED_SKEW: i64 = 60;
/// The end of 1970. Go's zero time and Unix's are how a program says that it has no date.
const NO_DATE: i64 = 365 * 24 * 3600;

/// What to mint.
#[derive(Debug)]
pub struct MintRequest<'a> {
    /// The registry's host.
    pub host: &'a RegistryHost,
    /// How it is found among the account's registries.
    pub target: &'a Target,
    /// What the token may do.
    pub scopes: &'a [Scope],
    /// The intended lifetime.
    pub ttl: Duration,
    /// What an earlier request learnt about the registry.
    pub known: Option<RegistryHint>,
    /// Where the token is put on record.
    pub ledger: &'a Ledger,
    /// What its record says before it is requested.
    pub draft: Draft<'a>,
}

/// A token. Its record still says `minting`: the caller caches the token and then completes it.
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
    /// In seconds since 1970 by this machine's clock.
    pub issued_at: i64,
    /// In seconds since 1970 by this machine's clock, however wrong that is.
    pub expires_at: i64,
    /// The same by the API's clock; `None` for never.
    pub api_expires_at: Option<i64>,
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
    /// The registry exists and has no hostname yet.
    BeingCreated,
    /// The token expired before it could be used.
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
                format!(
                    "{} made a token that expires at once",
                    access.endpoint.host()
                ),
                "check this machine's clock and try again",
            ),
        }
    }
}

/// Mints a token. On failure `unrecorded` gets each token that may exist and could not be put on
/// record.
pub fn mint(
    api: &Api,
    request: &MintRequest<'_>,
    unrecorded: &mut Vec<Minting>,
) -> Result<(Minted, Minting), MintError> {
    let mut mint = Mint::new(api, request, unrecorded);
    let mut step = mint.first_step();
    loop {
        step = match step {
            Step::FindRegistry => mint.find_registry(),
            Step::UseNewName => mint.use_new_name(),
            Step::Post(attempt) => mint.post(attempt),
            Step::Done(minted, record) => return Ok((minted, record)),
            Step::Failed(err) => return Err(err),
        };
    }
}

/// What is done next.
enum Step {
    /// Ask the API for the registry's id.
    FindRegistry,
    /// Put a name on record, then request a token of that name.
    UseNewName,
    /// Request a token. After an earlier attempt under the same name the answer also tells whether
    /// that one succeeded.
    Post(Attempt),
    Done(Minted, Minting),
    Failed(MintError),
}

/// Requests under one name.
struct Attempt {
    record: Minting,
    /// The expiry that is requested, by this machine's clock.
    expires_at: i64,
    /// The API's clock less ours that the requested expiry was computed with.
    skew: i64,
    /// How many requests were sent and may have been carried out.
    sent: u32,
    /// How many of them had no usable answer. The server may still carry them out.
    unanswered: u32,
}

struct Mint<'a> {
    api: &'a Api,
    request: &'a MintRequest<'a>,
    unrecorded: &'a mut Vec<Minting>,
    registry_id: String,
    /// Whether a 404 may mean that the registry was deleted and created again.
    id_may_be_old: bool,
    /// Whether an expiry was requested again by another clock. Once is enough.
    expiry_was_corrected: bool,
    names_taken: u32,
    has_used_a_name: bool,
}

impl<'a> Mint<'a> {
    fn new(api: &'a Api, request: &'a MintRequest<'a>, unrecorded: &'a mut Vec<Minting>) -> Self {
        let (registry_id, id_may_be_old) = match (request.target, &request.known) {
            (Target::Id(id), _) => (id.clone(), false),
            (_, Some(known)) => (known.registry_id.clone(), true),
            (_, None) => (String::new(), false),
        };
        Self {
            api,
            request,
            unrecorded,
            registry_id,
            id_may_be_old,
            expiry_was_corrected: false,
            names_taken: 0,
            has_used_a_name: false,
        }
    }

    fn first_step(&self) -> Step {
        if self.registry_id.is_empty() {
            Step::FindRegistry
        } else {
            Step::UseNewName
        }
    }

    fn find_registry(&mut self) -> Step {
        match registry(self.api, self.request.host, self.request.target) {
            Ok(found) => {
                self.registry_id = found.id;
                Step::UseNewName
            }
            Err(err) => Step::Failed(err),
        }
    }

    fn use_new_name(&mut self) -> Step {
        let (expires_at, skew) = self.expiry();
        let record = self.request.ledger.begin(
            Draft {
                may_reuse: !std::mem::replace(&mut self.has_used_a_name, true),
                ..self.request.draft
            },
            || name::new(&installation_id(self.request.ledger)),
            &self.registry_id,
            self.api_now(),
            expires_at + skew,
        );
        let sent = u32::from(record.is_reused());
        // It is not known how many.
        let unanswered = if record.is_doubtful() { 2 } else { 0 };
        Step::Post(Attempt {
            record,
            expires_at,
            skew,
            sent,
            unanswered,
        })
    }

    fn post(&mut self, mut attempt: Attempt) -> Step {
        let wanted = NewToken::new(
            attempt.record.name(),
            attempt.expires_at + attempt.skew,
            self.request.scopes,
        );
        match self.api.create_token(&self.registry_id, &wanted) {
            Ok(token) => self.check(token, attempt),
            Err(err) if nothing_was_sent(&err) => {
                if attempt.sent == 0 {
                    attempt.record.forget();
                } else {
                    self.leave(attempt.record);
                }
                Step::Failed(err.into())
            }
            Err(err) => {
                attempt.sent += 1;
                self.after_error(err, attempt)
            }
        }
    }

    /// The API made the token. It is deleted again if nobody can use it.
    fn check(&mut self, token: Token, attempt: Attempt) -> Step {
        let off = self.api.skew().map_or(0, |now| (now - attempt.skew).abs());
        // The clock was corrected since the skew was remembered, or the skew was never known: the
        // token lives far longer than intended, or not half as long.
        let has_wrong_expiry = !self.expiry_was_corrected && off > self.life() / 2;
        let (id, api_expires_at) = (token.id.clone(), expiry(&token));
        let minted = minted(self.api, &self.registry_id, token, attempt.expires_at);
        let err = match minted {
            Ok(minted) if !has_wrong_expiry => return Step::Done(minted, attempt.record),
            Ok(_) => None,
            Err(err) => Some(err),
        };
        let is_deleted = match &id {
            Some(id) => self.api.delete_token(&self.registry_id, id) == Ok(true),
            None => self.delete_by_name(attempt.record.name()),
        };
        if is_deleted && attempt.unanswered == 0 {
            attempt.record.forget();
        } else if is_deleted {
            self.leave(attempt.record);
        } else {
            let record = attempt.record.revoke(id, api_expires_at);
            self.leave(record);
        }
        match err {
            Some(err) if !has_wrong_expiry => Step::Failed(err),
            _ => {
                self.expiry_was_corrected = true;
                Step::UseNewName
            }
        }
    }

    /// The API did not say that it made the token. It may have made it all the same, unless it says
    /// that an earlier request took the name.
    fn after_error(&mut self, err: ApiError, mut attempt: Attempt) -> Step {
        match &err {
            ApiError::Conflict { .. } => {
                let is_first = attempt.sent == 1;
                // The name is taken by the only request without an answer.
                if attempt.unanswered == 1 {
                    attempt.unanswered = 0;
                    attempt.record.resolve();
                }
                if !is_first && self.delete_by_name(attempt.record.name()) {
                    if attempt.unanswered > 0 {
                        self.leave(attempt.record);
                    } else {
                        attempt.record.forget();
                    }
                } else {
                    let record = attempt.record.refused(self.api_now());
                    self.leave(record);
                }
                self.names_taken += 1;
                if self.names_taken >= ATTEMPTS || !err.is_taken_name() {
                    return Step::Failed(err.into());
                }
                Step::UseNewName
            }
            _ if err.is_doubtful() => {
                if attempt.sent >= ATTEMPTS || !self.api.pause(&err, attempt.sent) {
                    self.leave(attempt.record);
                    return Step::Failed(err.into());
                }
                attempt.unanswered += 1;
                attempt.record.repeat(self.api_now());
                Step::Post(attempt)
            }
            // Deleted and created again, or another account's: its id is another one.
            ApiError::NotFound { .. } if self.id_may_be_old => {
                self.id_may_be_old = false;
                let record = attempt.record.refused(self.api_now());
                self.leave(record);
                Step::FindRegistry
            }
            // An expiry in the past or too near, because our clock is wrong. Now we know the API's.
            ApiError::Refused { status: 400, .. }
                if !self.expiry_was_corrected
                    && self
                        .api
                        .skew()
                        .is_some_and(|now| (now - attempt.skew).abs() > TOLERATED_SKEW) =>
            {
                self.expiry_was_corrected = true;
                (attempt.expires_at, attempt.skew) = self.expiry();
                attempt
                    .record
                    .reschedule(self.api_now(), attempt.expires_at + attempt.skew);
                Step::Post(attempt)
            }
            ApiError::Refused { status: 500.., .. } => {
                self.leave(attempt.record);
                Step::Failed(err.into())
            }
            _ => {
                let record = attempt.record.refused(self.api_now());
                self.leave(record);
                Step::Failed(err.into())
            }
        }
    }

    /// Leaves a token that may exist to later contacts with the API.
    fn leave(&mut self, record: Minting) {
        if !record.is_recorded() {
            self.unrecorded.push(record);
        }
    }

    /// Deletes the token that an unanswered request made. `true` if there is none any more.
    fn delete_by_name(&self, name: &str) -> bool {
        delete_by_name(self.api, &self.registry_id, name)
    }

    fn life(&self) -> i64 {
        i64::try_from(self.request.ttl.as_secs()).unwrap_or(i64::MAX / 2) + SPARE
    }

    /// The expiry to request by this machine's clock, and the API's clock less ours.
    fn expiry(&self) -> (i64, i64) {
        let remembered = self.request.known.as_ref().map_or(0, |known| known.skew);
        let skew = self.api.skew().unwrap_or(remembered);
        (env::now() + self.life(), skew)
    }

    /// The time by the API's clock, if it has told it.
    fn api_now(&self) -> Option<i64> {
        self.api.skew().map(|skew| env::now() + skew)
    }
}

fn nothing_was_sent(err: &ApiError) -> bool {
    matches!(err, ApiError::Transport(err) if !err.may_have_arrived())
}

/// Deletes the token of this name. `true` if one was found and deleted.
pub(super) fn delete_by_name(api: &Api, registry_id: &str, name: &str) -> bool {
    debug!("{name} was made and its answer lost");
    match api.token_id(registry_id, name) {
        Ok(Some(id)) => api.delete_token(registry_id, &id) == Ok(true),
        Ok(None) | Err(_) => false,
    }
}

/// When a token expires, by the API's clock. "Never" may be said with a date.
fn expiry(token: &Token) -> Option<i64> {
    token.expires_at.filter(|at| *at > NO_DATE)
}

fn minted(api: &Api, registry_id: &str, token: Token, requested: i64) -> Result<Minted, MintError> {
    let issued_at = env::now();
    let api_expires_at = expiry(&token);
    let expires_at = match api_expires_at {
        // A token that lives longer than requested is not used longer.
        Some(at) => at
            .saturating_sub(api.skew().unwrap_or_default())
            .min(requested),
        None => requested,
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
        api_expires_at,
    })
}
