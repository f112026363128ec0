//! `status`: what is held here, offline.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use super::local_state::{self, Held};
use super::when;
use crate::client_config::{Client, ClientConfig};
use crate::config::ConfigFile;
use crate::credential::cache::{Age, CachedToken};
use crate::credential::revocation::Revocations;
use crate::env;
use crate::error::{Failure, one_line};
use crate::ionos::account::Account;
use crate::registry_host::RegistryHost;
use crate::scope::Scope;
use crate::terminal::{Table, Terminal, Tone};

/// What `status` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints. Times are RFC 3339 in UTC by this machine's clock. Members may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// One for each credential, and for each registry of which there is none, by host.
    credentials: Vec<Line>,
    /// Tokens to be deleted at the next contact with the API.
    pending_revocations: Vec<Pending>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    host: String,
    /// `minted`, `stored` or `none`.
    held: &'static str,
    username: Option<String>,
    profile: Option<String>,
    /// Where the account comes from that minted it; `null` if it is none of those in force now.
    account: Option<String>,
    scopes: Vec<Scope>,
    issued_at: Option<String>,
    /// `null` for a stored login, which is kept until `erase`.
    expires_at: Option<String>,
    /// When the next one is minted.
    refresh_at: Option<String>,
    /// Clients that ask this program for the host: `docker`, `podman`.
    clients: Vec<&'static str>,
    #[serde(skip)]
    life: Option<Life>,
}

#[derive(Debug, Clone, Copy)]
struct Life {
    refresh_at: i64,
    expires_at: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pending {
    username: String,
    expires_at: String,
}

/// Prints it. Nothing is minted and nobody asked.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let config = ConfigFile::load()?;
    let held = Held::find();
    let status = Status {
        credentials: lines(&held, &config, profile),
        pending_revocations: pending(&held),
    };
    if options.json {
        terminal.json(&status);
    } else {
        show(&status, terminal);
    }
    Ok(true)
}

fn lines(held: &Held, config: &ConfigFile, profile: Option<&str>) -> Vec<Line> {
    let now = env::now();
    let files = local_state::client_files();
    let clients = |host: &str| clients_asking(&files, host);
    let mut lines = Vec::new();
    for login in &held.logins {
        lines.push(Line {
            held: "stored",
            username: Some(login.username.clone()),
            ..Line::of(&login.host, clients(&login.host))
        });
    }
    for entry in &held.entries {
        let is_wanted = profile.is_none_or(|profile| profile == entry.profile);
        if is_wanted && entry.age(now) != Age::Expired {
            lines.push(minted(entry, config, clients(&entry.host)));
        }
    }
    let covered: BTreeSet<String> = lines.iter().map(|line| line.host.clone()).collect();
    for host in local_state::known_hosts(held, config) {
        if !covered.contains(host.as_str()) {
            lines.push(Line::of(host.as_str(), clients(host.as_str())));
        }
    }
    lines.sort_by(|one, other| (&one.host, &one.profile).cmp(&(&other.host, &other.profile)));
    lines
}

impl Line {
    fn of(host: &str, clients: Vec<&'static str>) -> Self {
        Self {
            host: host.to_owned(),
            held: "none",
            username: None,
            profile: None,
            account: None,
            scopes: Vec::new(),
            issued_at: None,
            expires_at: None,
            refresh_at: None,
            clients,
            life: None,
        }
    }
}

fn minted(entry: &CachedToken, config: &ConfigFile, clients: Vec<&'static str>) -> Line {
    let life = Life {
        refresh_at: entry.refresh_at(),
        expires_at: entry.expires_at,
    };
    Line {
        held: "minted",
        username: Some(entry.username.clone()),
        profile: Some(entry.profile.clone()),
        account: account(entry, config),
        scopes: entry.scopes.clone(),
        issued_at: Some(when::rfc3339(entry.issued_at)),
        expires_at: Some(when::rfc3339(life.expires_at)),
        refresh_at: Some(when::rfc3339(life.refresh_at)),
        life: Some(life),
        ..Line::of(&entry.host, clients)
    }
}

