//! Mints one registry token: registry, name, request, clean-up.
//!
//! The API lists a token for every `POST` that it carries out, whether or not its answer arrives. So
//! each request is put on record before it is sent, and a token whose password no client has is found
//! by its name and deleted.

mod error;
mod installation;
mod name;
mod registry;
mod steps;

use log::debug;

pub use error::MintError;
pub use installation::installation_id;
pub use name::{Maker, is_minted as is_minted_name, this_machine};
pub use registry::registry;

use crate::config::Settings;
use crate::credential::cache::{CachedToken, Slot};
use crate::credential::ledger::{Ledger, Minting};
use crate::credential::registry_hint::RegistryHint;
use crate::ionos::account::AccountKey;
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;
use steps::{Mint, Step};

/// Requested on top of the intended lifetime, so that one hour is still one hour when the request
/// arrives and by the API's clock.
pub const SPARE: i64 = 5 * 60;

/// What to mint.
#[derive(Debug)]
pub struct MintRequest<'a> {
    /// The registry's host.
    pub host: &'a RegistryHost,
    /// The account that mints it.
    pub account: &'a AccountKey,
    /// How the registry is found, what the token may do, and its lifetime.
    pub settings: &'a Settings,
    /// Where it is cached; `None` if it is not cached.
    pub slot: Option<&'a Slot>,
    /// What an earlier request learnt about the registry.
    pub known: Option<RegistryHint>,
    /// Where the token is put on record.
    pub ledger: &'a Ledger,
}

/// Mints a token. Its record still says `minting`: the caller caches the token and then completes it.
/// `unrecorded` gets each other token that may exist and could not be put on record.
pub fn mint(
    api: &Api,
    request: &MintRequest<'_>,
    unrecorded: &mut Vec<Minting>,
) -> Result<(CachedToken, Minting), MintError> {
    let mut mint = Mint::new(api, request, unrecorded);
    let mut step = if mint.registry_id.is_empty() {
        Step::FindRegistry
    } else {
        Step::UseNewName
    };
    loop {
        step = match step {
            Step::FindRegistry => mint.find_registry(),
            Step::UseNewName => mint.use_new_name(),
            Step::Post(attempt) => mint.post(attempt),
            Step::Done(token, record) => return Ok((*token, record)),
            Step::Failed(err) => return Err(err),
        };
    }
}

/// Deletes the token of this name. `true` if one was found and deleted.
pub(super) fn delete_by_name(api: &Api, registry_id: &str, name: &str) -> bool {
    debug!("{name} was created, but its answer was lost");
    match api.token_id(registry_id, name) {
        Ok(Some(id)) => api.delete_token(registry_id, &id) == Ok(true),
        Ok(None) | Err(_) => false,
    }
}
