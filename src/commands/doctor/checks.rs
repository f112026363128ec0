//! The checks, their order, and which check needs which.

use super::report::{Finding, Report};
use super::{account, clients, credential, local};
use crate::client_config::{self, Client, ClientConfig};
use crate::config::{ConfigFile, Settings};
use crate::credential::mint::MintError;
use crate::credential::{Cleanup, Credential};
use crate::error::Failure;
use crate::ionos::account::Account;
use crate::ionos::api::{Access, Api, Registry};
use crate::registry_host::RegistryHost;

/// A check. `None`: what it needs is not there, because another check failed.
type Run = fn(&mut State<'_>) -> Option<Finding>;

/// The name of each check, the checks without which it is skipped, and the check itself.
const CHECKS: [(&str, &[&str], Run); 13] = [
    ("program", &[], clients::program),
    ("docker", &[], clients::docker),
    ("podman", &[], clients::podman),
    ("settings", &[], local::settings),
    ("cache", &[], local::cache),
    ("account", &["settings"], account::account),
    ("account token", &["account"], account::account_token),
    ("api", &["account"], account::api),
    ("registry", &["api"], account::registry),
    ("allow list", &["registry"], account::allow_list),
    ("clock", &["account"], account::clock),
    ("token", &["settings"], credential::token),
    ("login", &["token"], credential::login),
];

/// What the checks know so far.
pub(super) struct State<'a> {
    pub(super) host: Option<&'a RegistryHost>,
    pub(super) config: Result<&'a ConfigFile, &'a Failure>,
    /// From the command line, else from the helper's name in Docker's file.
    pub(super) profile: Option<String>,
    pub(super) may_mint: bool,
    /// Docker's file; `None` without a home directory.
    pub(super) docker: Option<Result<ClientConfig, Failure>>,
    pub(super) settings: Option<Settings>,
    pub(super) account: Option<Account>,
    pub(super) access: Option<Access>,
    pub(super) api: Option<Api>,
    pub(super) registry: Option<Result<Registry, MintError>>,
    pub(super) credential: Option<Credential>,
    pub(super) cleanup: Option<Cleanup>,
    /// What the running check found beside its result.
    pub(super) more: Vec<Finding>,
    /// Each check that failed or was skipped, with the failed check that is the reason.
    blocked: Vec<(&'static str, &'static str)>,
}

impl<'a> State<'a> {
    pub(super) fn new(
        host: Option<&'a RegistryHost>,
        config: Result<&'a ConfigFile, &'a Failure>,
        profile: Option<&str>,
        may_mint: bool,
    ) -> Self {
        let file = Client::Docker.config_file();
        let mut state = Self {
            host,
            config,
            profile: None,
            may_mint,
            docker: file.as_deref().map(ClientConfig::load),
            settings: None,
            account: None,
            access: None,
            api: None,
            registry: None,
            credential: None,
            cleanup: None,
            more: Vec::new(),
            blocked: Vec::new(),
        };
        let by_name = state
            .our_helper()
            .and_then(client_config::profile_of_helper);
        state.profile = profile.or(by_name).map(ToOwned::to_owned);
        state
    }

    /// The helper in Docker's file, if it is this program.
    pub(super) fn our_helper(&self) -> Option<&str> {
        let file = self.docker.as_ref()?.as_ref().ok()?;
        let helper = file.helper_for(self.host?).or_else(|| file.creds_store())?;
        Some(helper).filter(|name| client_config::is_our_helper(name))
    }

    /// A finding instead of a check that needs `check`, if that failed.
    pub(super) fn skipped_without(&self, check: &str) -> Option<Finding> {
        let (_, failed) = self.blocked.iter().find(|(name, _)| *name == check)?;
        Some(Finding::Skipped(format!("check '{failed}' failed")))
    }

    fn block(&mut self, check: &'static str, needs: &[&str]) {
        let reason = self.blocked.iter().find(|(name, _)| needs.contains(name));
        let reason = reason.map_or(check, |(_, failed)| failed);
        self.blocked.push((check, reason));
    }
}

/// Runs every check that does not need a failed one.
pub(super) fn run(mut state: State<'_>) -> Report {
    let mut report = Report::new(state.host);
    for (name, needs, run) in CHECKS {
        let skipped = needs.iter().find_map(|need| state.skipped_without(need));
        let finding = if skipped.is_some() {
            state.block(name, needs);
            skipped
        } else {
            run(&mut state)
        };
        if let Some(Finding::Failed(_)) = finding {
            state.block(name, &[]);
        }
        report.add(name, finding.into_iter().chain(state.more.drain(..)));
    }
    if let Some(cleanup) = state.cleanup {
        cleanup.run();
    }
    report
}
