//! Rules that are checked after each step and at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::world::{ACCOUNTS, CONTACT_HOST, HOSTS, Violation, World};
use crate::support::fake_ionos::{RegistrySpec, Token};
use crate::support::helper::Credential;

impl World<'_> {
    /// No foreign, expired or erased credential is returned, and a stored login wins.
    pub(super) fn check_credential(
        &mut self,
        key: (usize, usize, usize),
        actions: &[&str],
        is_crowd: bool,
        credential: &Credential,
    ) -> Result<(), Violation> {
        let (host, _, account) = key;
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
        if token.scopes[0]["actions"] != json!(actions) {
            return Err(format!("{} has the scopes {}", pair.0, token.scopes));
        }
        if self.erased.contains(&token.id) {
            return Err(format!("{} was returned after an erase", pair.0));
        }
        // The program notices a shift at the next contact with the API.
        let shifts = self.minted_at.get(&token.id);
        let is_noticed = shifts.is_none_or(|shifts| *shifts == self.shifts);
        if is_noticed && !token.is_live(self.api.now()) {
            return Err(format!("{} has expired", pair.0));
        }
        let is_deleted = token.is_live(self.api.now()) && !self.live().contains_key(&token.id);
        if is_deleted && !is_crowd {
            return Err(format!("{} was returned after its deletion", pair.0));
        }
        self.returned.insert(key, token.id.clone());
        Ok(())
    }

    /// Tokens are deleted with the credentials of the account that created them.
    pub(super) fn deletions_are_allowed(&self) -> Result<(), Violation> {
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
    pub(super) fn at_most_two_live(&self) -> Result<(), Violation> {
        let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for token in self.live().into_values() {
            if let Some(key) = self.clean.get(&token.id)
                && !self.erased.contains(&token.id)
            {
                groups.entry(key).or_default().push(token.name);
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
        self.pass(16 * 60);
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

pub(super) fn registry_id(host: &str) -> String {
    let (name, _) = host.split_once('.').unwrap();
    RegistrySpec::new(name).id
}

fn bearer(account: usize) -> String {
    format!("Bearer {}", ACCOUNTS[account])
}
