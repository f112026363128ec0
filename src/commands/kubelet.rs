//! `kubelet`: the image credential provider, and the check of its configuration.

use std::path::PathBuf;

use clap::Args;

use super::Session;
use crate::error::Failure;
use crate::kubernetes::kubelet::{self, check};

/// Arguments of `kubelet`.
#[derive(Debug, Args)]
pub struct Options {
    /// Check this program's entry in a kubelet's image credential provider configuration, a file or
    /// a directory
    #[arg(long, value_name = "CONFIG")]
    check: Option<PathBuf>,
}

/// Answers a request of the kubelet, or checks its configuration.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let (profile, terminal) = (session.profile, &mut session.terminal);
    if let Some(path) = &options.check {
        let report = check::read(path)?;
        for warning in &report.warnings {
            terminal.warn(warning);
        }
        for error in &report.errors {
            terminal.result(&error.to_string());
        }
        if report.errors.is_empty() {
            terminal.result(&format!(
                "{}: no problems found in the entry of docker-credential-ionos; the kubelet may refuse more",
                path.display()
            ));
        }
        return Ok(report.errors.is_empty());
    }
    if terminal.is_interactive() {
        terminal.say("waiting for a kubelet's request on stdin; press Ctrl-D to end it");
    }
    Ok(terminal.reply(kubelet::answer(profile)))
}
