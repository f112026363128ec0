//! `kubelet`: the image credential provider, and `kubelet --check` of its configuration.

use std::path::PathBuf;

use clap::Args;

use crate::error::Failure;
use crate::kubernetes::kubelet::{self, check};
use crate::terminal::Terminal;

/// What `kubelet` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// Instead check a configuration of image credential providers, a file or a directory, as a
    /// kubelet reads it
    #[arg(long, value_name = "CONFIG")]
    check: Option<PathBuf>,
}

/// Answers a kubelet, or checks its configuration.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    if let Some(path) = &options.check {
        let report = check::read(path)?;
        for warning in &report.warnings {
            terminal.warn(warning);
        }
        for finding in &report.findings {
            terminal.result(&finding.to_string());
        }
        if report.findings.is_empty() {
            terminal.result(&format!("{}: a kubelet accepts this", path.display()));
        }
        return Ok(report.findings.is_empty());
    }
    if terminal.is_interactive() {
        terminal.say("waiting for a request as a kubelet sends it; end with Ctrl-D");
    }
    Ok(terminal.protocol(|stdin| kubelet::answer(stdin, profile)))
}
