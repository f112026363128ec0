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
pub use steps::mint;

use crate::config::Settings;
use crate::credential::cache::Slot;
use crate::credential::ledger::{Ledger, Record};
use crate::credential::registry_hint::RegistryHint;
use crate::ionos::account::AccountKey;
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;

/// Added to the intended lifetime, in seconds. The API refuses less than an hour, counted by its
/// own clock when the request arrives.
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
    pub hint: Option<RegistryHint>,
    /// Where the token is put on record.
    pub ledger: &'a Ledger,
}

/// Deletes the token of a record. `true` if it was found and deleted.
pub(super) fn delete(api: &Api, record: &Record) -> bool {
    let (registry, name) = (&record.registry_id, &record.name);
    let id = record.token_id.clone().or_else(|| {
        debug!("{name} was created, but its answer was lost");
        api.token_id(registry, name).ok().flatten()
    });
    id.is_some_and(|id| api.delete_token(registry, &id) == Ok(true))
}
