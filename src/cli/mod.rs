//! The verb a client or a person asks for.
//!
//! The protocol's verbs are told by the argument itself: nothing is parsed for a warm `get`.

mod args;
mod usage;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _, Read, Write};

use clap::Parser as _;

pub use args::{Arguments, Command, definition};

use crate::commands;
use crate::config;
use crate::docker::{self, Input};
use crate::error::Failure;
use crate::log;
use crate::output::Reply;
use crate::terminal::Terminal;

/// Runs one command. The first argument is the program's own name. `true` is exit code 0; clients
/// know only 0 and 1.
pub fn run(
    args: &[OsString],
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> bool {
    log::init();
    let profile = args.first().and_then(|program| config::profile_of(program));
    let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_str()).collect();
    let verb = match words.as_slice() {
        [Some("get")] => Verb::Get,
        [Some("store")] => Verb::Store,
        [Some("erase")] => Verb::Erase,
        [Some("list")] => Verb::List,
        [Some("version" | "--version" | "-v" | "-V")] => Verb::Version,
        _ => return parse(args, profile, Terminal::new(stdin, stdout, stderr)),
    };
    // No client gives us its terminal: this is a person who tries it.
    if verb.reads() && io::stdin().is_terminal() {
        let mut terminal = Terminal::new(stdin, stdout, stderr);
        terminal.say(verb.waits_for());
        return terminal.protocol(|stdin| verb.run(profile.as_deref(), stdin));
    }
    verb.run(profile.as_deref(), stdin).print(stdout, stderr)
}

/// Docker's protocol.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Get,
    Store,
    Erase,
    List,
    Version,
}

impl Verb {
    fn reads(self) -> bool {
        matches!(self, Self::Get | Self::Store | Self::Erase)
    }

    fn waits_for(self) -> &'static str {
        match self {
            Self::Store => "waiting for a login as docker login sends it; end with Ctrl-D",
            Self::Get => "waiting for a registry's host; end with Ctrl-D (or give it: get HOST)",
            _ => "waiting for a registry's host; end with Ctrl-D",
        }
    }

    fn run(self, profile: Option<&str>, stdin: &mut dyn Read) -> Reply {
        match self {
            Self::Get => docker::get(&Input::read(stdin), profile),
            Self::Store => docker::store(&Input::read(stdin)),
            Self::Erase => docker::erase(&Input::read(stdin), profile),
            Self::List => docker::list(),
            Self::Version => Reply::line(version()),
        }
    }
}

fn parse(args: &[OsString], profile: Option<String>, mut terminal: Terminal<'_>) -> bool {
    let is_protocol = matches!(
        args.get(1).and_then(|verb| verb.to_str()),
        Some("get" | "store" | "erase" | "list" | "version")
    );
    // The name in usage lines is the program's, whatever the link was called.
    let name = OsStr::new(env!("CARGO_PKG_NAME")).to_owned();
    let args = std::iter::once(name).chain(args.iter().skip(1).cloned());
    let outcome = match Arguments::try_parse_from(args) {
        Ok(arguments) => {
            let profile = arguments.profile.or(profile);
            execute(&arguments.command, profile.as_deref(), &mut terminal)
        }
        Err(err) => Ok(usage::explain(&err, is_protocol, &mut terminal)),
    };
    let ok = outcome.unwrap_or_else(|failure| {
        terminal.fail(&failure);
        false
    });
    terminal.close(ok)
}

fn execute(
    command: &Command,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    match command {
        Command::Get { host: Some(host) } => {
            let reply = terminal
                .while_saying(&format!("getting a credential for {host} …"), || {
                    docker::get(&Input::argument(host), profile)
                });
            Ok(terminal.reply(reply))
        }
        Command::Get { host: None } => Ok(terminal.protocol(|stdin| Verb::Get.run(profile, stdin))),
        Command::Store => Ok(terminal.protocol(|stdin| Verb::Store.run(profile, stdin))),
        Command::Erase => Ok(terminal.protocol(|stdin| Verb::Erase.run(profile, stdin))),
        Command::List => Ok(terminal.reply(docker::list())),
        Command::Version => Ok(terminal.reply(Reply::line(version()))),
        Command::ConfigureDocker(options) => {
            commands::configure_docker::run(options, profile, terminal)
        }
        Command::DockerConfig(options) => commands::docker_config::run(options, profile, terminal),
        Command::Env(options) => commands::env::run(options, profile, terminal),
        Command::Login(options) => commands::login::run(options, profile, terminal),
        Command::Status(options) => commands::status::run(options, profile, terminal),
        Command::Doctor(options) => commands::doctor::run(options, profile, terminal),
        Command::Tokens(options) => commands::tokens::run(options, profile, terminal),
        Command::Prune(options) => commands::prune::run(options, profile, terminal),
        Command::Kubelet(options) => commands::kubelet::run(options, profile, terminal),
        Command::KubernetesManifest(options) => {
            commands::kubernetes_manifest::run(options, profile, terminal)
        }
        Command::KubernetesApply(options) => {
            commands::kubernetes_apply::run(options, profile, terminal)
        }
        Command::Completions(options) => commands::completions::run(options, terminal),
    }
}

fn version() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}
