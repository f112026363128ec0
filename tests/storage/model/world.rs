//! The program, its home and the API, and their state as the rules need it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rules::registry_id;
use super::step::{Action, Login, Moment, Step};
use crate::support::clock::Clock;
use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, FakeIonos, OTHER_ACCOUNT_TOKEN, RegistrySpec, Token,
};
use crate::support::helper::{Credential, Done, Helper, Home, Started};
use crate::support::strace;

pub(super) const ACCOUNTS: [&str; 2] = [ACCOUNT_TOKEN, OTHER_ACCOUNT_TOKEN];
pub(super) const HOSTS: [&str; 2] = ["one.cr.de-fra.ionos.com", "two.cr.de-fra.ionos.com"];
/// Name of the program and actions of its tokens.
pub(super) const PROFILES: [(&str, &[&str]); 3] = [
    ("docker-credential-ionos", &["pull", "push"]),
    ("docker-credential-ionos-pull", &["pull"]),
    (
        "docker-credential-ionos-deploy",
        &["pull", "push", "delete"],
    ),
];
/// Variables of a `get`. Two of them share a cache entry. The profiles `pull` and `deploy` have their own actions.
pub(super) const SETTINGS: [&[(&str, &str)]; 3] = [
    &[],
    &[("IONOS_CR_ACTIONS", "pull")],
    &[("IONOS_CR_TOKEN_TTL", "1h")],
];
/// A host without steps of its own, for the contact at the end.
pub(super) const CONTACT_HOST: &str = "contact.cr.de-fra.ionos.com";

/// Violation of a rule.
pub(super) type Violation = String;

pub(super) struct World<'a> {
    pub(super) api: FakeIonos,
    pub(super) home: Home,
    pub(super) clock: &'a Clock,
    /// Seconds of the local clock ahead of real time.
    pub(super) local: i64,
    /// Seconds of the API's clock ahead of real time.
    pub(super) server: i64,
    /// Number of changes of the difference between both clocks.
    pub(super) shifts: u32,
    /// Logins that may be stored for each host.
    pub(super) logins: [BTreeSet<Option<(String, String)>>; HOSTS.len()],
    /// Ids of tokens of hosts that were erased afterwards.
    pub(super) erased: BTreeSet<String>,
    /// Ids of tokens of hosts whose erase was interrupted: they may be marked for deletion.
    pub(super) marked: BTreeSet<String>,
    /// Ids of tokens minted without a fault or signal, with host, profile and account.
    pub(super) clean: BTreeMap<String, (usize, usize, usize)>,
    /// Value of `shifts` when a token with this id was minted.
    pub(super) minted_at: BTreeMap<String, u32>,
    /// Number of minted tokens before the current step.
    pub(super) minted: usize,
    /// Id of the token last returned for a host, profile and account.
    pub(super) returned: BTreeMap<(usize, usize, usize), String>,
    pub(super) last: [Option<Credential>; HOSTS.len()],
}

impl<'a> World<'a> {
    pub(super) fn new(clock: &'a Clock) -> Self {
        let api = FakeIonos::builder()
            .account_token(ACCOUNTS[0])
            .account_token(ACCOUNTS[1])
            .private_tokens()
            .registry(RegistrySpec::new("one"))
            .registry(RegistrySpec::new("two"))
            .registry(RegistrySpec::new("contact"))
            .start();
        let home = Home::new();
        home.configure(json!({"profiles": {"deploy": {"actions": PROFILES[2].1}}}));
        Self {
            api,
            home,
            clock,
            local: 0,
            server: 0,
            shifts: 0,
            logins: [BTreeSet::from([None]), BTreeSet::from([None])],
            erased: BTreeSet::new(),
            marked: BTreeSet::new(),
            clean: BTreeMap::new(),
            minted_at: BTreeMap::new(),
            minted: 0,
            returned: BTreeMap::new(),
            last: [None, None],
        }
    }

    pub(super) fn helper(&self, profile: usize, account: usize) -> Helper {
        let helper = self
            .home
            .helper_called(PROFILES[profile].0, &self.api)
            .env("IONOS_TOKEN", ACCOUNTS[account])
            .env("IONOS_CR_TIMEOUT", "800ms");
        self.clock.shift(helper, self.local)
    }

