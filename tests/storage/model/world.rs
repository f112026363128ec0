//! The program, its home and the API, and what must hold after every step.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

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
/// A host without steps of its own, for the contact at the end.
const CONTACT_HOST: &str = "contact.cr.de-fra.ionos.com";

/// Violation of a rule.
pub(super) type Violation = String;

pub(super) struct World<'a> {
    api: FakeIonos,
    home: Home,
    clock: &'a Clock,
    /// Seconds of the local clock ahead of real time.
    local: i64,
    /// Seconds of the API's clock ahead of real time.
    server: i64,
    /// Number of changes of the difference between both clocks.
    shifts: u32,
    /// Logins that may be stored for each host.
    logins: [BTreeSet<Option<(String, String)>>; HOSTS.len()],
    /// Ids of tokens of hosts that were erased afterwards.
    erased: BTreeSet<String>,
    /// Ids of tokens minted without a fault or signal.
    clean: BTreeSet<String>,
    /// Value of `shifts` when a token with this id was minted.
    minted_at: BTreeMap<String, u32>,
    /// Number of minted tokens before the current step.
    minted: usize,
    /// Id of the token last returned for a host, profile and account.
    returned: BTreeMap<(usize, usize, usize), String>,
    last: [Option<Credential>; HOSTS.len()],
}

