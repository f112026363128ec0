//! `configure-docker [HOST…]`: adds entries to a client's file, so that it runs this program.

mod choice;
mod conflicts;
mod program;

use std::path::Path;

use clap::Args;

use super::wait::WaitOptions;
use super::{Session, hosts};
use crate::client_config::{self, Change, Client, Rewritten};
use crate::env;
use crate::error::{Failure, one_line, shown};
use crate::ionos::account::Account;
use crate::registry_host::RegistryHost;
use crate::terminal::{Terminal, Tone};

/// The arguments of `configure-docker`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registries; without any, choose from the account's registries
    #[arg(id = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Change podman's auth.json instead of Docker's config.json, which podman also reads
    #[arg(long)]
    podman: bool,
    /// Remove the registries; without HOST, all that use this program
    #[arg(long)]
    remove: bool,
    /// Print the change as a diff, without making it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    wait: WaitOptions,
}

/// Changes the file, and warns of what may keep the client from using it.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let client = if options.podman {
        Client::Podman
    } else {
        Client::Docker
    };
    let path = client.config_file().ok_or_else(|| no_home(client))?;
    if options.remove {
        remove(options, &path, session)?;
    } else {
        add(options, client, &path, session)?;
    }
    Ok(true)
}

fn no_home(client: Client) -> Failure {
    let (file, variable) = match client {
        Client::Docker => ("Docker's config.json", "DOCKER_CONFIG"),
        Client::Podman => ("podman's auth.json", "REGISTRY_AUTH_FILE"),
    };
    Failure::new(
        format!("no home directory to look for {file} in"),
        format!("set {} or {variable}", env::HOME),
    )
}

fn add(
    options: &Options,
    client: Client,
    path: &Path,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let config = session.config()?;
    // With an unknown profile every get would fail.
    config.general_settings(session.profile)?;
    // Report a broken file before the user is asked anything.
    let present = client_config::ClientConfig::load(path)?;
    let hosts = if options.hosts.is_empty() {
        choice::choose(&present, &options.wait, session)?
    } else {
        hosts::parse_all(&options.hosts, config)?
    };
    let helper = client_config::helper_name(session.profile);
    let rewritten = client_config::rewrite(path, options.dry_run, |draft| {
        let changes = hosts.iter().map(|host| draft.set(host, &helper));
        changes.collect::<Vec<Change>>()
    })?;
    let file = shown(path);
    if options.dry_run {
        show(path, &rewritten, &mut session.terminal);
    }
    for (host, change) in hosts.iter().zip(&rewritten.outcome) {
        let line = match change {
            Change::Unchanged => format!("unchanged: {host} in {file}, helper {helper}"),
            _ if options.dry_run => continue,
            Change::Added => format!("added {host} to {file}, helper {helper}"),
            // The old value was no string.
            Change::Replaced(was) if was.is_empty() => {
                format!("changed {host} in {file}, helper {helper}")
            }
            Change::Replaced(was) => {
                let was = one_line(was);
                format!("changed {host} in {file}, helper {helper} instead of {was}")
            }
        };
        session.terminal.result(&line);
    }
    let is_found = program::make_sure(&helper, client, options.dry_run, &mut session.terminal);
    conflicts::warn(path, client, &hosts, &mut session.terminal);
    if !options.dry_run {
        options.wait.wait_for(&hosts, session)?;
    }
    if is_found && !options.dry_run && session.terminal.is_interactive() {
        print_next_step(client, &hosts, session);
    }
    Ok(())
}

fn remove(options: &Options, path: &Path, session: &mut Session<'_>) -> Result<(), Failure> {
    // A host may be removed after it was deleted from our config.json.
    let hosts = options.hosts.iter().map(|host| hosts::address(host));
    let hosts = hosts.collect::<Result<Vec<RegistryHost>, _>>()?;
    let profile = session.profile;
    let only = profile.map(|name| client_config::helper_name(Some(name)));
    let rewritten = client_config::rewrite(path, options.dry_run, |draft| {
        draft.remove(|key, helper| {
            let host = RegistryHost::parse(key);
            client_config::is_our_helper(helper)
                && only.as_ref().is_none_or(|only| only == helper)
                && (hosts.is_empty() || host.is_ok_and(|host| hosts.contains(&host)))
        })
    })?;
    let (file, removed) = (shown(path), &rewritten.outcome);
    let terminal = &mut session.terminal;
    if options.dry_run {
        show(path, &rewritten, terminal);
    } else {
        for key in removed {
            terminal.result(&format!("removed {} from {file}", one_line(key)));
        }
    }
    let helper = match only {
        Some(only) => format!("helper {only}"),
        None => "this program".to_owned(),
    };
    if hosts.is_empty() && removed.is_empty() {
        terminal.result(&format!("unchanged: nothing in {file} uses {helper}"));
    }
    let removed: Vec<_> = removed.iter().map(|key| RegistryHost::parse(key)).collect();
    for host in hosts {
        let line = format!("unchanged: {host} does not use {helper} in {file}");
        if !removed.contains(&Ok(host)) {
            terminal.result(&line);
        }
    }
    Ok(())
}

fn show<T>(path: &Path, rewritten: &Rewritten<T>, terminal: &mut Terminal) {
    let diff = client_config::diff(path, rewritten.before.as_deref(), &rewritten.after);
    for line in diff.lines() {
        let tone = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Tone::Strong,
            [b'@', ..] => Tone::Faint,
            [b'-', ..] => Tone::Bad,
            [b'+', ..] => Tone::Good,
            _ => Tone::Plain,
        };
        terminal.result_in_tones(&[(tone, line)]);
    }
}

fn print_next_step(client: Client, hosts: &[RegistryHost], session: &mut Session<'_>) {
    let Some(host) = hosts.first() else {
        return;
    };
    let account = session
        .config()
        .and_then(|config| config.settings(host, session.profile))
        .and_then(|settings| Account::choose(&settings));
    let login = match account {
        Ok(Some(_)) => "",
        Ok(None) => "\"ionosctl login\" or set IONOS_TOKEN, then ",
        // It would fail the pull, too.
        Err(failure) => return session.terminal.warn(&failure),
    };
    let command = client.name();
    session.terminal.say(&format!(
        "next: {login}{command} pull {host}/NAME:TAG (without {command} login)"
    ));
}
