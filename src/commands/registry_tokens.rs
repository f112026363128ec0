//! The tokens of one registry, live from the API.

use std::time::Duration;

use super::Session;
use crate::config::{Places, Target};
use crate::credential::mint;
use crate::env::Deadline;
use crate::error::Failure;
use crate::ionos::account::{self, Account, AccountKey, Notes};
use crate::ionos::api::{Api, ListedToken};
use crate::registry_host::RegistryHost;

/// A registry, its tokens, and the connection to the API.
pub(super) struct RegistryTokens {
    pub(super) api: Api,
    pub(super) account: AccountKey,
    pub(super) registry_id: String,
    pub(super) tokens: Vec<ListedToken>,
    /// The time for one request.
    pub(super) timeout: Duration,
}

impl RegistryTokens {
    /// Asks the API with the account that a `get` for this host uses.
    pub(super) fn fetch(host: &RegistryHost, session: &Session<'_>) -> Result<Self, Failure> {
        let context = format!("cannot list the tokens of {host}");
        let settings = session.config()?.settings(host, session.profile)?;
        let account =
            Account::choose(&settings)?.ok_or_else(|| account::missing().within(&context))?;
        let deadline = Deadline::after(settings.timeout);
        let fetch = || {
            let api = account.connect(Some(host), deadline)?;
            let access = api.access();
            let key = account.confirm(access, &Notes::new(Places::find_lossy().cache));
            let registry_id = match &settings.target {
                Target::Id(id) => id.clone(),
                target => {
                    let registry = mint::registry(&api, host, target);
                    registry.map_err(|err| err.failure(access))?.id
                }
            };
            let tokens = api.tokens(&registry_id);
            let tokens = tokens.map_err(|err| err.failure(access))?;
            Ok(Self {
                api,
                account: key,
                registry_id,
                tokens,
                timeout: settings.timeout,
            })
        };
        let status = format!("asking for the tokens of {host} …");
        let found = session.terminal.while_saying(&status, fetch);
        found.map_err(|failure: Failure| failure.asked_as(account.origin()).within(&context))
    }
}
