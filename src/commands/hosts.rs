//! The registries in a command's arguments, and their credentials.

use super::Session;
use crate::config::ConfigFile;
use crate::credential::{self, Cleanup, Credential, Lookup};
use crate::error::{Failure, one_line, shown};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// Parses a host, or a URL or image reference with one.
pub(super) fn address(host: &str) -> Result<RegistryHost, Failure> {
    RegistryHost::parse(host).map_err(|_| {
        Failure::new(
            format!("not a registry host: '{}'", one_line(host)),
            "write it as demo.cr.de-fra.ionos.com",
        )
    })
}

/// Parses the host of an IONOS registry.
pub(super) fn parse(host: &str, config: &ConfigFile) -> Result<RegistryHost, Failure> {
    let registry = address(host)?;
    if config.is_ours(&registry) {
        return Ok(registry);
    }
    // The path, because Docker's file is also called config.json.
    let place = match shown(&config.path) {
        path if path.is_empty() => "the file that IONOS_CR_CONFIG names".into(),
        path => path,
    };
    Err(Failure::new(
        format!("{registry} is not an IONOS registry"),
        format!("if it is a custom domain, add it to registries in {place}"),
    ))
}

/// Parses several hosts and removes duplicates.
pub(super) fn parse_all(
    hosts: &[String],
    config: &ConfigFile,
) -> Result<Vec<RegistryHost>, Failure> {
    let mut registries = Vec::new();
    for host in hosts {
        let registry = parse(host, config)?;
        if !registries.contains(&registry) {
            registries.push(registry);
        }
    }
    Ok(registries)
}

/// Gets a cached or minted credential.
pub(super) fn credential(host: &RegistryHost, session: &Session<'_>) -> Result<Lookup, Failure> {
    let (config, profile) = (session.config()?, session.profile);
    look_up(host, session, || credential::get(host, config, profile))
}

fn look_up(
    host: &RegistryHost,
    session: &Session<'_>,
    get: impl FnOnce() -> Result<Lookup, Failure>,
) -> Result<Lookup, Failure> {
    let status = format!("getting a credential for {host} …");
    let answer = session.terminal.while_saying(&status, get);
    answer.map_err(|failure| failure.within(&format!("no credential for {host}")))
}

/// Credentials, and the work to do after they are printed.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Credentials {
    /// One for each host, in the given order.
    pub(super) logins: Vec<(RegistryHost, Credential)>,
    cleanup: Vec<Cleanup>,
}

impl Credentials {
    /// Gets one credential for each host with `get`.
    pub(super) fn each(
        hosts: &[RegistryHost],
        session: &Session<'_>,
        get: impl Fn(&RegistryHost) -> Result<Lookup, Failure>,
    ) -> Result<Self, Failure> {
        let mut credentials = Self::default();
        for host in hosts {
            let answer = look_up(host, session, || get(host))?;
            credentials.logins.push((host.clone(), answer.credential));
            credentials.cleanup.extend(answer.cleanup);
        }
        Ok(credentials)
    }

    /// Like [`Self::tidy_up`] after the credentials are printed. What could not be printed is dropped:
    /// its tokens are revoked unless they are cached.
    pub(super) fn tidy_up_printed(self, terminal: &Terminal) {
        if terminal.has_written_all() {
            self.tidy_up();
        }
    }

    /// Deletes expired entries and tokens.
    pub(super) fn tidy_up(self) {
        self.cleanup.into_iter().for_each(Cleanup::run);
    }
}
