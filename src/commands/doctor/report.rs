//! What the checks found, and its two formats: lines and JSON.

use serde::Serialize;

use crate::error::Failure;
use crate::registry_host::RegistryHost;
use crate::terminal::{Terminal, Tone};

/// The width of the outcome and the space after it.
const INDENT: usize = 9;

/// What a check found. A check has one finding or more.
#[derive(Debug)]
pub(super) enum Finding {
    Ok(String),
    /// Works now, and may fail later or for another client.
    Warning(Failure),
    Failed(Failure),
    /// Could not be checked, with the reason.
    Skipped(String),
}

/// The findings for one registry, in the order of the checks. `--json` prints an array of these.
/// Members and checks may be added.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// `null` if no registry is known here.
    host: Option<String>,
    checks: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    /// The check's name. A check with several findings has several lines.
    name: &'static str,
    outcome: Outcome,
    /// What was found.
    what: String,
    /// What to do about it; empty if there is nothing to do.
    hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Warning,
    Failed,
    Skipped,
}

impl Report {
    pub(super) fn new(host: Option<&RegistryHost>) -> Self {
        Self {
            host: host.map(ToString::to_string),
            checks: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, name: &'static str, findings: impl Iterator<Item = Finding>) {
        self.checks.extend(findings.map(|finding| {
            let (outcome, what, hint) = match finding {
                Finding::Ok(what) => (Outcome::Ok, what, String::new()),
                Finding::Warning(it) => (Outcome::Warning, it.what_and_said(), it.hint),
                Finding::Failed(it) => (Outcome::Failed, it.what_and_said(), it.hint),
                Finding::Skipped(why) => (Outcome::Skipped, why, String::new()),
            };
            Line {
                name,
                outcome,
                what,
                hint,
            }
        }));
    }

    /// Whether no check failed.
    pub(super) fn has_no_failure(&self) -> bool {
        let mut outcomes = self.checks.iter().map(|line| line.outcome);
        outcomes.all(|outcome| outcome != Outcome::Failed)
    }

    pub(super) fn show(&self, with_host: bool, terminal: &mut Terminal<'_>) {
        if with_host {
            terminal.result_in_tones(&[(Tone::Strong, self.host.as_deref().unwrap_or_default())]);
        }
        for line in &self.checks {
            let (tone, word) = match line.outcome {
                Outcome::Ok => (Tone::Good, "ok     "),
                Outcome::Warning => (Tone::Warning, "warning"),
                Outcome::Failed => (Tone::Bad, "failed "),
                Outcome::Skipped => (Tone::Faint, "skipped"),
            };
            let what = format!("{}: {}", line.name, line.what);
            let mut lines = wrap(&what, terminal.width().saturating_sub(INDENT)).into_iter();
            let first = format!("  {}", lines.next().unwrap_or_default());
            terminal.result_in_tones(&[(tone, word), (Tone::Plain, &first)]);
            for line in lines {
                terminal.result(&format!("{:INDENT$}{line}", ""));
            }
            // In one line, because it may be a command to copy.
            if !line.hint.is_empty() {
                terminal.result_in_tones(&[
                    (Tone::Plain, &format!("{:INDENT$}", "")),
                    (Tone::Faint, "hint:"),
                    (Tone::Plain, &format!(" {}", line.hint)),
                ]);
            }
        }
    }
}

/// Lines of at most `width` columns, if no word is longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width
        });
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn text_is_wrapped_at_spaces() {
        for (width, lines) in [
            (3, &["a", "bcdef", "g h"][..]),
            (7, &["a bcdef", "g h"]),
            (usize::MAX, &["a bcdef g h"]),
        ] {
            assert_eq!(wrap("a bcdef g h", width), lines);
        }
    }
}
