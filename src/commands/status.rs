//! `status`: the credentials on this machine, without network.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use super::Session;
use super::client_files::{ClientFiles, Unreadable};
use super::local_state::{self, LocalState};
use super::pending::{self, Pending};
use super::when::{self, Time};
use crate::config::{ConfigFile, DEFAULT_PROFILE, Places};
use crate::credential::cache::{Age, CachedToken};
use crate::credential::ledger::UnusableFile;
use crate::env;
use crate::error::{Failure, one_line};
use crate::ionos::account::{Account, Notes};
use crate::registry_host::RegistryHost;
use crate::scope::Scope;
use crate::terminal::{Table, Terminal, Tone};

/// The arguments of `status`.
#[derive(Debug, Args)]
pub struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shown for a cached token while no account is set: a `get` then returns it, and cannot refresh it.
const NO_ACCOUNT: &str = "no account";
/// Shown where the account or the settings cannot be read: a `get` then fails.
const UNUSABLE_ACCOUNT: &str = "unusable account";

/// The output of `--json`. Times are RFC 3339 in UTC by this machine's clock. Members may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    /// One for each credential and for each registry without one, by host.
    credentials: Vec<Line>,
    /// Tokens that are to be deleted.
    pending_revocations: Vec<Pending>,
    /// Records of tokens that cannot be used.
    unusable_records: &'a [UnusableFile],
    /// Configuration files that a client refuses.
    unreadable: Vec<Unreadable>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    host: String,
    state: State,
    username: Option<String>,
    profile: Option<String>,
    /// The source of the account that minted the token, [`NO_ACCOUNT`] or [`UNUSABLE_ACCOUNT`]; `null`
    /// if a `get` would use another account.
    account: Option<String>,
    scopes: Vec<Scope>,
    issued_at: Option<Time>,
    /// `null` for a stored login, which is kept until `erase`.
    expires_at: Option<Time>,
    /// When a `get` mints the next token.
    refresh_at: Option<Time>,
    /// Clients that run this program for the host: `docker`, `podman`; `kubelet` for a token in its
    /// cache.
    clients: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Cached,
    Stored,
    #[default]
    None,
}

/// Prints the credentials.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let (config, profile) = (session.config()?, session.profile);
    let terminal = &mut session.terminal;
    let state = LocalState::find();
    let notes = Notes::new(Places::find_lossy().cache);
    let files = ClientFiles::find();
    let credentials = lines(&state, &files, config, &notes, profile);
    let is_shown = |name: &str| {
        let mut lines = credentials.iter();
        lines.any(|line| line.profile.as_deref() == Some(name))
    };
    // A misspelt profile would look like one without credentials. One that was removed may have some.
    if let Some(name) = profile.filter(|name| *name != DEFAULT_PROFILE && !is_shown(name)) {
        config.profile(name)?;
    }
    let status = Status {
        credentials,
        pending_revocations: pending::pending(&state, config, &notes),
        unusable_records: &state.unusable,
        unreadable: files.unreadable,
    };
    if options.json {
        terminal.json(&status);
    } else {
        show(&status, terminal);
        if let Err(failure) = local_state::cache_in_use().flatten() {
            terminal.warn(&failure);
        }
    }
    Ok(true)
}

