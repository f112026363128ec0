//! A new token: minted, cached, and completed on record.

use log::debug;

use crate::config::Settings;
use crate::credential::cache::{Cache, CachedToken, Slot};
use crate::credential::cleanup::{self, Cleanup, Uncached};
use crate::credential::ledger::Ledger;
use crate::credential::mint::{self, MintRequest};
use crate::credential::registry_hint::RegistryHint;
use crate::env::Deadline;
use crate::error::Failure;
use crate::ionos::account::AccountKey;
use crate::ionos::api::{Access, Api};
use crate::registry_host::RegistryHost;

/// What a new token is for, and where it is kept.
pub(super) struct NewToken<'a> {
    pub(super) host: &'a RegistryHost,
    pub(super) account: &'a AccountKey,
    pub(super) settings: &'a Settings,
    pub(super) cache: &'a Cache,
    /// Its cache entry; `None` if it is not cached.
    pub(super) slot: Option<&'a Slot>,
    pub(super) ledger: &'a Ledger,
}

impl NewToken<'_> {
    /// Mints the token. One that cannot be cached is returned all the same.
    pub(super) fn mint(
        &self,
        access: Access,
        deadline: Deadline,
    ) -> Result<(CachedToken, Cleanup), Failure> {
        let mut api = Api::new(access, deadline)?;
        let known = self.known();
        let request = MintRequest {
            host: self.host,
            account: self.account,
            settings: self.settings,
            entry: self.slot.map(Slot::entry),
            known: known.clone(),
            ledger: self.ledger,
        };
        let mut orphans = Vec::new();
        let minted = mint::mint(&api, &request, &mut orphans);
        let orphans: Vec<_> = orphans.into_iter().map(|it| it.entry.record).collect();
        let (token, minting) = match minted {
            Ok(minted) => minted,
            Err(err) => {
                let left = cleanup::delete_unrecorded(&mut api, &orphans);
                return Err(cleanup::name_orphans(err.failure(api.access()), &left));
            }
        };
        debug!("{}: minted {}", self.host, token.username);
        let replaced = self
            .slot
            .and_then(|slot| self.cache.read(slot, self.host, self.settings));
        let is_cached = self.slot.is_some_and(|slot| self.cache.write(slot, &token));
        let api_now = api.now();
        let minting = minting.complete(api_now);
        let entries = self.ledger.supersede(
            &minting.entry.record,
            replaced.as_ref(),
            self.cache,
            api_now,
        );
        let was_interrupted = minting.was_interrupted();
        self.remember(known.as_ref(), &token.registry_id, &api);
        let cleanup = Cleanup {
            api,
            host: self.host.clone(),
            account: self.account.clone(),
            ledger: self.ledger.clone(),
            cache: self.cache.clone(),
            entries,
            uncached: (!is_cached).then_some(Uncached {
                is_recorded: minting.entry.is_on_disk(),
                record: minting.entry.record,
            }),
            orphans,
        };
        if was_interrupted && !is_cached {
            // The drop revokes the token.
            drop(cleanup);
            return Err(Failure::new(
                "a signal interrupted it, and the new token is revoked",
                "run it again",
            ));
        }
        Ok((token, cleanup))
    }

    fn known(&self) -> Option<RegistryHint> {
        RegistryHint::read(self.slot?, self.account, self.host, &self.settings.target)
    }

    /// Remembers what the answer told about the registry, if it is new.
    fn remember(&self, known: Option<&RegistryHint>, registry_id: &str, api: &Api) {
        let skew = api.skew().unwrap_or_default();
        let learnt = RegistryHint::new(self.host, &self.settings.target, registry_id, skew);
        if let Some(slot) = self.slot.filter(|_| known != Some(&learnt)) {
            learnt.write(slot, self.account);
        }
    }
}
