//! `prune [HOST]`: deletes unused tokens created on this machine.

use clap::Args;

use super::local_state::{self, LocalState};
use super::registry_tokens::RegistryTokens;
use super::{Session, hosts, when};
use crate::credential::mint::{self, Maker};
use crate::env::{self, Deadline};
use crate::error::{Failure, clean};
use crate::ionos::api::ListedToken;
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// A token that is not on record may belong to a request that is still under way.
const MINTING: i64 = 15 * 60;

/// The arguments of `prune`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry [default: every registry known on this machine]
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
    /// Only print what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Also delete tokens of other machines, other users and release 0.1.0, which may be in use
    #[arg(long)]
    all_machines: bool,
}

/// Deletes the tokens and prints their names.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let config = session.config()?;
    let hosts = match &options.host {
        Some(host) => vec![hosts::parse(host, config)?],
        None => local_state::known_hosts(&LocalState::find(), config),
    };
    if hosts.is_empty() {
        return Err(Failure::new(
            "no registry is known on this machine",
            "name it: docker-credential-ionos prune demo.cr.de-fra.ionos.com",
        ));
    }
    for host in &hosts {
        if let Err(failure) = prune(host, options, session) {
            session.terminal.fail(&failure);
        }
    }
    Ok(true)
}

fn prune(host: &RegistryHost, options: &Options, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut registry = RegistryTokens::fetch(host, session)?;
    let terminal = &mut session.terminal;
    let mut tokens = std::mem::take(&mut registry.tokens);
    tokens.retain(|token| mint::is_minted_name(&token.name));
    // Read after the list: a process that has made one of these tokens had it on record before.
    let state = LocalState::find();
    tokens.retain(|token| !state.is_in_use(&token.name));
    let api_now = registry.api.now().unwrap_or_else(env::now);
    let id = mint::installation_id(&state.ledger);
    let is_ours = |token: &ListedToken| {
        state.record(&token.name).is_some()
            || Maker::of(&token.name).and_then(|maker| maker.installation) == Some(id.as_str())
    };
    let foreign = tokens.iter().filter(|token| !is_ours(token)).count();
    tokens.retain(|token| options.all_machines || is_ours(token));
    tokens.retain(|token| state.record(&token.name).is_some() || is_old(token, api_now));
    if foreign > 0 && !options.all_machines {
        terminal.say(&format!(
            "{host}: skipped {foreign} token(s) of other machines, users or release 0.1.0 (--all-machines includes them)"
        ));
    }
    if tokens.is_empty() {
        terminal.say(&format!("{host}: nothing to delete"));
        return Ok(());
    }
    list(host, &tokens, terminal);
    if options.dry_run {
        return Ok(());
    }
    if !options.yes {
        let count = tokens.len();
        let warning = " Other machines may use them.";
        let warning = if options.all_machines { warning } else { "" };
        if !terminal.is_interactive() {
            return Err(Failure::new(
                format!("{host}: cannot ask whether to delete {count} token(s) without a terminal"),
                "pass --yes to delete them, or --dry-run to list them",
            ));
        }
        if !terminal.confirm(&format!("delete {count} token(s) of {host}?{warning}")) {
            terminal.say("nothing is deleted");
            return Ok(());
        }
        // Meanwhile another process may have cached one.
        let state = LocalState::find();
        tokens.retain(|token| !state.is_in_use(&token.name));
    }
    // The time limit starts after the answer to the question.
    let timeout = registry.timeout;
    for (token, left) in tokens.iter().zip((0..tokens.len()).rev()) {
        registry.api.deadline = Deadline::after(timeout);
        let err = match registry.api.delete_token(&registry.registry_id, &token.id) {
            Ok(existed) => {
                if let Some(entry) = state.record(&token.name).filter(|_| existed) {
                    let entry = &mut entry.clone();
                    state.ledger.note_deletion(entry, &registry.api);
                }
                terminal.result(&format!("deleted {} of {host}", clean(&token.name)));
                continue;
            }
            Err(err) => err,
        };
        let failure = err.failure(registry.api.access());
        let context = format!("cannot delete {} of {host}", token.name);
        if left > 0 && err.ends_a_round() {
            terminal.fail(&failure.within(&format!("{context} and {left} more")));
            return Ok(());
        }
        terminal.fail(&failure.within(&context));
    }
    state.ledger.settle(
        &registry.api,
        &registry.account,
        &state.cache,
        &mut state.ledger.entries(),
        Some(host),
    );
    Ok(())
}

/// Whether a token is too old to belong to a request that is still under way. Where the list does
/// not tell when it was created, its name does.
fn is_old(token: &ListedToken, api_now: i64) -> bool {
    let named = || Maker::of(&token.name).map(|maker| maker.made_at);
    let made_at = token.created_at.or_else(named);
    made_at.is_some_and(|at| api_now.saturating_sub(at) > MINTING)
}

fn list(host: &RegistryHost, tokens: &[ListedToken], terminal: &mut Terminal) {
    let now = env::now();
    for token in tokens {
        let expires = match token.expires_at {
            Some(at) => format!("expires {}", when::relative(at, now)),
            None => "never expires".into(),
        };
        terminal.say(&format!(
            "{host}: {} ({expires}) is not in use on this machine",
            token.name
        ));
    }
}
