//! The steps of a mint.

use secrecy::ExposeSecret as _;

use super::{MintError, MintRequest, SPARE, delete, installation_id, name, registry};
use crate::config::Target;
use crate::credential::cache::{self, CachedToken};
use crate::credential::ledger::{Minting, Record, State};
use crate::env;
use crate::ionos::api::{Api, ApiError, Token};

/// Attempts under one name after answers that leave it open whether the token was made, and under
/// names that are taken.
const ATTEMPTS: u32 = 3;
/// In seconds. Clocks that differ by less are not why the API refuses an expiry.
const TOLERATED_SKEW: i64 = 60;
/// The end of 1970. Programs send Go's zero time or that of Unix in place of no date.
const NO_DATE: i64 = 365 * 24 * 3600;

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
    unrecorded: &'a mut Vec<Record>,
    /// Empty until it is known.
    registry_id: String,
    /// Whether a 404 may mean that the registry was deleted and created again.
    id_may_be_old: bool,
    /// Whether the expiry was corrected by the API's clock, which is done once.
    expiry_was_corrected: bool,
    names_taken: u32,
    /// The last error that left open whether the token was made. That request may have taken its own
    /// name.
    doubtful: Option<ApiError>,
    has_used_a_name: bool,
}

/// Mints a token. Its record still says `minting`: the caller caches the token and then completes it.
/// `unrecorded` gets each other token that may exist and could not be put on record.
pub fn mint(
    api: &Api,
    request: &MintRequest<'_>,
    unrecorded: &mut Vec<Record>,
) -> Result<(CachedToken, Minting), MintError> {
    let target = &request.settings.target;
    let (registry_id, id_may_be_old) = match (target, &request.hint) {
        (Target::Id(id), _) => (id.clone(), false),
        (_, Some(hint)) => (hint.registry_id.clone(), true),
        (_, None) => (String::new(), false),
    };
    let mut mint = Mint {
        api,
        request,
        unrecorded,
        registry_id,
        id_may_be_old,
        expiry_was_corrected: false,
        names_taken: 0,
        doubtful: None,
        has_used_a_name: false,
    };
    loop {
        if mint.registry_id.is_empty() {
            mint.registry_id = registry(api, request.host, target)?.id;
        }
        let attempt = mint.use_new_name();
        if let Some(minted) = mint.post(attempt)? {
            return Ok(minted);
        }
    }
}

