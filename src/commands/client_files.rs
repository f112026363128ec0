//! The configuration files of the clients on this machine.

use std::path::Path;

use serde::Serialize;

use crate::client_config::{self, Client, ClientConfig};
use crate::registry_host::RegistryHost;

/// Docker's and podman's files, each once.
#[derive(Default)]
pub(super) struct ClientFiles {
    readable: Vec<(Client, ClientConfig)>,
    /// Files that at least one client refuses.
    pub(super) unreadable: Vec<Unreadable>,
}

/// A file that clients refuse, and why.
#[derive(Debug, Serialize)]
pub(super) struct Unreadable {
    file: String,
    /// The clients that refuse it: `docker`, `podman`.
    clients: Vec<&'static str>,
    pub(super) what: String,
    pub(super) hint: String,
}

impl ClientFiles {
    pub(super) fn find() -> Self {
        let mut files = Self::default();
        let mut seen = Vec::new();
        for client in [Client::Docker, Client::Podman] {
            for path in client.files() {
                if !seen.contains(&path) {
                    files.add(client, &path);
                    seen.push(path);
                }
            }
        }
        files
    }

    fn add(&mut self, client: Client, path: &Path) {
        let (clients, failure): (&[Client], _) = match ClientConfig::load(path) {
            Ok(file) => {
                let refusal = file.podman_refusal.clone();
                self.readable.push((client, file));
                (&[Client::Podman], refusal)
            }
            // Podman reads Docker's file too.
            Err(failure) if client == Client::Docker => {
                (&[Client::Docker, Client::Podman], Some(failure))
            }
            Err(failure) => (&[Client::Podman], Some(failure)),
        };
        self.unreadable.extend(failure.map(|failure| Unreadable {
            file: path.display().to_string(),
            clients: clients.iter().map(|it| it.name()).collect(),
            what: failure.what,
            hint: failure.hint,
        }));
    }

    /// The registries that `credHelpers` sends to this program.
    pub(super) fn hosts(&self) -> impl Iterator<Item = RegistryHost> {
        self.readable.iter().flat_map(|(_, file)| file.hosts())
    }

    /// The clients that run this program for a host.
    pub(super) fn clients_of(&self, host: &str) -> Vec<&'static str> {
        let is_ours = |helper: Option<&str>| helper.is_some_and(client_config::is_our_helper);
        let runs_us = |client: &Client| {
            let mut files = self.readable.iter();
            files.any(|(of, file)| match client {
                Client::Docker => {
                    let helper = file.helper_for(host).or(file.creds_store());
                    *of == Client::Docker && is_ours(helper)
                }
                Client::Podman => file.podman_refusal.is_none() && is_ours(file.helper_for(host)),
            })
        };
        let clients = [Client::Docker, Client::Podman].into_iter();
        clients.filter(runs_us).map(Client::name).collect()
    }
}
