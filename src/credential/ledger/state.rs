//! The states of records, and what changes them: a newer token and a logout.

use serde::{Deserialize, Serialize};

use super::{Entry, Ledger, Record, load};
use crate::credential::cache::{Cache, CachedToken};

/// What has to be done about a token. A later state is not followed by an earlier one, except that a
/// deleted token which may appear again is `minting`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The request to make it is under way, or had no usable answer: it may exist, and no client has
    /// its password. To be found by its name and deleted.
    Minting,
    /// A client has it.
    Current,
    /// A newer token has replaced it. Left to expire, because a running push may use it.
    Superseded,
    /// To be deleted. The records of 0.1.0 have no state: all their tokens are to be deleted.
    #[default]
    Revoke,
}

impl Ledger {
    /// Marks the tokens that `newest` replaces, so that two tokens of a host, profile and account
    /// live. Returns every record.
    ///
    /// One older token is left: if possible the current one of other scopes, else the last one,
    /// because a running push may use it. A token that outlives a lowered lifetime is not left.
    /// `replaced` is the cached token in whose place `newest` is cached. `api_now` is by the API's
    /// clock, if known.
    pub fn supersede(
        &self,
        newest: &Record,
        replaced: Option<&CachedToken>,
        cache: &Cache,
        api_now: Option<i64>,
    ) -> Vec<Entry> {
        let mut entries = self.entries();
        let is_replaced =
            |record: &Record| replaced.is_some_and(|token| token.username == record.name);
        let mut others: Vec<&mut Entry> = entries
            .iter_mut()
            .filter(|it| it.record.is_live_beside(newest, api_now))
            .collect();
        others.sort_by_key(|it| {
            let record = &it.record;
            let has_other_scopes = record.state == State::Current && record.entry != newest.entry;
            // Times have a resolution of a second. The token in the cache was minted last.
            (has_other_scopes, record.made_at(), is_replaced(record))
        });
        let left = others.pop_if(|it| !it.record.outlives(newest));
        if let Some(entry) = left.filter(|it| it.record.entry == newest.entry) {
            self.advance(entry, State::Superseded);
        }
        for entry in others {
            // Before the mark, so that nothing that is to be deleted is returned.
            cache.remove(&entry.record.host, &entry.record.name);
            self.advance(entry, State::Revoke);
        }
        entries
    }

    /// Marks every token of a host for deletion, cached ones without a record included. Returns
    /// every record, with its mark even if that could not be written.
    pub fn revoke_host(&self, host: &str, cached: &[CachedToken]) -> Vec<Entry> {
        let mut entries = self.entries();
        for token in cached {
            self.adopt(&mut entries, token, None, State::Revoke);
        }
        for entry in &mut entries {
            // What 0.1.0 wrote names no host.
            let is_cached = cached.iter().any(|it| it.username == entry.record.name);
            if entry.record.host == host || is_cached {
                self.revoke(entry);
            }
        }
        entries
    }

    /// Separates the tokens of a host from their cache entries, so that no newer token replaces
    /// them: they are in use although they are no longer cached. Called before `cached` is removed.
    pub fn detach_host(&self, host: &str, cached: &[CachedToken]) {
        let mut entries = self.entries();
        for token in cached {
            self.adopt(&mut entries, token, None, State::Current);
        }
        for mut entry in entries {
            if entry.record.host == host && entry.record.entry.take().is_some() {
                self.save(&mut entry);
            }
        }
    }

    /// Marks one token for deletion, unless its request is under way or may still succeed.
    pub fn revoke(&self, entry: &mut Entry) {
        if entry.record.state != State::Minting {
            self.advance(entry, State::Revoke);
        }
    }

    /// Puts a cached token on record that is not: 0.1.0 minted it, or no record could be written.
    /// Called before its cache entry is removed or overwritten, so that a kill in between loses no
    /// token. `entries` is every record.
    pub fn adopt(
        &self,
        entries: &mut Vec<Entry>,
        token: &CachedToken,
        entry: Option<&str>,
        state: State,
    ) {
        let is_it = |known: &Entry| {
            known.record.name == token.username
                || (token.token_id.is_some() && known.record.token_id == token.token_id)
        };
        if entries.iter().any(is_it) {
            return;
        }
        let record = Record {
            name: token.username.clone(),
            host: token.host.clone(),
            account: token.account.clone(),
            entry: entry.map(ToOwned::to_owned),
            registry_id: token.registry_id.clone(),
            token_id: token.token_id.clone(),
            state,
            created_at: token.issued_at,
            expires_at: Some(token.expires_at),
            ..Record::new()
        };
        let mut adopted = Entry { record, dir: None };
        self.save(&mut adopted);
        entries.push(adopted);
    }

    /// Moves a record on to a later state, whatever another process has made of it since it was
    /// read.
    fn advance(&self, entry: &mut Entry, state: State) {
        let now = entry
            .dir
            .as_ref()
            .map(|dir| load(dir, &entry.record.file_name()));
        let was_removed = matches!(now, Some(Err(_)));
        if let Some(Ok(record)) = now {
            entry.record = record;
        }
        if was_removed {
            entry.record.state = state;
        } else if entry.record.state < state && entry.record.state != State::Minting {
            entry.record.state = state;
            self.save(entry);
        }
    }
}