    pub(super) fn run(&mut self, step: &Step) -> Result<(), Violation> {
        for failure in &step.faults {
            self.api.fault(failure.fault());
        }
        let result = self.act(step);
        self.api.clear_faults();
        if !step.faults.is_empty() {
            // A failure is remembered for ten seconds.
            self.pass(11);
        }
        let mut is_clean = step.faults.is_empty() && step.signal.is_none();
        result.map(|succeeded| is_clean &= succeeded)?;
        self.note_new_tokens(step, is_clean);
        self.deletions_are_allowed()?;
        if let (Action::Get { .. }, true) = (&step.action, is_clean) {
            self.at_most_two_live()?;
        }
        Ok(())
    }

    /// Lets time pass, here and at the API.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.local += seconds;
        self.server += seconds;
        self.api.set_clock(self.server);
    }

    /// Runs the action and returns whether all processes succeeded.
    fn act(&mut self, step: &Step) -> Result<bool, Violation> {
        self.api.clear_requests();
        match step.action {
            Action::Wait(seconds) => {
                // Servers finish within the 15 minutes that the program expects.
                self.api.finish_late_requests();
                self.pass(seconds);
                Ok(true)
            }
            Action::SetClock(seconds) => {
                self.local = self.server + seconds;
                self.shifts += 1;
                Ok(true)
            }
            Action::FinishLateRequests => {
                self.api.finish_late_requests();
                Ok(true)
            }
            Action::Get {
                host,
                profile,
                account,
                settings,
                processes,
            } => self.get(step, (host, profile, account), settings, processes),
            Action::Store { host, login } => self.store(step, host, login),
            Action::Erase { host, account } => self.erase(step, host, account),
            Action::List => self.list(step),
            Action::Prune { host, account } => self.prune(step, host, account),
        }
    }

    fn start(
        step: &Step,
        helper: &Helper,
        (args, stdin): (&[&str], &str),
        processes: usize,
    ) -> Result<Vec<Done>, Violation> {
        let mut started: Vec<Started> = (0..processes)
            .map(|number| match step.signal {
                Some((signal, Moment::At(call, n))) if number == 0 => {
                    strace::interrupt(helper, args, stdin, (call, n), signal)
                }
                _ => helper.start(args, stdin),
            })
            .collect();
        if let Some((signal, Moment::After(time))) = step.signal {
            std::thread::sleep(time);
            started[0].signal(signal);
        }
        let done: Vec<Done> = started.drain(..).map(Started::finish).collect();
        for (number, done) in done.iter().enumerate() {
            let is_expected = match done.code {
                Some(code) => code < 2,
                None => number == 0 && step.signal.is_some(),
            };
            if !is_expected {
                return Err(format!("unexpected end: {done:?}"));
            }
        }
        Ok(done)
    }

    fn get(
        &mut self,
        step: &Step,
        key: (usize, usize, usize),
        settings: usize,
        processes: usize,
    ) -> Result<bool, Violation> {
        let (host, profile, account) = key;
        let mut helper = self.helper(profile, account);
        for (name, value) in SETTINGS[settings] {
            helper = helper.env(name, value);
        }
        let all = Self::start(step, &helper, (&["get"], HOSTS[host]), processes)?;
        for done in &all {
            // A client may use the answer of a program that was killed after it.
            let Ok(credential) = serde_json::from_str::<Credential>(&done.stdout) else {
                continue;
            };
            let actions: &[&str] = match (profile, settings) {
                (0, 1) => &["pull"],
                _ => PROFILES[profile].1,
            };
            // One of several processes may return the token that another is replacing.
            let is_crowd = processes > 1;
            self.check_credential(key, actions, is_crowd, &credential)?;
            self.last[host] = Some(credential);
        }
        // Some of several processes may have got the token that a refresh replaced.
        if step.signal.is_some() || !step.faults.is_empty() || processes > 1 {
            self.returned.remove(&key);
        }
        Ok(all.iter().all(|done| done.code == Some(0)))
    }

    fn store(&mut self, step: &Step, host: usize, login: Login) -> Result<bool, Violation> {
        let last = self.last[host].clone();
        let typed = |number: u32| (format!("person-{number}"), format!("typed-{number}"));
        let (username, secret) = match (login, last) {
            (Login::Typed(number), _) => typed(number),
            (Login::Minted, Some(last)) => (last.username, last.secret),
            (Login::Rejected, Some(last)) => (last.username, "wrong".to_owned()),
            (Login::IdentityToken, _) | (_, None) => ("<token>".to_owned(), "identity".to_owned()),
        };
        let input =
            json!({"ServerURL": HOSTS[host], "Username": username, "Secret": secret}).to_string();
        let done = Self::start(step, &self.helper(0, 0), (&["store"], &input), 1)?;
        let stored = done[0].code == Some(0);
        let is_kept = username.starts_with("person-");
        if is_kept {
            let new = Some((username, secret));
            if stored {
                self.logins[host] = BTreeSet::from([new]);
            } else {
                self.logins[host].insert(new);
            }
        }
        if step.signal.is_none() && !stored {
            return Err(format!("store failed: {done:?}"));
        }
        Ok(stored)
    }

    fn erase(&mut self, step: &Step, host: usize, account: usize) -> Result<bool, Violation> {
        let done = Self::start(step, &self.helper(0, account), (&["erase"], HOSTS[host]), 1)?;
        self.returned.retain(|key, _| key.0 != host);
        let of_host = |token: &Token| token.registry_id == registry_id(HOSTS[host]);
        let minted = self.api.minted_tokens().into_iter().filter(of_host);
        let ids: Vec<String> = minted.map(|token| token.id).collect();
        if done[0].code != Some(0) {
            self.logins[host].insert(None);
            self.marked.extend(ids);
            if step.signal.is_none() {
                return Err(format!("erase failed: {done:?}"));
            }
            return Ok(false);
        }
        self.logins[host] = BTreeSet::from([None]);
        self.erased.extend(ids);
        Ok(true)
    }

    fn list(&mut self, step: &Step) -> Result<bool, Violation> {
        let done = Self::start(step, &self.helper(0, 0), (&["list"], ""), 1)?;
        if step.signal.is_some() {
            return Ok(done[0].code == Some(0));
        }
        let Ok(Value::Object(hosts)) = serde_json::from_str(&done[0].stdout) else {
            return Err(format!("list failed: {done:?}"));
        };
        for (host, username) in &hosts {
            let number = HOSTS.iter().position(|known| known == host);
            let logins = number.map(|number| &self.logins[number]);
            let is_stored = logins.is_some_and(|logins| {
                logins
                    .iter()
                    .flatten()
                    .any(|(stored, _)| stored == username)
            });
            let is_cached = self
                .api
                .minted_tokens()
                .iter()
                .any(|token| token.name == *username && !self.erased.contains(&token.id));
            if !is_stored && !is_cached {
                return Err(format!("list shows {username} for {host}"));
            }
        }
        Ok(true)
    }

    fn prune(&mut self, step: &Step, host: usize, account: usize) -> Result<bool, Violation> {
        let live = self.live();
        let args = ["prune", HOSTS[host], "--yes"];
        let done = Self::start(step, &self.helper(0, account), (&args, ""), 1)?;
        let left = self.live();
        for id in self.returned.values() {
            if live.contains_key(id) && !left.contains_key(id) && !self.marked.contains(id) {
                return Err(format!("prune deleted {}, which is in use", live[id].name));
            }
        }
        Ok(done[0].code == Some(0))
    }

    pub(super) fn live(&self) -> BTreeMap<String, Token> {
        let tokens = self.api.tokens().into_iter();
        tokens.map(|token| (token.id.clone(), token)).collect()
    }

    fn note_new_tokens(&mut self, step: &Step, is_clean: bool) {
        let minted = self.api.minted_tokens();
        for token in &minted[self.minted..] {
            self.minted_at.insert(token.id.clone(), self.shifts);
            if let Action::Get {
                host,
                profile,
                account,
                ..
            } = step.action
                && is_clean
            {
                let key = (host, profile, account);
                self.clean.insert(token.id.clone(), key);
            }
        }
        self.minted = minted.len();
    }
}
