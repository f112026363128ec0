//! What the checks found.

use serde::Serialize;

use crate::error::Failure;

/// The checks of one registry, in the order of the chain. `--json` prints an array of these.
/// Members and checks may be added.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// The registry; `null` if none is known here.
    pub(super) host: Option<String>,
    pub(super) checks: Vec<Check>,
}

/// One link of the chain.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// `program`, `docker`, `settings`, `account`, `account token`, `api`, `registry`, `allow list`,
    /// `token`, `login` or `clock`.
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
    /// What was found.
    pub(super) what: String,
    /// What mends it; empty if there is nothing to mend.
    pub(super) hint: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    /// Works, and will not always.
    Warning,
    Failed,
    /// Could not be looked at.
    Skipped,
}

impl Report {
    pub(super) fn is_well(&self) -> bool {
        let mut outcomes = self.checks.iter().map(|check| check.outcome);
        outcomes.all(|outcome| outcome != Outcome::Failed)
    }

    pub(super) fn ok(&mut self, name: &'static str, what: impl Into<String>) {
        self.add(name, Outcome::Ok, Failure::new(what, ""));
    }

    pub(super) fn skipped(&mut self, name: &'static str, why: impl Into<String>) {
        self.add(name, Outcome::Skipped, Failure::new(why, ""));
    }

    pub(super) fn warning(&mut self, name: &'static str, warning: Failure) {
        self.add(name, Outcome::Warning, warning);
    }

    pub(super) fn failed(&mut self, name: &'static str, failure: Failure) {
        self.add(name, Outcome::Failed, failure);
    }

    fn add(&mut self, name: &'static str, outcome: Outcome, found: Failure) {
        self.checks.push(Check {
            name,
            outcome,
            what: found.what,
            hint: found.hint,
        });
    }
}
