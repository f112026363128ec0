//! `docker-config HOST…`: a `config.json` with a login, for clients that cannot run a helper.

use clap::Args;
use secrecy::ExposeSecret as _;

use super::Session;
use super::hosts::{self, Credentials};
use crate::client_config::{self, AuthEntry};
use crate::credential;
use crate::error::Failure;

/// The arguments of `docker-config`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registries
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
}

/// Prints `{"auths":…}` on one line.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let (config, profile) = (session.config()?, session.profile);
    let hosts = hosts::parse_all(&options.hosts, config)?;
    let get = |host: &_| credential::get(host, config, profile);
    let credentials = Credentials::each(&hosts, session, get)?;
    let auths = client_config::auths(&credentials.logins, AuthEntry::Plain)?;
    session.terminal.credential(auths.expose_secret());
    credentials.tidy_up_printed(&session.terminal);
    Ok(true)
}
