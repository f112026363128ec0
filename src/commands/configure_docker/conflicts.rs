//! Other places whose login or helper a client prefers to the entry that was written.

use std::path::Path;

use crate::client_config::{self, Client, ClientConfig};
use crate::commands::client_logins::how_to_remove;
use crate::error::{Failure, one_line, shown};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// Warns of each place with a login for one of the hosts, and of what podman cannot read.
pub(super) fn warn(
    path: &Path,
    client: Client,
    hosts: &[RegistryHost],
    terminal: &mut Terminal<'_>,
) {
    let before = read_before(path);
    let own = ClientConfig::load(path).ok();
    if let Some(refusal) = own.as_ref().and_then(|own| own.podman_refusal.as_ref()) {
        terminal.warn(refusal);
    }
    for host in hosts {
        if client == Client::Docker && client_config::docker_auth_config_has(host) {
            terminal.warn(&in_variable(host));
        }
        for warning in before.iter().filter_map(|file| in_file_before(file, host)) {
            terminal.warn(&warning);
        }
        for key in own.iter().flat_map(|own| own.login_keys(host)) {
            terminal.warn(&left_over(path, key));
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

fn in_variable(host: &RegistryHost) -> Failure {
    Failure::new(
        format!("DOCKER_AUTH_CONFIG has a login for {host}, which Docker 28.3 and later prefers"),
        "unset DOCKER_AUTH_CONFIG, or remove that host from it",
    )
}

fn in_file_before(config: &ClientConfig, host: &RegistryHost) -> Option<Failure> {
    let file = shown(&config.path);
    if let Some(helper) = config.helper_for(host) {
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

fn left_over(path: &Path, key: &str) -> Failure {
    let (file, key_shown) = (shown(path), one_line(key));
    Failure::new(
        format!("{file} still has a login for '{key_shown}', in plain text and no longer needed"),
        how_to_remove(path, key),
    )
}
