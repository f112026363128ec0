//! `tokens HOST`: the tokens this program minted, live from the API.

use clap::Args;
use serde::Serialize;

use super::local_state::LocalState;
use super::registry_tokens::RegistryTokens;
use super::when::{self, Time};
use super::{Session, hosts};
use crate::credential::mint::{self, Maker};
use crate::env;
use crate::error::{Failure, one_line};
use crate::ionos::api::ListedToken;
use crate::scope::Scope;
use crate::terminal::{Table, Tone};

/// The arguments of `tokens`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,
    /// List every token of the registry, not only those of this program
    #[arg(long)]
    all: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// One token, as `--json` prints it. Times are RFC 3339 in UTC by the API's clock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    name: &'a str,
    id: &'a str,
    /// `enabled` or `disabled`.
    status: &'a str,
    created_at: Option<Time>,
    /// `null`: never.
    expires_at: Option<Time>,
    scopes: &'a [Scope],
    /// The machine that minted it; `null` if this program did not.
    machine: Option<&'a str>,
    this_machine: bool,
    /// Whether its credential is cached or stored for this user.
    cached: bool,
}

/// Prints the tokens, those with the latest expiry last.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let config = session.config()?;
    let host = hosts::parse(&options.host, config)?;
    let mut tokens = RegistryTokens::fetch(&host, session)?.tokens;
    let terminal = &mut session.terminal;
    tokens.retain(|token| options.all || mint::is_minted_name(&token.name));
    tokens.sort_by_key(|token| token.expires_at.unwrap_or(i64::MAX));
    let state = LocalState::find();
    let id = mint::installation_id(&state.ledger);
    let lines: Vec<Line<'_>> = tokens
        .iter()
        .map(|token| line(token, &state, &id))
        .collect();
    if options.json {
        terminal.json(&lines);
        return Ok(true);
    }
    if lines.is_empty() {
        let whose = if options.all { "" } else { " of this program" };
        terminal.say(&format!("{host} has no token{whose}"));
        return Ok(true);
    }
    let now = env::now();
    let mut table = Table::new("TOKEN EXPIRES STATUS MACHINE CACHED");
    for line in &lines {
        let expires = match line.expires_at {
            Some(Time(at)) => (Tone::Plain, when::relative(at, now)),
            None => (Tone::Warning, "never".into()),
        };
        let machine = match line.machine {
            _ if line.this_machine => "this one".to_owned(),
            machine => one_line(machine.unwrap_or_default()),
        };
        let cached = if line.cached { "here" } else { "" };
        let cached = (Tone::Good, cached.to_owned());
        let name = (Tone::Strong, one_line(line.name));
        let status = (Tone::Plain, one_line(line.status));
        table.row([name, expires, status, (Tone::Plain, machine), cached]);
    }
    table.print(terminal);
    Ok(true)
}

fn line<'a>(token: &'a ListedToken, state: &LocalState, id: &str) -> Line<'a> {
    let maker = Maker::of(&token.name);
    let machine = maker.map(|maker| maker.machine);
    Line {
        name: &token.name,
        id: &token.id,
        status: &token.status,
        created_at: token.created_at.map(Time),
        expires_at: token.expires_at.map(Time),
        scopes: &token.scopes,
        machine,
        this_machine: match maker.and_then(|maker| maker.installation) {
            Some(installation) => installation == id,
            None => machine == Some(mint::this_machine().as_str()),
        },
        cached: state.is_kept(&token.name),
    }
}
