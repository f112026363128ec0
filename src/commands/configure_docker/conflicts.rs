//! What would keep a client from asking us although its file says so.

use std::path::Path;

use super::program::shell_word;
use crate::client_config::{self, Client, ClientConfig};
use crate::error::{Failure, one_line};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// Warns of every other place that has a login for one of the hosts.
pub(super) fn warn(
    path: &Path,
    client: Client,
    hosts: &[RegistryHost],
    terminal: &mut Terminal<'_>,
) {
    let before = read_before(path);
    let own = ClientConfig::load(path).ok();
    for host in hosts {
        if client == Client::Docker && client_config::docker_auth_config_has(host) {
            terminal.warn(&in_variable(host));
        }
        for warning in before.iter().filter_map(|file| in_file_before(file, host)) {
            terminal.warn(&warning);
        }
        if let Some(own) = own.as_ref().filter(|own| own.has_login(host)) {
            terminal.warn(&left_over(own, client, host));
        }
    }
}

/// The files that podman looks into before this one, as far as they can be read.
fn read_before(path: &Path) -> Vec<ClientConfig> {
    let files = Client::Podman.files();
    let before = files.iter().take_while(|file| *file != path);
    before
        .filter_map(|file| ClientConfig::load(file).ok())
        .collect()
}

fn in_variable(host: &RegistryHost) -> Failure {
    Failure::new(
        format!("DOCKER_AUTH_CONFIG has a login for {host}, which docker from 28.3 prefers"),
        "unset it, or take that host out of it",
    )
}

fn in_file_before(config: &ClientConfig, host: &RegistryHost) -> Option<Failure> {
    let file = one_line(&config.path.display().to_string());
    if let Some(helper) = config.helper_for(host) {
        let helper = one_line(&helper);
        return (!client_config::is_our_helper(&helper)).then(|| {
            Failure::new(
                format!("podman prefers helper {helper} for {host}, by {file}"),
                "take that host out of credHelpers there",
            )
        });
    }
    config.has_login(host).then(|| {
        let auth_file = shell_word(&config.path);
        Failure::new(
            format!("{file} has a login for {host}, which podman prefers"),
            format!("podman logout --authfile {auth_file} {host}"),
        )
    })
}

fn left_over(config: &ClientConfig, client: Client, host: &RegistryHost) -> Failure {
    let file = one_line(&config.path.display().to_string());
    let logout = match client {
        Client::Docker => format!("docker logout {host}"),
        Client::Podman => format!(
            "podman logout --authfile {} {host}",
            shell_word(&config.path)
        ),
    };
    Failure::new(
        format!("{file} still has a login for {host}, readable and no longer needed"),
        logout,
    )
}
