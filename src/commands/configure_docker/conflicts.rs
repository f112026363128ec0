//! Other places whose login or helper a client prefers to the entry that was written.

use std::path::Path;

use crate::client_config::{self, Client, ClientConfig};
use crate::commands::client_logins::{how_to_remove, in_variable, left_over};
use crate::error::{Failure, one_line, shown};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// Warns of each place with a login for one of the hosts, and of what podman cannot read.
pub(super) fn warn(path: &Path, client: Client, hosts: &[RegistryHost], terminal: &mut Terminal) {
    let before = read_before(path);
    let own = ClientConfig::load(path).ok();
    if let Some(refusal) = own.as_ref().and_then(|own| own.podman_refusal.as_ref()) {
        terminal.warn(refusal);
    }
    for host in hosts {
        let in_variable = in_variable(host).filter(|_| client == Client::Docker);
        let in_files = before.iter().filter_map(|file| in_file_before(file, host));
        let in_own = own.iter().flat_map(|own| left_over(own, host));
        for warning in in_variable.into_iter().chain(in_files).chain(in_own) {
            terminal.warn(&warning);
        }
    }
}

/// The files that podman reads before this one, as far as they are readable.
fn read_before(path: &Path) -> Vec<ClientConfig> {
    let files = Client::Podman.files();
    let before = files.iter().take_while(|file| *file != path);
    before
        .filter_map(|file| ClientConfig::load(file).ok())
        .collect()
}

fn in_file_before(config: &ClientConfig, host: &RegistryHost) -> Option<Failure> {
    let file = shown(&config.path);
    if let Some(helper) = config.helper_for(host.as_str()) {
        return (!client_config::is_our_helper(helper)).then(|| {
            let helper = one_line(helper);
            Failure::new(
                format!("{file} has helper '{helper}' for {host}, which podman prefers"),
                "remove that host from credHelpers there",
            )
        });
    }
    config.login_keys(host).next().map(|key| {
        let key_shown = one_line(key);
        Failure::new(
            format!("{file} has a login for '{key_shown}', which podman prefers"),
            how_to_remove(&config.path, key),
        )
    })
}
