//! `--wait[=TIME]`: waits until a registry that is being created accepts a credential.
//!
//! A new registry has no hostname for a while. Then it answers 503 or 401 for some minutes, because
//! its DNS entry, its server and its first token spread slowly.

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::SignedDuration;

use crate::config::ConfigFile;
use crate::credential::mint::{self, MintError};
use crate::credential::{self, Lookup};
use crate::docker::registry_login;
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::ionos::account::Account;
use crate::ionos::api::{Api, ApiError};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const FRAME: Duration = Duration::from_millis(125);
const FRAMES: [char; 4] = ['|', '/', '-', '\\'];
const MINUTE: Duration = Duration::from_secs(60);

/// The arguments of commands that can wait.
#[derive(Debug, Args)]
pub(super) struct WaitOptions {
    /// Wait until a new registry accepts a credential, at most TIME [default: 10m]
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10m",
        value_parser = parse_time,
        requires = "host",
    )]
    wait: Option<Duration>,
}

fn parse_time(text: &str) -> Result<Duration, &'static str> {
    let longest = Duration::from_secs(24 * 3600);
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|time| Duration::try_from(time).ok())
        .filter(|time| (SHORTEST_PAUSE..=longest).contains(time))
        .ok_or("use 1s to 24h, such as 90s or 10m")
}

/// Why the registry does not accept a credential.
enum NotReady {
    /// Waiting may help.
    Yet(Failure),
    Ever(Failure),
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
        config: &ConfigFile,
        profile: Option<&str>,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Failure> {
        let Some(time) = self.wait else {
            return Ok(());
        };
        let deadline = Deadline::after(time);
        for host in hosts {
            let mut progress = Progress::new(host, time);
            let mut pause = SHORTEST_PAUSE;
            loop {
                let failure = match attempt(host, config, profile, deadline) {
                    Ok(()) => break,
                    Err(NotReady::Ever(failure)) => {
                        terminal.end_status();
                        return Err(failure.within(&format!("{host} is not ready")));
                    }
                    Err(NotReady::Yet(failure)) => failure,
                };
                if deadline.left() <= pause {
                    terminal.end_status();
                    let context = format!("{host} is not ready after {}", shown(time));
                    return Err(failure.within(&context));
                }
                progress.show(&failure.what, pause, terminal);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            terminal.end_status();
            if progress.lines > 0 {
                let waited = shown(progress.since.elapsed());
                terminal.say(&format!("{host} is ready after {waited}"));
            }
        }
        Ok(())
    }
}

/// What a client does for a pull, and what the API says about the registry before.
fn attempt(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
    deadline: Deadline,
) -> Result<(), NotReady> {
    let settings = config.settings(host, profile).map_err(NotReady::Ever)?;
    let deadline = deadline.at_most(settings.timeout);
    // Without an account there may be a stored login.
    if let Some(account) = Account::choose(&settings).map_err(NotReady::Ever)? {
        let access = account.resolve(Some(host), deadline);
        let api = access.and_then(|access| Api::new(access, deadline));
        let api = api.map_err(|failure| NotReady::Ever(failure.asked_as(account.origin())))?;
        let registry = mint::registry(&api, host, &settings.target).map_err(|err| {
            let failure = err.failure(api.access());
            match err {
                MintError::BeingCreated => NotReady::Yet(failure),
                MintError::Api(err) if !is_refusal(&err) => NotReady::Yet(failure),
                _ => NotReady::Ever(failure.asked_as(account.origin())),
            }
        })?;
        if !registry.is_running() {
            let state = one_line(registry.state.as_deref().unwrap_or_default());
            return Err(NotReady::Yet(Failure::new(
                format!("its state is {state}"),
                "see the DCD, or wait longer: --wait=30m",
            )));
        }
    }
    let Lookup {
        credential,
        cleanup,
    } = credential::get(host, config, profile).map_err(NotReady::Yet)?;
    if let Some(cleanup) = cleanup {
        cleanup.run();
    }
    registry_login::log_in(host, &credential, deadline)
        .map(|_| ())
        .map_err(NotReady::Yet)
}

/// Whether the API will give the same answer the next time.
fn is_refusal(err: &ApiError) -> bool {
    match err {
        ApiError::Unauthorized { .. } | ApiError::Forbidden { .. } | ApiError::NotFound { .. } => {
            true
        }
        ApiError::Refused { status, .. } => *status < 500,
        _ => false,
    }
}

/// Says what is waited for: on a terminal in one line with a spinner, else in a line a minute.
struct Progress<'a> {
    host: &'a RegistryHost,
    time: Duration,
    since: Instant,
    /// How many lines or spinner lines were shown.
    lines: u32,
}

impl<'a> Progress<'a> {
    fn new(host: &'a RegistryHost, time: Duration) -> Self {
        Self {
            host,
            time,
            since: Instant::now(),
            lines: 0,
        }
    }

    fn show(&mut self, reason: &str, pause: Duration, terminal: &mut Terminal<'_>) {
        let (host, reason) = (self.host, one_line(reason));
        if !terminal.shows_status() {
            if self.since.elapsed() >= MINUTE * self.lines {
                let (waited, time) = (shown(self.since.elapsed()), shown(self.time));
                terminal.say(&format!(
                    "{waited} of {time}: {host} is not ready: {reason}"
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
            terminal.status(&format!("{frame} {waited}: {reason}, waiting for {host}"));
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
