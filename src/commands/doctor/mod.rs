//! `doctor [HOST]`: each link of the chain from Docker to the registry, in order.

mod chain;
mod report;

use clap::Args;

use self::report::{Outcome, Report};
use super::hosts;
use super::local_state::{self, Held};
use crate::config::ConfigFile;
use crate::error::Failure;
use crate::registry_host::RegistryHost;
use crate::terminal::{Terminal, Tone};

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry; without it, all that this machine knows of
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Mint a token if none is held, to see whether that works
    #[arg(long)]
    mint: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks, and says what it found. `true` if nothing failed.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let config = ConfigFile::load();
    let hosts: Vec<Option<RegistryHost>> = match (&options.host, &config) {
        (Some(host), Ok(config)) => vec![Some(hosts::parse(host, config)?)],
        // Whether it is ours may stand in the file that cannot be read, which is the finding.
        (Some(host), Err(_)) => vec![Some(hosts::address(host)?)],
        (None, config) => {
            let known = match config {
                Ok(config) => local_state::known_hosts(&Held::find(), config),
                Err(_) => Vec::new(),
            };
            if known.is_empty() {
                vec![None]
            } else {
                known.into_iter().map(Some).collect()
            }
        }
    };
    let many = hosts.len() > 1;
    let mut reports = Vec::new();
    for host in &hosts {
        let named = host.as_ref().map_or("the account", RegistryHost::as_str);
        let report = terminal.while_saying(&format!("checking {named} …"), || {
            chain::check(host.as_ref(), config.as_ref(), profile, options.mint)
        });
        if !options.json {
            show(&report, many, terminal);
        }
        reports.push(report);
    }
    if options.json {
        terminal.json(&reports);
    }
    Ok(reports.iter().all(Report::is_well))
}

fn show(report: &Report, with_host: bool, terminal: &mut Terminal<'_>) {
    if with_host {
        let host = report.host.as_deref().unwrap_or_default();
        let host = terminal.paint(Tone::Strong, host);
        terminal.result(&host);
    }
    let mut told = false;
    for check in &report.checks {
        let (tone, word) = match check.outcome {
            Outcome::Ok => (Tone::Good, "ok     "),
            Outcome::Warning => (Tone::Warning, "warning"),
            Outcome::Failed => (Tone::Bad, "failed "),
            Outcome::Skipped => (Tone::Faint, "skipped"),
        };
        let word = terminal.paint(tone, word);
        terminal.result(&format!("{word}  {}: {}", check.name, check.what));
        // What fails after the first failure may be its consequence.
        let is_first_failure = check.outcome == Outcome::Failed && !told;
        told |= is_first_failure;
        if !check.hint.is_empty() && (is_first_failure || check.outcome == Outcome::Warning) {
            let hint = terminal.paint(Tone::Faint, "hint:");
            terminal.result(&format!("         {hint} {}", check.hint));
        }
    }
}
