//! Arguments and dispatch.
//!
//! The verbs of Docker's protocol are recognised before clap is touched: a warm `get` parses nothing.

mod args;
mod usage;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};

use clap::Parser as _;

pub use args::{Arguments, Command, Verb, definition};

use crate::commands::{self, Session};
use crate::config::{self, ConfigFile};
use crate::docker::{self, input};
use crate::env;
use crate::ionos::account;
use crate::log;
use crate::output::Reply;
use crate::secret;
use crate::terminal::Terminal;

const VERSION: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// Runs one command. The first argument is the program's own name. `true` is exit code 0; clients
/// know only 0 and 1.
pub fn run(args: &[OsString]) -> bool {
    secret::forbid_core_dumps();
    log::init();
    let profile = args.first().and_then(|program| config::profile_of(program));
    let profile = profile.as_deref();
    let Some(verb) = protocol_verb(args) else {
        if args.get(1).is_some_and(|verb| verb == account::GUARD) {
            account::guard(&mut io::stdin());
            return true;
        }
        return parse(args, profile);
    };
    // No client passes its own terminal on: this is a person who tries the verb.
    if let Some(input) = verb.input()
        && io::stdin().is_terminal()
    {
        let terminal = Terminal::default();
        terminal.say(&format!("waiting for {input}; end with Ctrl-D"));
        return terminal.reply(answer(&verb, profile));
    }
    answer(&verb, profile).print()
}

/// A verb of Docker's protocol, called as clients call it. clap would cost a warm `get` more than
/// the rest of it.
fn protocol_verb(args: &[OsString]) -> Option<Verb> {
    let [_, verb] = args else {
        return None;
    };
    Some(match verb.to_str()? {
        "get" => Verb::Get { host: None },
        "store" => Verb::Store,
        "erase" => Verb::Erase,
        "list" => Verb::List,
        "version" | "--version" | "-v" | "-V" => Verb::Version,
        _ => return None,
    })
}

/// Answers a verb of Docker's protocol.
fn answer(verb: &Verb, profile: Option<&str>) -> Reply {
    let input = || input::read_text(&mut io::stdin());
    match verb {
        Verb::Get { host: Some(host) } => docker::get(Some(host), profile),
        Verb::Get { host: None } => docker::get(input().as_deref(), profile),
        Verb::Store => docker::store(input().as_deref()),
        Verb::Erase => docker::erase(input().as_deref(), profile),
        Verb::List => docker::list(),
        Verb::Version => Reply::line(VERSION.into()),
    }
}

fn parse(args: &[OsString], profile: Option<&str>) -> bool {
    env::note_secrets();
    let mut args = args.to_vec();
    // clap knows this command by one name.
    if let Some(Verb::Version) = args.get(..2).and_then(protocol_verb) {
        args[1] = "version".into();
    }
    let is_protocol = matches!(
        args.get(1).and_then(|verb| verb.to_str()),
        Some("get" | "store" | "erase" | "list" | "version")
    );
    // The name in usage lines is the program's, whatever the link was called.
    let name = OsStr::new(env!("CARGO_PKG_NAME")).to_owned();
    let args = std::iter::once(name).chain(args.into_iter().skip(1));
    let parsed = Arguments::try_parse_from(commands::with_default_time(args));
    let mut loaded = ConfigFile::load();
    let mut terminal = Terminal::default();
    let Arguments {
        command,
        profile: chosen,
    } = match &parsed {
        Ok(arguments) => arguments,
        Err(err) => return usage::explain(err, is_protocol, &mut terminal),
    };
    if let (Command::KubernetesApply(_), Ok(config)) = (command, &mut loaded) {
        config.default_timeout = Some(commands::kubernetes_apply::TIMEOUT);
    }
    let profile = chosen.as_deref().or(profile);
    let session = &mut Session {
        loaded: &loaded,
        profile,
        terminal,
    };
    let outcome = match command {
        Command::Verb(verb) => {
            let terminal = &session.terminal;
            let reply = match verb {
                Verb::Get { host: Some(host) } => {
                    let status = format!("getting a credential for {host} …");
                    terminal.while_saying(&status, || answer(verb, profile))
                }
                _ => answer(verb, profile),
            };
            Ok(terminal.reply(reply))
        }
        Command::ConfigureDocker(options) => commands::configure_docker::run(options, session),
        Command::DockerConfig(options) => commands::docker_config::run(options, session),
        Command::Env(options) => commands::env::run(options, session),
        Command::Login(options) => commands::login::run(options, session),
        Command::Status(options) => commands::status::run(options, session),
        Command::Doctor(options) => commands::doctor::run(options, session),
        Command::Tokens(options) => commands::tokens::run(options, session),
        Command::Prune(options) => commands::prune::run(options, session),
        Command::Kubelet(options) => commands::kubelet::run(options, session),
        Command::KubernetesManifest(options) => {
            commands::kubernetes_manifest::run(options, session)
        }
        Command::KubernetesApply(options) => commands::kubernetes_apply::run(options, session),
        Command::Completions(options) => commands::completions::run(options, session),
    };
    if let Err(failure) = &outcome {
        session.terminal.fail(failure);
    }
    session.terminal.close() && outcome == Ok(true)
}
