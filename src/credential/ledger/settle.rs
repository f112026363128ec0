//! Acting on records at the API.

use log::debug;

use super::{Entry, Ledger, State};
use crate::credential::cache::Cache;
use crate::env;
use crate::http::{Endpoint, TransportError};
use crate::ionos::account::AccountKey;
use crate::ionos::api::{Api, ApiError};
use crate::registry_host::RegistryHost;

/// What became of a record.
enum Settled {
    /// The token is gone.
    Gone,
    /// The token was not found and may still appear.
    MayAppear,
    /// A client has the token.
    InUse,
}

impl Ledger {
    /// Deletes tokens at the API that are to be deleted, as far as the time goes: those of `first`,
    /// then all others of this account; of each, those first that were not tried lately. A refusal
    /// of one does not stop the next; an API that is down or refuses the account does.
    pub fn settle(&self, api: &Api, account: &AccountKey, cache: &Cache, mut first: Vec<Entry>) {
        let endpoint = &api.access().endpoint;
        let mut others = self.entries();
        for entries in [&mut first, &mut others] {
            entries.sort_by_key(|entry| entry.record.tried_at.unwrap_or_default());
        }
        others.retain(|entry| first.iter().all(|it| it.record.name != entry.record.name));
        let mine = first
            .into_iter()
            .chain(others)
            .filter(|entry| entry.record.is_pending() && entry.record.is_of(account, endpoint));
        for mut entry in mine {
            if api.deadline().passed() {
                break;
            }
            // Held until the record is updated.
            let _lock = match entry.record.state {
                State::Minting => match Self::claim(&entry) {
                    Some(lock) => Some(lock),
                    None => continue,
                },
                _ => None,
            };
            match Self::act(api, cache, &mut entry) {
                Ok(Settled::Gone) => {
                    debug!("revoked {}", entry.record.name);
                    self.note_deletion(&mut entry, api);
                }
                Ok(Settled::MayAppear | Settled::InUse) => {
                    self.save(&mut entry);
                }
                Err(err) => {
                    debug!("{} is not revoked yet: {err:?}", entry.record.name);
                    entry.record.tried_at = Some(env::now_millis());
                    entry.record.failed_with = status(&err);
                    self.save(&mut entry);
                    if ends_the_round(&err) {
                        break;
                    }
                }
            }
        }
        if let Some(skew) = api.skew() {
            self.forget_expired(endpoint, env::now() + skew);
        }
    }

    /// Notes that a token is deleted. Its record stays while a late request may create it again.
    pub fn note_deletion(&self, entry: &mut Entry, api: &Api) {
        let api_now = env::now() + api.skew().unwrap_or_default();
        if entry.record.deleted_at(api_now) {
            Self::forget(entry);
        } else {
            self.save(entry);
        }
    }

    /// Notes on what is still pending that the API did not answer in time.
    pub fn waited_in_vain(&self, account: &AccountKey) {
        for mut entry in self.entries() {
            if entry.record.is_pending() && entry.record.is_of_account(account) {
                entry.record.waited_at = Some(env::now());
                self.save(&mut entry);
            }
        }
    }

    fn act(api: &Api, cache: &Cache, entry: &mut Entry) -> Result<Settled, ApiError> {
        let record = &entry.record;
        if record.state == State::Minting && is_cached(cache, &record.host, &record.name) {
            entry.record.state = State::Current;
            return Ok(Settled::InUse);
        }
        let (registry, name) = (&record.registry_id, &record.name);
        if let Some(id) = &record.token_id
            && api.delete_token(registry, id)?
        {
            return Ok(Settled::Gone);
        }
        // A 404 to the deletion alone may come from something between us and the API.
        let is_gone = match api.token_id(registry, name) {
            Ok(Some(id)) if api.delete_token(registry, &id)? => true,
            Ok(Some(_)) => return Err(ApiError::NotFound { said: None }),
            Ok(None) if record.token_id.is_some() => true,
            // It was not made, or not yet; or the registry is gone.
            Ok(None) | Err(ApiError::NotFound { .. }) => entry
                .record
                .not_found_at(env::now() + api.skew().unwrap_or_default()),
            Err(err) => return Err(err),
        };
        Ok(if is_gone {
            Settled::Gone
        } else {
            Settled::MayAppear
        })
    }

    /// Forgets tokens that the API has deleted because they expired, whoever made them.
    fn forget_expired(&self, endpoint: &Endpoint, api_now: i64) {
        for entry in self.entries() {
            let is_over = entry.record.is_at(endpoint) && entry.record.is_over(api_now);
            if is_over && !Self::is_in_use(&entry) {
                debug!("{} has expired", entry.record.name);
                Self::forget(&entry);
            }
        }
    }
}

/// Whether a process was killed after it had cached the token and before it had completed the record.
fn is_cached(cache: &Cache, host: &str, name: &str) -> bool {
    RegistryHost::parse(host).is_ok_and(|host| {
        cache
            .of_host(&host)
            .iter()
            .any(|token| token.username == name)
    })
}

fn status(err: &ApiError) -> Option<u16> {
    match err {
        ApiError::Unauthorized { .. } => Some(401),
        ApiError::Forbidden { .. } => Some(403),
        ApiError::NotFound { .. } => Some(404),
        ApiError::Conflict { .. } => Some(409),
        ApiError::Busy { .. } => Some(429),
        ApiError::Refused { status, .. } | ApiError::Unavailable { status, .. } => Some(*status),
        ApiError::Transport(_) => None,
    }
}

/// Whether the next record would meet the same trouble. A broken connection or an odd answer costs
/// no time, so the next one is tried.
fn ends_the_round(err: &ApiError) -> bool {
    match err {
        ApiError::Transport(err) => !matches!(err, TransportError::Lost { .. }),
        err => status(err).is_some_and(|status| matches!(status, 401 | 429 | 500..)),
    }
}
