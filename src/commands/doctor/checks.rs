//! The checks, their order, and which check needs which.

use super::report::Report;
use super::{account, clients, credential, local};
use crate::client_config::{self, Client, ClientConfig};
use crate::config::ConfigFile;
use crate::credential::{Cleanup, Lookup};
use crate::error::Failure;
use crate::registry_host::RegistryHost;

/// Runs every check that does not need a failed one.
pub(super) fn run(
    host: Option<&RegistryHost>,
    config: Result<&ConfigFile, &Failure>,
    profile: Option<&str>,
    may_mint: bool,
) -> Report {
    let mut report = Report::new(host);
    let file = Client::Docker.config_file();
    let docker = file.as_deref().map(ClientConfig::load);
    let docker = docker.as_ref().map(Result::as_ref);
    let helper = docker.and_then(|file| clients::our_helper(file.ok()?, host));
    report.add("program", [clients::program(helper)]);
    report.add("docker", clients::docker(docker, helper, host));
    report.add("podman", [clients::podman(host)]);

    let profile = profile.or_else(|| client_config::profile_of_helper(helper?));
    let settings = report.check("settings", &Ok(config), |config| {
        local::settings(*config, host, profile)
    });
    report.add("settings", local::invalid_switches());
    report.check_last("cache", &Ok(()), |()| local::cache());

    let account = report.check("account", &settings, |it| account::account(it, host));
    report.check_last("account token", &account, |(access, _)| {
        account::token(access)
    });
    let mut api = None;
    let found = report.check("api", &account, |(access, settings)| {
        account::api(access, settings, host, &mut api)
    });
    let registry = report.check("registry", &found, |it| account::registry(it, host));
    report.check_last("allow list", &registry, |it| Ok(account::allow_list(*it)));
    report.check_last("clock", &account, |_| Ok(account::clock(api.as_ref())));

    let obstacle = registry.as_ref().err().copied();
    let lookup = report.check("token", &settings, |settings| {
        credential::token(host, config, settings, profile, may_mint, obstacle)
    });
    report.check_last("login", &lookup, |it| credential::login(it.as_ref()));
    if let Ok(Some((.., Lookup { cleanup, .. }))) = lookup {
        cleanup.into_iter().for_each(Cleanup::run);
    }
    report
}
