//! What `status` shows of the ledger: tokens that are to be deleted, and why.

use serde::Serialize;

use super::local_state::LocalState;
use super::when::Time;
use crate::config::ConfigFile;
use crate::credential::ledger::{Entry, Ledger, State, UnusableFile};
use crate::env;
use crate::error::{Failure, one_line, shown};
use crate::ionos::account::{Account, AccountKey, Notes};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// A token that is to be deleted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pending {
    /// The token's name.
    username: String,
    /// `null` if release 0.1.0 recorded it.
    host: Option<String>,
    /// `minting` or `revoke`.
    state: State,
    /// Why it still exists, in words.
    reason: String,
    /// `null`: never.
    expires_at: Option<Time>,
}

pub(super) fn pending(state: &LocalState, config: &ConfigFile, notes: &Notes) -> Vec<Pending> {
    let records = state.records.iter();
    let pending = records.filter(|it| it.record.is_pending() && !Ledger::is_in_use(it));
    pending
        .map(|entry| {
            let record = &entry.record;
            Pending {
                username: record.name.clone(),
                host: Some(record.host.clone()).filter(|host| !host.is_empty()),
                state: record.state,
                reason: reason(entry, key_for(&record.host, config, notes).as_ref()),
                expires_at: record.expires_at.map(Time),
            }
        })
        .collect()
}

/// The account that a `get` for this host uses now.
fn key_for(host: &str, config: &ConfigFile, notes: &Notes) -> Option<AccountKey> {
    let host = RegistryHost::parse(host).ok()?;
    let settings = config.settings(&host, None).ok()?;
    Account::choose(&settings).ok()??.key(notes).ok()
}

fn reason(entry: &Entry, account: Option<&AccountKey>) -> String {
    let record = &entry.record;
    let when = if account.is_none_or(|key| record.is_of_account(key)) {
        "at the next contact with the API"
    } else {
        "when the account that made it is used again"
    };
    let why = match record.state {
        State::Minting => format!(
            "its request {}; looked up {when} until {}",
            if record.refused {
                "was refused"
            } else {
                "had no usable answer"
            },
            env::rfc3339(record.doubtful_until())
        ),
        _ => format!("to be deleted {when}"),
    };
    match record.failed_with {
        Some(status) => format!("{why}; the last attempt failed with {status}"),
        None => why,
    }
}

pub(super) fn show(pending: &[Pending], unusable: &[UnusableFile], terminal: &mut Terminal) {
    if !pending.is_empty() {
        terminal.result(&format!("{} token(s) to be deleted:", pending.len()));
    }
    for token in pending {
        let host = token.host.as_ref().map(|host| format!(" of {host}"));
        let host = host.unwrap_or_default();
        terminal.result(&one_line(&format!(
            "- {}{host}: {}",
            token.username, token.reason
        )));
    }
    for file in unusable {
        terminal.warn(&Failure::new(
            format!("the record {} is ignored: {}", shown(&file.path), file.problem),
            "its token may be live: look for it with \"docker-credential-ionos tokens HOST\", then delete the file",
        ));
    }
}