/// The account that a `get` would ask as now, if it is the one that minted this.
fn account(entry: &CachedToken, config: &ConfigFile) -> Option<String> {
    let host = RegistryHost::parse(&entry.host).ok()?;
    let settings = config
        .settings(&host, Some(&entry.profile))
        .or_else(|_| config.settings(&host, None))
        .ok()?;
    let account = Account::choose(&settings).ok()??;
    (account.key().as_str() == entry.account).then(|| account.origin().to_string())
}

fn clients_asking(files: &[(Client, ClientConfig)], host: &str) -> Vec<&'static str> {
    let asks = |client: Client| {
        let mut files = files.iter().filter(|(of, _)| *of == client);
        files.any(|(_, file)| file.hosts().iter().any(|known| known.as_str() == host))
    };
    let mut clients = Vec::new();
    if asks(Client::Docker) {
        clients.push("docker");
    }
    // Podman reads Docker's file too.
    if asks(Client::Podman) || asks(Client::Docker) {
        clients.push("podman");
    }
    clients
}

fn pending(held: &Held) -> Vec<Pending> {
    let now = env::now();
    let revocations = Revocations::new(held.places.revocations()).all();
    revocations
        .iter()
        .filter(|revocation| revocation.expires_at() > now)
        .map(|revocation| Pending {
            username: revocation.name().to_owned(),
            expires_at: when::rfc3339(revocation.expires_at()),
        })
        .collect()
}

fn show(status: &Status, terminal: &mut Terminal<'_>) {
    if status.credentials.is_empty() {
        terminal.say("nothing is held and no client asks this program");
        terminal.say("hint: docker-credential-ionos configure-docker makes Docker ask");
    } else {
        table(&status.credentials).print(terminal);
    }
    let count = status.pending_revocations.len();
    if count > 0 {
        terminal.result(&format!(
            "{count} token(s) to be deleted at the next contact with the API"
        ));
    }
}

fn table(lines: &[Line]) -> Table {
    let now = env::now();
    let mut table = Table::new(&[
        "HOST", "HELD", "PROFILE", "ACCOUNT", "SCOPES", "EXPIRES", "RENEWED", "ASKED BY",
    ]);
    let dash = || (Tone::Faint, "-".to_owned());
    for line in lines {
        let held = match line.held {
            "none" => (Tone::Faint, "nothing".to_owned()),
            held => (Tone::Good, held.to_owned()),
        };
        let account = match (&line.account, line.held) {
            (Some(account), _) => (Tone::Plain, one_line(account)),
            (None, "minted") => (Tone::Warning, "not the one in force".to_owned()),
            _ => dash(),
        };
        let expires = match (line.life, line.held) {
            (Some(life), _) => (Tone::Plain, when::relative(life.expires_at, now)),
            (None, "stored") => (Tone::Plain, "at logout".to_owned()),
            _ => dash(),
        };
        let next = match line.life {
            Some(life) if life.refresh_at <= now => (Tone::Plain, "with the next get".to_owned()),
            Some(life) => (Tone::Plain, when::relative(life.refresh_at, now)),
            None => dash(),
        };
        let asked_by = if line.clients.is_empty() {
            (Tone::Warning, "nobody".to_owned())
        } else {
            (Tone::Plain, line.clients.join(", "))
        };
        let profile = line
            .profile
            .clone()
            .map_or_else(dash, |it| (Tone::Plain, it));
        let scopes: Vec<String> = line.scopes.iter().map(shown).collect();
        let scopes = if scopes.is_empty() {
            dash()
        } else {
            (Tone::Plain, scopes.join(" "))
        };
        let host = (Tone::Strong, line.host.clone());
        table.row(vec![
            host, held, profile, account, scopes, expires, next, asked_by,
        ]);
    }
    table
}

/// `team/*:pull,push`, as registries write it.
fn shown(scope: &Scope) -> String {
    one_line(&format!("{}:{}", scope.name, scope.actions.join(",")))
}
