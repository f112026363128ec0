//! `doctor [HOST]`: checks the path from Docker to the registry.

mod account;
mod clients;
mod credential;
mod local;
mod report;

use clap::Args;

use self::report::Report;
use super::local_state::{self, LocalState};
use super::wait::WaitOptions;
use super::{Session, hosts};
use crate::client_config::{self, Client, ClientConfig};
use crate::config::ConfigFile;
use crate::credential::{Cleanup, Lookup};
use crate::error::Failure;
use crate::registry_host::RegistryHost;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry [default: every registry known on this machine]
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Mint a token if none is cached, to check that this works
    #[arg(long)]
    mint: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wait: WaitOptions,
}

/// Runs the checks and prints what they found. `true` if none failed.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let (config, profile) = (session.loaded, session.profile);
    let hosts = match (&options.host, config) {
        (Some(host), Ok(config)) => vec![hosts::parse(host, config)?],
        // Only a readable config.json tells whether the host is an IONOS registry.
        (Some(host), Err(_)) => vec![hosts::address(host)?],
        (None, Ok(config)) => local_state::known_hosts(&LocalState::find(), config),
        (None, Err(_)) => Vec::new(),
    };
    if options.wait.is_set() && config.is_ok() {
        let waited = if hosts.is_empty() {
            Err(Failure::new(
                "no registry is known on this machine",
                "name it: docker-credential-ionos doctor --wait HOST",
            ))
        } else {
            options.wait.wait_for(&hosts, session)
        };
        if let Err(failure) = waited {
            session.terminal.fail(&failure);
        }
    }
    let may_mint = options.mint || options.wait.is_set();
    let mut subjects: Vec<Option<&RegistryHost>> = hosts.iter().map(Some).collect();
    if hosts.is_empty() {
        subjects.push(None);
    }
    let mut reports: Vec<Report> = Vec::new();
    for host in subjects {
        let subject = host.map_or("the account", RegistryHost::as_str);
        let status = format!("checking {subject} …");
        let check = || check(host, config.as_ref(), profile, may_mint);
        let report = session.terminal.while_saying(&status, check);
        if !options.json {
            report.show(hosts.len() > 1, &mut session.terminal);
        }
        reports.push(report);
    }
    if options.json {
        session.terminal.json(&reports);
    }
    Ok(reports.iter().all(Report::has_no_failure))
}

/// Runs every check that does not need a failed one.
fn check(
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
    report.add("docker", clients::docker(docker, helper, host, profile));
    report.add("podman", [clients::podman(host, profile)]);

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
        cleanup.into_iter().for_each(Cleanup::run_without_client);
    }
    report
}
