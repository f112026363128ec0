//! What the checks found, and its two formats: lines and JSON.

use serde::Serialize;

use crate::error::Failure;
use crate::registry_host::RegistryHost;
use crate::terminal::{Terminal, Tone};

/// The width of the outcome and the space after it.
const INDENT: usize = 9;

/// What a check returned, or the name of the failed check without which it has nothing to return.
pub(super) type Needed<T> = Result<T, &'static str>;

/// What a check returns to those that need it, and what it found.
pub(super) type Checked<T> = Result<(T, Finding), Failure>;

/// What a check found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    outcome: Outcome,
    what: String,
    /// What to do about it; empty if there is nothing to do.
    hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    /// Works now, and may fail later or for another client.
    Warning,
    Failed,
    /// Could not be checked.
    Skipped,
}

impl Finding {
    fn of(outcome: Outcome, failure: Failure) -> Self {
        Self {
            outcome,
            what: failure.what_and_said(),
            hint: failure.hint,
        }
    }

    pub(super) fn passed(what: impl Into<String>) -> Self {
        Self::of(Outcome::Ok, Failure::new(what, ""))
    }

    pub(super) fn warning(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Failure::new(what, hint).into()
    }

    pub(super) fn failed(failure: Failure) -> Self {
        Self::of(Outcome::Failed, failure)
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::of(Outcome::Skipped, Failure::new(why, ""))
    }

    pub(super) fn without(check: &str) -> Self {
        Self::skipped(format!("check '{check}' failed"))
    }
}

/// A warning.
impl From<Failure> for Finding {
    fn from(failure: Failure) -> Self {
        Self::of(Outcome::Warning, failure)
    }
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
    #[serde(flatten)]
    finding: Finding,
}

impl Report {
    pub(super) fn new(host: Option<&RegistryHost>) -> Self {
        Self {
            host: host.map(ToString::to_string),
            checks: Vec::new(),
        }
    }

    /// Runs a check, unless the one that it needs failed.
    pub(super) fn check<'a, N, T>(
        &mut self,
        name: &'static str,
        needed: &'a Needed<N>,
        run: impl FnOnce(&'a N) -> Checked<T>,
    ) -> Needed<T> {
        let (value, finding) = match needed.as_ref().map(run) {
            Ok(Ok((value, finding))) => (Ok(value), finding),
            Ok(Err(failure)) => (Err(name), Finding::failed(failure)),
            Err(failed) => (Err(*failed), Finding::without(failed)),
        };
        self.add(name, [finding]);
        value
    }

    /// Like [`Self::check`], for a check that no other needs.
    pub(super) fn check_last<'a, N>(
        &mut self,
        name: &'static str,
        needed: &'a Needed<N>,
        run: impl FnOnce(&'a N) -> Result<Finding, Failure>,
    ) {
        let _ = self.check(name, needed, |it| Ok(((), run(it)?)));
    }

    pub(super) fn add(&mut self, name: &'static str, findings: impl IntoIterator<Item = Finding>) {
        let lines = findings.into_iter();
        self.checks
            .extend(lines.map(|finding| Line { name, finding }));
    }

    /// Whether no check failed.
    pub(super) fn has_no_failure(&self) -> bool {
        let mut outcomes = self.checks.iter().map(|line| line.finding.outcome);
        outcomes.all(|outcome| outcome != Outcome::Failed)
    }

    pub(super) fn show(&self, with_host: bool, terminal: &mut Terminal) {
        if with_host {
            terminal.result_in_tones(&[(Tone::Strong, self.host.as_deref().unwrap_or_default())]);
        }
        for Line { name, finding } in &self.checks {
            let (tone, word) = match finding.outcome {
                Outcome::Ok => (Tone::Good, "ok     "),
                Outcome::Warning => (Tone::Warning, "warning"),
                Outcome::Failed => (Tone::Bad, "failed "),
                Outcome::Skipped => (Tone::Faint, "skipped"),
            };
            let what = format!("{name}: {}", finding.what);
            let mut lines = wrap(&what, terminal.width().saturating_sub(INDENT)).into_iter();
            let first = format!("  {}", lines.next().unwrap_or_default());
            terminal.result_in_tones(&[(tone, word), (Tone::Plain, &first)]);
            for line in lines {
                terminal.result(&format!("{:INDENT$}{line}", ""));
            }
            // In one line, because it may be a command to copy.
            if !finding.hint.is_empty() {
                let (indent, hint) = (" ".repeat(INDENT), format!(" {}", finding.hint));
                terminal.result_in_tones(&[
                    (Tone::Plain, indent.as_str()),
                    (Tone::Faint, "hint:"),
                    (Tone::Plain, &hint),
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
