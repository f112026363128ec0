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

struct Check {
    name: &'static str,
    /// The check is skipped if one of these failed.
    needs: &'static [&'static str],
    /// If the first finding is a failure, the check failed.
    run: fn(&mut State<'_>) -> Vec<Finding>,
}

const CHECKS: [Check; 13] = [
    Check {
        name: "program",
        needs: &[],
        run: clients::program,
    },
    Check {
        name: "docker",
        needs: &[],
        run: clients::docker,
    },
    Check {
        name: "podman",
        needs: &[],
        run: clients::podman,
    },
    Check {
        name: "settings",
        needs: &[],
        run: local::settings,
    },
    Check {
        name: "cache",
        needs: &[],
        run: local::cache,
    },
    Check {
        name: "account",
        needs: &["settings"],
        run: account::account,
    },
    Check {
        name: "account token",
        needs: &["account"],
        run: account::account_token,
    },
    Check {
        name: "api",
        needs: &["account"],
        run: account::api,
    },
    Check {
        name: "registry",
        needs: &["api"],
        run: account::registry,
    },
    Check {
        name: "allow list",
        needs: &["registry"],
        run: account::allow_list,
    },
    Check {
        name: "clock",
        needs: &["account"],
        run: account::clock,
    },
    Check {
        name: "token",
        needs: &["settings"],
        run: credential::token,
    },
    Check {
        name: "login",
        needs: &["token"],
        run: credential::login,
    },
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
    for check in CHECKS {
        let mut needs = check.needs.iter();
        let skipped = needs.find_map(|need| state.skipped_without(need));
        let findings = match skipped {
            Some(skipped) => {
                state.block(check.name, check.needs);
                vec![skipped]
            }
            None => (check.run)(&mut state),
        };
        if let Some(Finding::Failed(_)) = findings.first() {
            state.block(check.name, &[]);
        }
        report.add(check.name, findings);
    }
    if let Some(cleanup) = state.cleanup {
        cleanup.run();
    }
    report
}
