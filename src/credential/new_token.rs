//! A new token: minted, cached, and completed on record.

use log::debug;

use crate::credential::cache::{Age, Cache, CachedToken};
use crate::credential::cleanup::{self, Cleanup};
use crate::credential::ledger::State;
use crate::credential::mint::{self, MintRequest};
use crate::credential::registry_hint::RegistryHint;
use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::ionos::api::{Access, Api};

/// Mints the token. One that cannot be cached is returned all the same.
pub(super) fn mint(
    request: &MintRequest<'_>,
    cache: &Cache,
    access: Access,
    deadline: Deadline,
) -> Result<(CachedToken, Cleanup), Failure> {
    let mut api = Api::new(access, deadline)?;
    let MintRequest {
        host,
        settings,
        slot,
        ledger,
        ..
    } = *request;
    let cached = || slot.and_then(|slot| cache.read(slot, host, settings));
    let before = cached();
    let mut orphans = Vec::new();
    let (token, minting) = match mint::mint(&api, request, &mut orphans) {
        Ok(minted) => minted,
        Err(err) => {
            let mut failure = err.failure(api.access());
            let left = cleanup::delete_unrecorded(&mut api, &orphans);
            if !left.is_empty() {
                failure.what = format!(
                    "{} (the token {} may exist and could not be put on record)",
                    failure.what,
                    left.join(", ")
                );
            }
            return Err(failure);
        }
    };
    debug!("{host}: minted {}", token.username);
    let (api_now, skew) = (api.now(), api.skew().unwrap_or_default());
    let cleanup = |entries, uncached, orphans| Cleanup {
        api,
        host: host.clone(),
        account: request.account.clone(),
        ledger: ledger.clone(),
        cache: cache.clone(),
        entries,
        uncached,
        orphans,
    };
    let replaced = cached();
    let is_newer = |it: &&CachedToken| {
        it.age(env::now()) == Age::Fresh
            && before
                .as_ref()
                .is_none_or(|before| before.username != it.username)
    };
    // Without file locks, another process may have cached its token during the request. That token is
    // returned, because only two tokens for each host stay live: a third client's would be revoked.
    if let Some(newer) = replaced.as_ref().filter(is_newer) {
        let own = minting.revoke().entry;
        if !own.is_on_disk() {
            orphans.push(own.record);
        }
        let cleanup = cleanup(ledger.entries(), None, orphans);
        return Ok((newer.clone(), cleanup));
    }
    if let (Some(token), Some(slot)) = (&replaced, slot) {
        let entry = Some(slot.entry());
        ledger.adopt(&mut ledger.entries(), token, entry, State::Current);
    }
    let is_cached = slot.is_some_and(|slot| slot.write(&token));
    let minting = minting.complete(api_now);
    let entries = ledger.supersede(&minting.entry.record, replaced.as_ref(), cache, api_now);
    let was_interrupted = minting.was_interrupted();
    let learnt = RegistryHint::new(host, &settings.target, &token.registry_id, skew);
    if let Some(slot) = slot
        && request.hint.as_ref() != Some(&learnt)
    {
        learnt.write(slot);
    }
    let cleanup = cleanup(entries, (!is_cached).then_some(minting.entry), orphans);
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