impl Mint<'_> {
    /// Puts a name on record.
    fn use_new_name(&mut self) -> Attempt {
        let (expires_at, skew) = self.expiry();
        let record = Record {
            host: self.request.host.as_str().to_owned(),
            account: self.request.account.as_str().to_owned(),
            api: Some(self.api.access().endpoint.as_str().to_owned()),
            entry: self.request.slot.map(|slot| slot.entry().to_owned()),
            registry_id: self.registry_id.clone(),
            state: State::Minting,
            posted_at: self.api.now(),
            expires_at: Some(expires_at + skew),
            ..Record::new()
        };
        let may_reuse = !std::mem::replace(&mut self.has_used_a_name, true);
        let new_name = || name::new(&installation_id(self.request.ledger));
        let record = self.request.ledger.begin(record, may_reuse, new_name);
        Attempt {
            sent: u32::from(record.is_reused),
            // It is not known how many.
            unanswered: if record.entry.record.doubtful { 2 } else { 0 },
            record,
            expires_at,
            skew,
        }
    }

    /// Requests a token. After an earlier attempt under the same name the answer also tells whether
    /// that one succeeded. `None` if another name has to be used.
    fn post(&mut self, mut attempt: Attempt) -> Result<Option<(CachedToken, Minting)>, MintError> {
        loop {
            let created = self.api.create_token(
                &self.registry_id,
                &attempt.record.entry.record.name,
                attempt.expires_at + attempt.skew,
                &self.request.settings.scopes,
            );
            let err = match created {
                Ok(token) => return self.check(token, attempt),
                Err(err) => err,
            };
            if matches!(&err, ApiError::Transport(err) if !err.may_have_arrived()) {
                if attempt.sent == 0 {
                    attempt.record.forget();
                } else {
                    self.leave(attempt.record);
                }
                return Err(err.into());
            }
            attempt.sent += 1;
            match self.after_error(err, attempt)? {
                Some(again) => attempt = again,
                None => return Ok(None),
            }
        }
    }

    /// The API made the token. It is deleted again if no client can use it.
    fn check(
        &mut self,
        token: Token,
        mut attempt: Attempt,
    ) -> Result<Option<(CachedToken, Minting)>, MintError> {
        let off = self.api.skew().map_or(0, |now| (now - attempt.skew).abs());
        // The clock was corrected since the skew was remembered, or the skew was never known: the
        // token lives far longer than intended, or not half as long.
        let has_wrong_expiry = !self.expiry_was_corrected && off > self.life() / 2;
        attempt.record.entry.record.token_id.clone_from(&token.id);
        // An earlier expiry than requested may be a mistake: the record must not be forgotten early.
        attempt.record.entry.record.expires_at =
            expiry(&token).map(|at| at.max(attempt.expires_at + attempt.skew));
        let minted = self.minted(token, attempt.expires_at);
        if !has_wrong_expiry && let Ok(token) = minted {
            return Ok(Some((token, attempt.record)));
        }
        if delete(self.api, &attempt.record.entry.record) {
            self.leave_deleted(attempt);
        } else {
            let record = attempt.record.revoke();
            self.leave(record);
        }
        match minted {
            Err(err) if !has_wrong_expiry => Err(err),
            _ => {
                self.expiry_was_corrected = true;
                Ok(None)
            }
        }
    }

    /// The API did not say that it made the token. It may have made it all the same, unless it says
    /// that an earlier request took the name. Returns the attempt if it is to be made again, `None` if
    /// another name has to be used.
    fn after_error(
        &mut self,
        err: ApiError,
        mut attempt: Attempt,
    ) -> Result<Option<Attempt>, MintError> {
        match &err {
            ApiError::Refused { status: 409, .. } => {
                let is_first = attempt.sent == 1;
                // The name is taken by the only request without an answer.
                if attempt.unanswered == 1 {
                    attempt.unanswered = 0;
                    attempt.record.entry.record.doubtful = false;
                }
                if !is_first && delete(self.api, &attempt.record.entry.record) {
                    self.leave_deleted(attempt);
                } else {
                    self.leave_refused(attempt);
                }
                self.names_taken += 1;
                if !err.is_taken_name() {
                    return Err(err.into());
                }
                if self.names_taken >= ATTEMPTS {
                    return Err(self.doubtful.take().unwrap_or(err).into());
                }
                Ok(None)
            }
            _ if err.is_doubtful() => {
                if attempt.sent >= ATTEMPTS || !self.api.pause(&err, attempt.sent) {
                    self.leave(attempt.record);
                    return Err(err.into());
                }
                attempt.unanswered += 1;
                attempt.record.repeat(self.api.now());
                self.doubtful = Some(err);
                Ok(Some(attempt))
            }
            // The remembered id is wrong: the registry was deleted and created again, or it is another
            // account's.
            ApiError::Refused { status: 404, .. } if self.id_may_be_old => {
                self.id_may_be_old = false;
                self.leave_refused(attempt);
                self.registry_id.clear();
                Ok(None)
            }
            // The expiry is in the past or too near, because our clock is wrong. The answer has the
            // time of the API.
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
                    .reschedule(self.api.now(), attempt.expires_at + attempt.skew);
                Ok(Some(attempt))
            }
            ApiError::Refused { status: 500.., .. } => {
                self.leave(attempt.record);
                Err(err.into())
            }
            _ => {
                self.leave_refused(attempt);
                Err(err.into())
            }
        }
    }

    /// Leaves a token that may exist to later contacts with the API.
    fn leave(&mut self, record: Minting) {
        if !record.entry.is_on_disk() {
            self.unrecorded.push(record.entry.record);
        }
    }

    fn leave_refused(&mut self, attempt: Attempt) {
        let record = attempt.record.refused(self.api.now());
        self.leave(record);
    }

    /// The token is deleted, and an unanswered request may create it again.
    fn leave_deleted(&mut self, attempt: Attempt) {
        if attempt.unanswered == 0 {
            attempt.record.forget();
        } else {
            self.leave(attempt.record);
        }
    }

    /// The token for the cache, unless it expires at once.
    fn minted(&self, token: Token, requested: i64) -> Result<CachedToken, MintError> {
        let issued_at = env::now();
        let skew = self.api.skew().unwrap_or_default();
        // A token that lives longer than requested is not used longer.
        let expires_at =
            expiry(&token).map_or(requested, |at| at.saturating_sub(skew).min(requested));
        if expires_at <= issued_at + 60 {
            return Err(MintError::ShortLived);
        }
        let settings = self.request.settings;
        Ok(CachedToken {
            version: cache::VERSION,
            host: self.request.host.as_str().to_owned(),
            profile: settings.profile.clone(),
            account: self.request.account.as_str().to_owned(),
            scopes: settings.scopes.clone(),
            target: settings.target.clone(),
            registry_id: self.registry_id.clone(),
            token_id: token.id,
            username: token.username,
            secret: token.password.expose_secret().into(),
            issued_at,
            expires_at,
        })
    }

    fn life(&self) -> i64 {
        i64::try_from(self.request.settings.token_ttl.as_secs()).unwrap_or(i64::MAX / 2) + SPARE
    }

    /// The expiry to request by this machine's clock, and the API's clock less ours.
    fn expiry(&self) -> (i64, i64) {
        let remembered = self.request.hint.as_ref().map_or(0, |hint| hint.skew);
        let skew = self.api.skew().unwrap_or(remembered);
        (env::now() + self.life(), skew)
    }
}

/// When a token expires, by the API's clock; `None` for never.
fn expiry(token: &Token) -> Option<i64> {
    token.expires_at.filter(|at| *at > NO_DATE)
}
