//! `--wait [TIME]`: waits until a registry that is being created accepts a credential.
//!
//! A new registry has no hostname for a while. Then it answers 503 or 401 for some minutes, because
//! its DNS entry, its server and its first token spread slowly.

use std::ffi::OsString;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::SignedDuration;

use super::Session;
use crate::credential::mint::{self, MintError};
use crate::credential::{self, Cleanup};
use crate::docker::registry_login;
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::ionos::account::Account;
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The last attempt starts this long before the time is over.
const LAST_ATTEMPT: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(125);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
const MINUTE: Duration = Duration::from_secs(60);

/// The arguments of commands that can wait.
#[derive(Debug, Args)]
pub(super) struct WaitOptions {
    /// Wait until a new registry accepts a credential, at most TIME [default: 10m]
    #[arg(long, value_name = "TIME", num_args = 0..=1, value_parser = parse_limit)]
    wait: Option<Limit>,
}

/// How long to wait, from the start of the program.
#[derive(Debug, Clone, Copy)]
struct Limit {
    time: Duration,
    deadline: Deadline,
}

fn parse_limit(text: &str) -> Result<Limit, &'static str> {
    let longest = Duration::from_secs(24 * 3600);
    let time = text.parse::<SignedDuration>().ok();
    let time = time.and_then(|time| Duration::try_from(time).ok());
    let time = time.filter(|time| (SHORTEST_PAUSE..=longest).contains(time));
    time.map(|time| Limit {
        time,
        deadline: Deadline::after(time),
    })
    .ok_or("use 1s to 24h, such as 90s or 10m")
}

/// Gives each `--wait` without a TIME its default. clap would take HOST in `--wait HOST` as TIME.
pub fn with_default_time(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    for n in 0..args.len() {
        let next = args.get(n + 1).and_then(|next| next.to_str());
        let has_time = next.is_some_and(|it| {
            // Bare digits are a TIME without its unit, not a host.
            it.parse::<SignedDuration>().is_ok() || it.bytes().all(|byte| byte.is_ascii_digit())
        });
        if args[n] == "--wait" && !has_time {
            args[n] = "--wait=10m".into();
        }
    }
    args
}

impl WaitOptions {
    /// Whether the user asked to wait.
    pub(super) fn is_set(&self) -> bool {
        self.wait.is_some()
    }

    /// Waits for each host. Fails if the time is over or waiting cannot help.
    pub(super) fn wait_for(
        &self,
        hosts: &[RegistryHost],
        session: &Session<'_>,
    ) -> Result<(), Failure> {
        if let Some(limit) = &self.wait {
            for host in hosts {
                let attempt = || log_in(host, session, limit.deadline);
                self.until(host.as_str(), &session.terminal, attempt)?;
            }
        }
        Ok(())
    }

    /// Repeats `attempt` until it succeeds, fails for good, or the time is over. Without `--wait`
    /// there is one attempt.
    pub(super) fn until<T>(
        &self,
        subject: &str,
        terminal: &Terminal,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(limit) = &self.wait else {
            return attempt();
        };
        let mut progress = Progress {
            terminal,
            subject,
            time: limit.time,
            since: Instant::now(),
            lines: 0,
        };
        let mut pause = SHORTEST_PAUSE;
        let outcome = loop {
            let failure = match attempt() {
                Ok(done) => break Ok(done),
                Err(failure) if failure.is_permanent => {
                    break Err(failure.within(&format!("{subject} is not ready")));
                }
                Err(failure) => failure,
            };
            let left = limit.deadline.left();
            // The failure of an attempt that had too little time would hide this one.
            let until_last_attempt = left.saturating_sub(LAST_ATTEMPT);
            if until_last_attempt.is_zero() {
                progress.show(&failure.what, left);
                let context = format!("{subject} is not ready after {}", shown(limit.time));
                break Err(failure.within(&context));
            }
            progress.show(&failure.what, pause.min(until_last_attempt));
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        terminal.end_status();
        if outcome.is_ok() && progress.lines > 0 {
            let waited = shown(progress.since.elapsed());
            terminal.say(&format!("{subject} is ready after {waited}"));
        }
        outcome
    }
}

/// Logs in as a client does for a pull, once the API says that the registry runs.
fn log_in(host: &RegistryHost, session: &Session<'_>, deadline: Deadline) -> Result<(), Failure> {
    let (config, profile) = (session.config()?, session.profile);
    let settings = config.settings(host, profile);
    let settings = settings.map_err(Failure::permanently)?;
    let deadline = deadline.at_most(settings.timeout);
    // Without an account there may be a stored login.
    if let Some(account) = Account::choose(&settings).map_err(Failure::permanently)? {
        let api = account.connect(Some(host), deadline);
        let api = api.map_err(|failure| failure.asked_as(account.origin()).permanently())?;
        let registry = mint::registry(&api, host, &settings.target).map_err(|err| {
            let failure = err.failure(api.access());
            match err {
                MintError::BeingCreated(_) => failure,
                MintError::Api(err) if err.may_pass() => failure,
                _ => failure.asked_as(account.origin()).permanently(),
            }
        })?;
        if !registry.is_running() {
            let state = one_line(registry.state.as_deref().unwrap_or_default());
            let state = format!("its state is {state}");
            return Err(if registry.is_lost() {
                Failure::new(state, "see the DCD").permanently()
            } else {
                Failure::new(state, "see the DCD, or wait longer: --wait 30m")
            });
        }
    }
    let lookup = credential::get(host, config, profile)?;
    let outcome = registry_login::log_in(host, &lookup.credential, deadline);
    let cleanup = lookup.cleanup.into_iter();
    cleanup.for_each(Cleanup::run_without_client);
    outcome.map(drop)
}

/// Shows what is waited for: on a terminal one line with a spinner, else one line a minute.
struct Progress<'a> {
    terminal: &'a Terminal,
    subject: &'a str,
    time: Duration,
    since: Instant,
    /// How many lines or spinner lines were shown.
    lines: u32,
}

impl Progress<'_> {
    fn show(&mut self, reason: &str, pause: Duration) {
        let (terminal, subject, reason) = (self.terminal, self.subject, one_line(reason));
        if !terminal.shows_status() {
            if self.since.elapsed() >= MINUTE * self.lines {
                let (waited, time) = (shown(self.since.elapsed()), shown(self.time));
                terminal.say(&format!(
                    "{waited} of {time}: {subject} is not ready: {reason}"
                ));
                self.lines += 1;
            }
            thread::sleep(pause);
            return;
        }
        self.lines += 1;
        let until = Deadline::after(pause);
        for frame in FRAMES.iter().cycle() {
            let waited = shown(self.since.elapsed());
            terminal.status(&format!(
                "{frame} {waited}: {reason}, waiting for {subject}"
            ));
            if until.passed() {
                break;
            }
            thread::sleep(FRAME.min(until.left()));
        }
    }
}

/// `2 min 5 s`.
fn shown(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
