//! What is done once the client has its answer, on the connection that is still open.

use std::time::Duration;

use log::debug;

use crate::credential::cache::Cache;
use crate::credential::ledger::{Entry, Ledger, Record, State};
use crate::credential::mint;
use crate::env::Deadline;
use crate::ionos::account::AccountKey;
use crate::ionos::api::Api;
use crate::output::Deferred;
use crate::registry_host::RegistryHost;

/// A client has its answer and waits for us to exit.
const AFTER_ANSWER: Duration = Duration::from_secs(1);
/// For tokens that no client has, and for those that only this process knows of.
const LAST_CHANCE: Duration = Duration::from_secs(3);

/// Deletes what is to be deleted. Dropping it without [`Cleanup::run`] means that the new token
/// reached no client: it is revoked, unless it is cached for the next process.
#[derive(Debug)]
pub struct Cleanup {
    pub(super) api: Api,
    pub(super) host: RegistryHost,
    pub(super) account: AccountKey,
    pub(super) ledger: Ledger,
    pub(super) cache: Cache,
    /// Every record.
    pub(super) entries: Vec<Entry>,
    /// The new token, if it is not cached: only the client has it.
    pub(super) uncached: Option<Entry>,
    /// Tokens that may exist and are not on record.
    pub(super) orphans: Vec<Record>,
}

impl Cleanup {
    /// Sweeps the cache and deletes tokens. The client has the new token.
    pub fn run(mut self) {
        self.uncached = None;
        self.tidy_up();
    }

    /// The same where no client gets the new token: it is revoked if it is not cached.
    pub fn run_without_client(mut self) {
        if self.uncached.is_none() {
            self.tidy_up();
        }
    }

    fn tidy_up(&mut self) {
        let (ledger, entries) = (&self.ledger, &mut self.entries);
        // By this machine's clock, which may be wrong: the token may live.
        self.cache
            .sweep(|token| ledger.adopt(entries, token, None, State::Superseded));
        self.api.deadline = self.api.deadline.at_most(AFTER_ANSWER);
        self.settle(None);
    }

    /// Runs it once the client has its answer.
    pub fn deferred(self) -> Deferred {
        Box::new(|| self.run())
    }

    /// Deletes tokens that are on record, those of the host `first` first.
    fn settle(&mut self, first: Option<&RegistryHost>) {
        let entries = &mut self.entries;
        self.ledger
            .settle(&self.api, &self.account, &self.cache, entries, first);
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some(token) = self.uncached.take() {
            debug!("{} reached no client", token.record.name);
            if token.is_on_disk() {
                self.api.deadline = Deadline::after(LAST_CHANCE);
                let mut entries = self.entries.iter_mut();
                if let Some(entry) = entries.find(|it| it.record.name == token.record.name) {
                    self.ledger.revoke(entry);
                }
                let host = self.host.clone();
                self.settle(Some(&host));
            } else {
                self.orphans.push(token.record);
            }
        }
        let orphans = std::mem::take(&mut self.orphans);
        if !orphans.is_empty() {
            delete_unrecorded(&mut self.api, &orphans);
        }
    }
}

/// Deletes tokens that may exist and are not on record. Returns the names of those that may still
/// exist.
pub(super) fn delete_unrecorded(api: &mut Api, orphans: &[Record]) -> Vec<String> {
    api.deadline = Deadline::after(LAST_CHANCE);
    let left = orphans.iter().filter(|orphan| !mint::delete(api, orphan));
    left.map(|orphan| orphan.name.clone()).collect()
}
