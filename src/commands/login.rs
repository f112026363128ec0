//! `login HOST`: logs in a client that stores credentials itself.

use std::io::{self, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

use super::client_files::ClientFiles;
use super::wait::WaitOptions;
use super::{Session, hosts};
use crate::client_config::Client;
use crate::credential::{Cleanup, Credential};
use crate::error::{Failure, system};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// The arguments of `login`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,
    /// The program to log in
    #[arg(long, value_enum, value_name = "PROGRAM", default_value_t = Program::Docker)]
    with: Program,
    /// Same as --with podman
    #[arg(long, conflicts_with = "with")]
    podman: bool,
    #[command(flatten)]
    wait: WaitOptions,
}

/// A client whose login command reads a password from stdin.
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
    /// The value of `--with`.
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn login(self) -> &'static [&'static str] {
        match self {
            Self::Helm => &["registry", "login"],
            Self::Crane => &["auth", "login"],
            _ => &["login"],
        }
    }
}

/// Pipes a credential into the client's login command.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let program = if options.podman {
        Program::Podman
    } else {
        options.with
    };
    let host = hosts::parse(&options.host, session.config()?)?;
    note_if_unnecessary(program, &host, &mut session.terminal);
    let wait = &options.wait;
    wait.wait_for(std::slice::from_ref(&host), session)?;
    let lookup = hosts::credential(&host, session)?;
    let outcome = log_in(program, &host, &lookup.credential);
    let cleanup = lookup.cleanup.into_iter();
    cleanup.for_each(match outcome {
        Ok(()) => Cleanup::run,
        Err(_) => Cleanup::run_without_client,
    });
    outcome.map(|()| true)
}

/// A client that runs this program needs no login, and its login command stores nothing.
fn note_if_unnecessary(program: Program, host: &RegistryHost, terminal: &mut Terminal) {
    let client = match program {
        Program::Docker => Client::Docker,
        Program::Podman | Program::Buildah | Program::Skopeo => Client::Podman,
        _ => return,
    };
    let clients = ClientFiles::find().clients_of(host.as_str());
    if clients.contains(&client.name()) {
        terminal.say(&format!(
            "{} already gets its credentials for {host} from this program: no login is needed",
            program.name()
        ));
    }
}

fn log_in(program: Program, host: &RegistryHost, credential: &Credential) -> Result<(), Failure> {
    let name = program.name();
    let status = pipe(program, host, credential).map_err(|err| match err.kind() {
        io::ErrorKind::NotFound => Failure::new(
            format!("cannot log in to {host}: {name} is not on PATH"),
            "install it, or choose another client with --with",
        ),
        _ => Failure::new(
            format!(
                "cannot log in to {host}: {name} cannot be run: {}",
                system(&err)
            ),
            "check that it runs from a shell",
        ),
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(
        format!("cannot log in to {host}: {name} failed"),
        format!("see its message above, or run: docker-credential-ionos doctor {host}"),
    ))
}

/// Passes the password through a pipe. Every user of the machine can read arguments.
fn pipe(program: Program, host: &RegistryHost, credential: &Credential) -> io::Result<ExitStatus> {
    let mut child = Command::new(program.name())
        .args(program.login())
        .args(["--username", &credential.username, "--password-stdin"])
        .arg(host.as_str())
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A client that does not read stdin prints the reason itself.
        let _ = stdin.write_all(credential.secret.expose_secret().as_bytes());
    }
    child.wait()
}
