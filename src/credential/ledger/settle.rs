//! Acting on records at the API.

use log::debug;

use super::{Entry, Ledger, Record, State};
use crate::credential::cache::Cache;
use crate::env;
use crate::ionos::account::AccountKey;
use crate::ionos::api::{Api, ApiError};
use crate::registry_host::RegistryHost;

impl Ledger {
    /// Deletes the tokens of this account that are to be deleted, until the deadline. Those that
    /// were never tried come first, of them those of `host`; then those whose last try is the
    /// longest ago, so that a record that always fails does not block the others. A refusal of one
    /// does not stop the next; an API that is down or refuses the account does. Then removes the
    /// records of expired tokens. `entries` is every record.
    pub fn settle(
        &self,
        api: &Api,
        account: &AccountKey,
        cache: &Cache,
        entries: &mut [Entry],
        host: Option<&RegistryHost>,
    ) {
        let is_first = |record: &Record| host.is_some_and(|host| host.as_str() == record.host);
        let now = env::now_millis();
        entries.sort_by_key(|it| (it.record.last_try(now), !is_first(&it.record)));
        let endpoint = &api.access().endpoint;
        for entry in entries.iter_mut() {
            if api.deadline.passed() {
                break;
            }
            if !entry.record.is_pending()
                || !entry.record.is_of_account(account)
                || !entry.record.is_at(endpoint)
            {
                continue;
            }
            // Locked until the record is updated.
            let _lock = match entry.record.state {
                State::Minting => match Self::claim(entry) {
                    Some(lock) => Some(lock),
                    None => continue,
                },
                _ => None,
            };
            entry.record.tried_at = Some(env::now_millis());
            match Self::act(api, cache, entry) {
                Ok(true) => {
                    debug!("revoked {}", entry.record.name);
                    self.note_deletion(entry, api);
                }
                Ok(false) => {
                    self.save(entry);
                }
                Err(err) => {
                    debug!("{} is not revoked yet: {err:?}", entry.record.name);
                    entry.record.failed_with = err.status();
                    self.save(entry);
                    if err.ends_a_round() {
                        break;
                    }
                }
            }
        }
        // Records of every account.
        let Some(api_now) = api.now() else {
            return;
        };
        for entry in entries {
            let has_expired = entry.record.is_at(endpoint) && entry.record.has_expired(api_now);
            if has_expired && !Self::is_in_use(entry) {
                debug!("{} has expired", entry.record.name);
                Self::forget(entry);
            }
        }
    }

    /// Notes that a token is deleted. Its record stays while a late request may create it again.
    pub fn note_deletion(&self, entry: &mut Entry, api: &Api) {
        let api_now = api.now().unwrap_or_else(env::now);
        if entry.record.deleted_at(api_now) {
            Self::forget(entry);
        } else {
            self.save(entry);
        }
    }

    /// Notes on a pending record that the API did not answer in time.
    pub fn note_timeout(&self, account: &AccountKey, entries: &mut [Entry]) {
        let pending = entries.iter_mut().find(|entry| {
            // Its record may have been removed before the deadline.
            let is_there = entry
                .dir
                .as_ref()
                .is_none_or(|dir| dir.has(&entry.record.file_name()));
            is_there && entry.record.is_pending() && entry.record.is_of_account(account)
        });
        if let Some(entry) = pending {
            entry.record.waited_at = Some(env::now());
            self.save(entry);
        }
    }

    /// Deletes a token, or finds out that a client has it. `false` if it stays on record: a client
    /// has it, or it was not found and may still appear.
    fn act(api: &Api, cache: &Cache, entry: &mut Entry) -> Result<bool, ApiError> {
        let record = &entry.record;
        // The process was killed after it had cached the token and before it had completed the record.
        if record.state == State::Minting && cache.contains(&record.host, &record.name) {
            entry.record.state = State::Current;
            return Ok(false);
        }
        // A logout may have been killed after its mark: nothing that is deleted is returned.
        if record.state == State::Revoke {
            cache.remove(&record.host, &record.name);
        }
        let (registry, name) = (&record.registry_id, &record.name);
        if let Some(id) = &record.token_id
            && api.delete_token(registry, id)?
        {
            return Ok(true);
        }
        // A 404 to the deletion alone may come from a gateway before the API.
        match api.token_id(registry, name) {
            Ok(Some(id)) if api.delete_token(registry, &id)? => Ok(true),
            Ok(Some(_)) => Err(ApiError::refused(404)),
            Ok(None) if record.token_id.is_some() => Ok(true),
            Err(err) if err.status() != Some(404) => Err(err),
            // It was not made, or not yet; or the registry is gone.
            not_found => {
                let now = api.now().unwrap_or_else(env::now);
                let is_over = entry.record.not_found_at(now);
                match not_found {
                    // A gateway answers in place of the API.
                    Err(err) if is_over && !is_gone(api, &entry.record.registry_id)? => Err(err),
                    _ => Ok(is_over),
                }
            }
        }
    }
}

/// Whether the account has no such registry.
fn is_gone(api: &Api, id: &str) -> Result<bool, ApiError> {
    let registries = api.registries(None)?;
    Ok(api.skipped_items() == 0 && !registries.iter().any(|it| it.id.eq_ignore_ascii_case(id)))
}
