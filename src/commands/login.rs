//! `login HOST`: logs a client in that keeps credentials itself.

use std::io::{self, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

use super::hosts::{self, Credentials};
use super::wait::WaitOptions;
use crate::client_config::{Client, ClientConfig, is_our_helper};
use crate::config::ConfigFile;
use crate::credential::Credential;
use crate::error::{Failure, system};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// What `login` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,
    /// The program to log in
    #[arg(long, value_enum, value_name = "PROGRAM", default_value_t = Program::Docker)]
    with: Program,
    /// The same as --with podman
    #[arg(long, conflicts_with = "with")]
    podman: bool,
    #[command(flatten)]
    wait: WaitOptions,
}

/// Programs that take a password on stdin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Program {
    /// Docker
    Docker,
    /// Podman
    Podman,
    /// Buildah
    Buildah,
    /// Skopeo
    Skopeo,
    /// Helm
    Helm,
    /// nerdctl
    Nerdctl,
    /// ORAS
    Oras,
    /// crane
    Crane,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
            Self::Skopeo => "skopeo",
            Self::Helm => "helm",
            Self::Nerdctl => "nerdctl",
            Self::Oras => "oras",
            Self::Crane => "crane",
        }
    }

    fn login(self) -> &'static [&'static str] {
        match self {
            Self::Helm => &["registry", "login"],
            Self::Crane => &["auth", "login"],
            _ => &["login"],
        }
    }
}

/// Pipes a credential into the program's own `login`.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let program = if options.podman {
        Program::Podman
    } else {
        options.with
    };
    let config = ConfigFile::load()?;
    let host = hosts::parse(&options.host, &config)?;
    say_if_needless(program, &host, terminal);
    let wait = &options.wait;
    wait.wait_for(std::slice::from_ref(&host), &config, profile, terminal)?;
    let credentials = Credentials::get(&[host], &config, profile, terminal)?;
    let mut outcome = Ok(());
    for (host, credential) in &credentials.logins {
        outcome = log_in(program, host, credential);
    }
    credentials.tidy_up();
    outcome.map(|()| true)
}

/// A client that asks us needs no login, and its `login` then keeps nothing.
fn say_if_needless(program: Program, host: &RegistryHost, terminal: &mut Terminal<'_>) {
    let client = match program {
        Program::Docker => Client::Docker,
        Program::Podman | Program::Buildah | Program::Skopeo => Client::Podman,
        _ => return,
    };
    let asks_us = |path: &std::path::PathBuf| {
        let file = ClientConfig::load(path).ok()?;
        is_our_helper(file.helper_for(host)?).then_some(())
    };
    if client.files().iter().find_map(asks_us).is_some() {
        terminal.say(&format!(
            "{} asks this program for {host} already: no login is needed",
            program.name()
        ));
    }
}

fn log_in(program: Program, host: &RegistryHost, credential: &Credential) -> Result<(), Failure> {
    let name = program.name();
    let status = pipe(program, host, credential).map_err(|err| match err.kind() {
        io::ErrorKind::NotFound => Failure::new(
            format!("cannot log in to {host}: {name} is not on PATH"),
            "install it, or name another program with --with",
        ),
        _ => Failure::new(
            format!(
                "cannot log in to {host}: {name} cannot be run: {}",
                system(&err)
            ),
            "see whether it runs by itself",
        ),
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(
        format!("cannot log in to {host}: {name} failed"),
        format!("see what it says above, or run: docker-credential-ionos doctor {host}"),
    ))
}

/// The password goes through a pipe; arguments can be read by every user of the machine.
fn pipe(program: Program, host: &RegistryHost, credential: &Credential) -> io::Result<ExitStatus> {
    let mut child = Command::new(program.name())
        .args(program.login())
        .args(["--username", &credential.username, "--password-stdin"])
        .arg(host.as_str())
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that reads nothing says why itself.
        let _ = stdin.write_all(credential.secret.expose_secret().as_bytes());
    }
    child.wait()
}