impl<'a> World<'a> {
    pub(super) fn new(clock: &'a Clock) -> Self {
        let api = FakeIonos::builder()
            .account_token(ACCOUNTS[0])
            .account_token(ACCOUNTS[1])
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
            clean: BTreeSet::new(),
            minted_at: BTreeMap::new(),
            minted: 0,
            returned: BTreeMap::new(),
            last: [None, None],
        }
    }

    fn helper(&self, profile: usize, account: usize) -> Helper {
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
        let mut is_clean = step.faults.is_empty() && step.signal.is_none();
        result.map(|succeeded| is_clean &= succeeded)?;
        self.note_new_tokens(is_clean);
        self.deletions_are_allowed(step)?;
        if let (Action::Get { .. }, true) = (&step.action, is_clean) {
            self.at_most_two_live()?;
        }
        Ok(())
    }

    /// Runs the action and returns whether all processes succeeded.
    fn act(&mut self, step: &Step) -> Result<bool, Violation> {
        self.api.clear_requests();
        match step.action {
            Action::Wait(seconds) => {
                // Servers finish within the 15 minutes that the program allows them.
                self.api.finish_late_requests();
                self.local += seconds;
                self.server += seconds;
                self.api.set_clock(self.server);
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
                processes,
            } => self.get(step, host, (profile, account), processes),
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
        host: usize,
        (profile, account): (usize, usize),
        processes: usize,
    ) -> Result<bool, Violation> {
        let helper = self.helper(profile, account);
        let all = Self::start(step, &helper, (&["get"], HOSTS[host]), processes)?;
        let key = (host, profile, account);
        if step.signal.is_some() || !step.faults.is_empty() {
            self.returned.remove(&key);
        }
        for done in &all {
            // A client may use the answer of a program that was killed after it.
            let Ok(credential) = serde_json::from_str::<Credential>(&done.stdout) else {
                continue;
            };
            self.check_credential(key, &credential)?;
            self.last[host] = Some(credential);
        }
        Ok(all.iter().all(|done| done.code == Some(0)))
    }

    /// No foreign, expired or erased credential is returned, and a stored login wins.
    fn check_credential(
        &mut self,
        key: (usize, usize, usize),
        credential: &Credential,
    ) -> Result<(), Violation> {
        let (host, profile, account) = key;
        let pair = (credential.username.clone(), credential.secret.clone());
        if self.logins[host].contains(&Some(pair.clone())) {
            self.logins[host] = BTreeSet::from([Some(pair)]);
            return Ok(());
        }
        let minted = self.api.minted_tokens();
        let is_token = |token: &&Token| (&token.name, &token.password) == (&pair.0, &pair.1);
        let Some(token) = minted.iter().find(is_token) else {
            return Err(format!("{} was neither stored nor minted", pair.0));
        };
        if !self.logins[host].contains(&None) {
            return Err(format!(
                "{} was returned in place of the stored login",
                pair.0
            ));
        }
        self.logins[host] = BTreeSet::from([None]);
        if token.registry_id != registry_id(HOSTS[host]) {
            return Err(format!("{} belongs to another registry", pair.0));
        }
        if token.created_by != bearer(account) {
            return Err(format!("{} belongs to another account", pair.0));
        }
        if token.scopes[0]["actions"] != json!(PROFILES[profile].1) {
            return Err(format!("{} has the scopes {}", pair.0, token.scopes));
        }
        if self.erased.contains(&token.id) {
            return Err(format!("{} was returned after an erase", pair.0));
        }
        // The program learns of a shift at the next contact with the API.
        let shifts = self.minted_at.get(&token.id);
        let is_noticed = shifts.is_none_or(|shifts| *shifts == self.shifts);
        if is_noticed && !token.is_live(self.api.now()) {
            return Err(format!("{} has expired", pair.0));
        }
        self.returned.insert(key, token.id.clone());
        Ok(())
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
        if done[0].code != Some(0) {
            self.logins[host].insert(None);
            if step.signal.is_none() {
                return Err(format!("erase failed: {done:?}"));
            }
            return Ok(false);
        }
        self.logins[host] = BTreeSet::from([None]);
        let of_host = |token: &Token| token.registry_id == registry_id(HOSTS[host]);
        let minted = self.api.minted_tokens().into_iter().filter(of_host);
        self.erased.extend(minted.map(|token| token.id));
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
            if live.contains_key(id) && !left.contains_key(id) {
                return Err(format!("prune deleted {}, which is in use", live[id].name));
            }
        }
        Ok(done[0].code == Some(0))
    }

    fn live(&self) -> BTreeMap<String, Token> {
        let tokens = self.api.tokens().into_iter();
        tokens.map(|token| (token.id.clone(), token)).collect()
    }

    fn note_new_tokens(&mut self, is_clean: bool) {
        let minted = self.api.minted_tokens();
        for token in &minted[self.minted..] {
            self.minted_at.insert(token.id.clone(), self.shifts);
            if is_clean {
                self.clean.insert(token.id.clone());
            }
        }
        self.minted = minted.len();
    }

    /// Tokens are deleted with the credentials of the account that created them.
    fn deletions_are_allowed(&self, step: &Step) -> Result<(), Violation> {
        if matches!(step.action, Action::Prune { .. }) {
            return Ok(());
        }
        let minted = self.api.minted_tokens();
        for request in self.api.requests() {
            let id = request.path.rsplit('/').next().unwrap_or_default();
            let token = minted.iter().find(|token| token.id == id);
            let sender = request.header("authorization").unwrap_or_default();
            match token {
                _ if request.method != "DELETE" => {}
                None => return Err(format!("DELETE of {id}, which was never minted")),
                Some(token) if token.created_by != sender => {
                    return Err(format!("{} was deleted with another account", token.name));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Of a host, profile and account there are at most two live tokens, except doubtful and
    /// erased ones.
    fn at_most_two_live(&self) -> Result<(), Violation> {
        let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for token in self.live().into_values() {
            if self.clean.contains(&token.id) && !self.erased.contains(&token.id) {
                let group = (
                    token.registry_id,
                    token.created_by,
                    token.scopes.to_string(),
                );
                groups.entry(group).or_default().push(token.name);
            }
        }
        match groups.into_values().find(|names| names.len() > 2) {
            Some(names) => Err(format!("more than two live tokens: {names:?}")),
            None => Ok(()),
        }
    }

    /// 16 minutes later, one contact for each account and an erase of each host leave no token.
    pub(super) fn end(&mut self) -> Result<(), Violation> {
        self.api.finish_late_requests();
        self.local += 16 * 60;
        self.server += 16 * 60;
        self.api.set_clock(self.server);
        for account in 0..ACCOUNTS.len() {
            let helper = self.helper(0, account).env("IONOS_CR_TIMEOUT", "8s");
            let done = helper.get(CONTACT_HOST);
            if done.code != Some(0) {
                return Err(format!("a healthy get failed: {done:?}"));
            }
        }
        for account in 0..ACCOUNTS.len() {
            for host in HOSTS.iter().chain([&CONTACT_HOST]) {
                let done = self.helper(0, account).erase(host);
                if done.code != Some(0) {
                    return Err(format!("erase failed: {done:?}"));
                }
            }
        }
        let orphans: Vec<String> = self.live().into_values().map(|it| it.name).collect();
        if !orphans.is_empty() {
            let files = self.home.files();
            return Err(format!("orphaned tokens {orphans:?}; files {files:#?}"));
        }
        Ok(())
    }
}

fn registry_id(host: &str) -> String {
    let (name, _) = host.split_once('.').unwrap();
    RegistrySpec::new(name).id
}

fn bearer(account: usize) -> String {
    format!("Bearer {}", ACCOUNTS[account])
}