fn lines(
    state: &LocalState,
    files: &ClientFiles,
    config: &ConfigFile,
    notes: &Notes,
    profile: Option<&str>,
) -> Vec<Line> {
    let now = env::now();
    let line = |host: &str| Line {
        host: host.to_owned(),
        clients: files.clients_of(host),
        ..Line::default()
    };
    let mut lines = Vec::new();
    for login in &state.logins {
        lines.push(Line {
            state: State::Stored,
            username: Some(login.username.clone()),
            ..line(&login.host)
        });
    }
    let tokens = state.tokens.iter().map(|it| (it, line(&it.host)));
    let kubelet_tokens = state.kubelet_tokens.iter().map(|it| {
        let mut line = line(&it.host);
        line.clients = vec!["kubelet"];
        (it, line)
    });
    for (token, line) in tokens.chain(kubelet_tokens) {
        let is_wanted = profile.is_none_or(|profile| profile == token.profile);
        if is_wanted && token.age(now) != Age::Expired {
            lines.push(Line {
                state: State::Cached,
                username: Some(token.username.clone()),
                profile: Some(token.profile.clone()),
                account: account(token, config, notes),
                scopes: token.scopes.clone(),
                issued_at: Some(Time(token.issued_at)),
                expires_at: Some(Time(token.expires_at)),
                refresh_at: Some(Time(token.refresh_at())),
                ..line
            });
        }
    }
    let covered: BTreeSet<String> = lines.iter().map(|line| line.host.clone()).collect();
    for host in local_state::known_hosts(state, config) {
        if !covered.contains(host.as_str()) {
            lines.push(line(host.as_str()));
        }
    }
    lines.sort_by(|one, other| (&one.host, &one.profile).cmp(&(&other.host, &other.profile)));
    lines
}

/// The source of the account that a `get` would use now, if that account minted the token; or why
/// there is none.
fn account(entry: &CachedToken, config: &ConfigFile, notes: &Notes) -> Option<String> {
    let host = RegistryHost::parse(&entry.host).ok()?;
    let chosen = config
        .settings(&host, Some(&entry.profile))
        .or_else(|_| config.settings(&host, None))
        .and_then(|settings| Account::choose(&settings));
    let found = chosen.and_then(|account| match account {
        Some(account) => {
            let is_same = account.key(notes)?.as_str() == entry.account;
            Ok(is_same.then(|| account.origin().to_owned()))
        }
        None => Ok(Some(NO_ACCOUNT.into())),
    });
    found.unwrap_or_else(|_| Some(UNUSABLE_ACCOUNT.into()))
}

fn show(status: &Status<'_>, terminal: &mut Terminal) {
    if status.credentials.is_empty() {
        terminal.say("no credential is stored or cached, and no client uses this program");
        terminal.say("hint: run docker-credential-ionos configure-docker");
    } else {
        table(&status.credentials).print(terminal);
    }
    pending::show(
        &status.pending_revocations,
        status.unusable_records,
        terminal,
    );
    for Unreadable { what, hint, .. } in &status.unreadable {
        terminal.warn(&Failure::new(what, hint));
    }
}

fn table(lines: &[Line]) -> Table {
    let now = env::now();
    let heading = "HOST STATE PROFILE ACCOUNT SCOPES EXPIRES REFRESHED CLIENTS";
    let mut table = Table::new(heading);
    let plain = |text: &str| (Tone::Plain, text.to_owned());
    for line in lines {
        let state = match line.state {
            State::Cached => (Tone::Good, "cached".to_owned()),
            State::Stored => (Tone::Good, "stored".to_owned()),
            State::None => (Tone::Faint, "none".to_owned()),
        };
        let account = match (&line.account, line.state) {
            (None, State::Cached) => (Tone::Warning, "other account".to_owned()),
            (account, _) => plain(&one_line(account.as_deref().unwrap_or_default())),
        };
        let expires = match (line.expires_at, line.state) {
            (Some(Time(at)), _) => plain(&when::relative(at, now)),
            (None, State::Stored) => plain("at logout"),
            _ => plain(""),
        };
        let refreshed = match line.refresh_at {
            Some(Time(at)) if at <= now => plain("at the next get"),
            Some(Time(at)) => plain(&when::relative(at, now)),
            None => plain(""),
        };
        let clients = match line.clients.as_slice() {
            [] => (Tone::Warning, "no client".to_owned()),
            clients => plain(&clients.join(", ")),
        };
        let profile = plain(line.profile.as_deref().unwrap_or_default());
        let scopes = line.scopes.iter().map(|it| one_line(&it.to_string()));
        let scopes = plain(&scopes.collect::<Vec<_>>().join(" "));
        let host = (Tone::Strong, line.host.clone());
        table.row([
            host, state, profile, account, scopes, expires, refreshed, clients,
        ]);
    }
    table
}
