//! The tokens of one registry, live from the API.

use crate::config::{ConfigFile, Target};
use crate::credential::mint;
use crate::env::Deadline;
use crate::error::Failure;
use crate::ionos::account::{self, Account};
use crate::ionos::api::{Api, ListedToken};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// A registry, its tokens, and the connection they came on.
pub(super) struct RegistryTokens {
    pub(super) api: Api,
    pub(super) registry_id: String,
    pub(super) tokens: Vec<ListedToken>,
}

impl RegistryTokens {
    /// Asks the API, as the account that a `get` for this host asks as.
    pub(super) fn fetch(
        host: &RegistryHost,
        config: &ConfigFile,
        profile: Option<&str>,
        terminal: &mut Terminal<'_>,
    ) -> Result<Self, Failure> {
        let context = format!("cannot list the tokens of {host}");
        let settings = config.settings(host, profile)?;
        let account = Account::choose(&settings)?.ok_or_else(|| {
            Failure::new("there is no IONOS account to ask with", account::HOW_TO).within(&context)
        })?;
        let deadline = Deadline::after(settings.timeout);
        terminal
            .while_saying(&format!("asking for the tokens of {host} …"), || {
                let api = Api::new(account.resolve(Some(host), deadline)?, deadline)?;
                let registry_id = match &settings.target {
                    Target::Id(id) => id.clone(),
                    target => {
                        mint::registry(&api, host, target)
                            .map_err(|err| err.failure(api.access()))?
                            .id
                    }
                };
                let tokens = api
                    .tokens(&registry_id)
                    .map_err(|err| err.failure(api.access()))?;
                Ok(Self {
                    api,
                    registry_id,
                    tokens,
                })
            })
            .map_err(|failure: Failure| failure.asked_as(account.origin()).within(&context))
    }
}
