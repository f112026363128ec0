//! `prune [HOST]`: deletes this machine's tokens that nothing here holds.

use clap::Args;

use super::hosts;
use super::local_state::{self, Held};
use super::registry_tokens::RegistryTokens;
use super::when;
use crate::config::ConfigFile;
use crate::credential::mint;
use crate::env::{self, Deadline};
use crate::error::Failure;
use crate::ionos::api::ListedToken;
use crate::registry_host::RegistryHost;
use crate::terminal::{Terminal, Tone};

/// What `prune` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry; without it, all that this machine knows of
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Only print what would be deleted
    #[arg(long)]
    dry_run: bool,
}

/// Deletes them, and says which.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let config = ConfigFile::load()?;
    let hosts = match &options.host {
        Some(host) => vec![hosts::parse(host, &config)?],
        None => local_state::known_hosts(&Held::find(), &config),
    };
    if hosts.is_empty() {
        return Err(Failure::new(
            "nothing here names a registry",
            "name it: docker-credential-ionos prune demo.cr.de-fra.ionos.com",
        ));
    }
    let mut all_well = true;
    for host in &hosts {
        let pruned = prune(host, options, &config, profile, terminal);
        all_well &= pruned.unwrap_or_else(|failure| {
            terminal.fail(&failure);
            false
        });
    }
    Ok(all_well)
}

fn prune(
    host: &RegistryHost,
    options: &Options,
    config: &ConfigFile,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let mut registry = RegistryTokens::fetch(host, config, profile, terminal)?;
    let machine = mint::this_machine();
    let mut tokens = std::mem::take(&mut registry.tokens);
    tokens.retain(|token| mint::machine_of(&token.name) == Some(machine.as_str()));
    keep_unheld(&mut tokens);
    if tokens.is_empty() {
        terminal.say(&format!("{host}: nothing to delete"));
        return Ok(true);
    }
    let now = env::now();
    for token in &tokens {
        let ends = match token.expires_at {
            Some(at) => format!("ends {}", when::relative(at, now)),
            None => "never ends".into(),
        };
        terminal.say(&format!(
            "{host}: {} ({ends}) is held by nothing here",
            token.name
        ));
    }
    if options.dry_run {
        return Ok(true);
    }
    if !options.yes {
        let count = tokens.len();
        let question = format!(
            "delete {count} token(s) of {host}? Another user of this machine, or another machine called {machine}, may hold them."
        );
        if !terminal.is_interactive() {
            return Err(Failure::new(
                format!("{host}: nobody is there to say whether to delete them"),
                "give --yes, or --dry-run to only look",
            ));
        }
        if !terminal.confirm(&question) {
            terminal.say("nothing is deleted");
            return Ok(true);
        }
        // Meanwhile another process may have got one.
        keep_unheld(&mut tokens);
    }
    // The person's time is not the API's.
    let timeout = config.settings(host, profile)?.timeout;
    let mut all_well = true;
    for token in &tokens {
        registry.api.until(Deadline::after(timeout));
        match registry.api.delete_token(&registry.registry_id, &token.id) {
            Ok(()) => {
                let line = format!("deleted {} of {host}", token.name);
                terminal.result(&terminal.paint(Tone::Plain, &line));
            }
            Err(err) => {
                let failure = err.failure(registry.api.access());
                let context = format!("cannot delete {} of {host}", token.name);
                terminal.fail(&failure.within(&context));
                all_well = false;
            }
        }
    }
    Ok(all_well)
}

/// Read after the API was asked: whoever minted one of these tokens had it before.
fn keep_unheld(tokens: &mut Vec<ListedToken>) {
    let held = Held::find();
    tokens.retain(|token| !held.has(&token.name));
}
