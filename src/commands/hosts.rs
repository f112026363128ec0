//! The registries a command was given, and a credential for each.

use crate::config::ConfigFile;
use crate::credential::{self, Cleanup, Credential, Lookup};
use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// A registry as a person writes it: a host, or a URL or image reference with one.
pub(super) fn address(host: &str) -> Result<RegistryHost, Failure> {
    RegistryHost::parse(host).map_err(|_| {
        Failure::new(
            format!("not a registry's host: '{}'", one_line(host)),
            "give it as demo.cr.de-fra.ionos.com",
        )
    })
}

/// The same, of ours.
pub(super) fn parse(host: &str, config: &ConfigFile) -> Result<RegistryHost, Failure> {
    let registry = address(host)?;
    if config.is_ours(&registry) {
        return Ok(registry);
    }
    // Docker's file of the same name has no such key.
    let place = match one_line(&config.path.display().to_string()) {
        path if path.is_empty() => "the file that IONOS_CR_CONFIG names".into(),
        path => path,
    };
    Err(Failure::new(
        format!("{registry} is not an IONOS registry"),
        format!("name a domain of your own under registries in {place}"),
    ))
}

/// All of them, each once.
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

/// Credentials, and what is left to do once they are printed.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Credentials {
    /// One for each host, in the order of the hosts.
    pub(super) logins: Vec<(RegistryHost, Credential)>,
    /// To be run at the end.
    pub(super) cleanup: Vec<Cleanup>,
}

impl Credentials {
    /// From the cache, or minted.
    pub(super) fn get(
        hosts: &[RegistryHost],
        config: &ConfigFile,
        profile: Option<&str>,
        terminal: &mut Terminal<'_>,
    ) -> Result<Self, Failure> {
        Self::each(hosts, terminal, |host| {
            credential::get(host, config, profile)
        })
    }

    /// One for each host, got like this.
    pub(super) fn each(
        hosts: &[RegistryHost],
        terminal: &mut Terminal<'_>,
        get: impl Fn(&RegistryHost) -> Result<Lookup, Failure>,
    ) -> Result<Self, Failure> {
        let mut credentials = Self::default();
        for host in hosts {
            let answer = terminal
                .while_saying(&format!("getting a credential for {host} …"), || {
                    get(host)
                })
                .map_err(|failure| failure.within(&format!("no credential for {host}")))?;
            credentials.logins.push((host.clone(), answer.credential));
            credentials.cleanup.extend(answer.cleanup);
        }
        Ok(credentials)
    }

    /// Does what is left to do.
    pub(super) fn tidy_up(self) {
        self.cleanup.into_iter().for_each(Cleanup::run);
    }
}
