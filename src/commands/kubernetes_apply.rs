//! `kubernetes-apply HOST…`: keeps a pull secret fresh from inside the cluster.
//!
//! A token is minted only after a namespace has accepted the Secret in a dry run. Otherwise a job
//! without the needed rights would create a token at every run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::kubernetes_manifest::{self as manifest, SecretOptions};
use super::{Session, hosts};
use crate::config::ConfigFile;
use crate::env;
use crate::error::Failure;
use crate::kubernetes::{
    self, Cluster, Document, Labels, Metadata, Name, SERVICE_ACCOUNT_DIR, SecretRef,
};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// The default time for a mint. No user waits for a job, and an aborted mint may leave a token
/// behind: the pod has no disk to record it on.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Arguments of `kubernetes-apply`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registries
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
    #[command(flatten)]
    secret: SecretOptions,
    /// A namespace for the Secret; may be repeated [default: the pod's own]
    #[arg(short, long = "namespace", value_name = "NAMESPACE", value_parser = Name::of_namespace)]
    namespaces: Vec<Name>,
    /// Add the Secret to the imagePullSecrets of this service account in each namespace; may be repeated
    #[arg(long = "service-account", value_name = "NAME")]
    service_accounts: Vec<Name>,
    /// Mint a token and write the Secret even if it is fresh
    #[arg(long)]
    force: bool,
    /// Check that the cluster accepts the Secret; mint and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The directory of the pod's token, ca.crt and namespace
    #[arg(long, value_name = "DIR", default_value = SERVICE_ACCOUNT_DIR, hide = true)]
    service_account_dir: PathBuf,
}

/// Updates every namespace. A failure in one does not stop the others.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let labels = kubernetes::labels(&options.secret.labels)?;
    let config = session.config()?;
    let hosts = hosts::parse_all(&options.hosts, config)?;
    let cluster = Cluster::of_pod(&options.service_account_dir)?;
    let (settings, lifetime) = settings(&hosts, config, session.profile)?;
    let refresh = Refresh {
        options,
        hosts,
        settings,
        lifetime,
        labels: &labels,
    };
    let states = refresh.states(&cluster, &session.terminal)?;
    if !options.dry_run && states.iter().any(|state| state.fresh_until.is_none()) {
        refresh.mint_and_write(&states, session)?;
    } else {
        for state in &states {
            let expires = expires(state.fresh_until);
            let result = match (state.would_create, state.fresh_until) {
                (None, _) => format!("unchanged, {expires}"),
                (_, Some(_)) => format!("could be refreshed; {expires} (dry run)"),
                (Some(true), None) => "would be created (dry run)".into(),
                (_, None) => "would be refreshed (dry run)".into(),
            };
            print(state.secret, &result, &mut session.terminal);
        }
    }
    refresh.add_to_service_accounts(&states, &mut session.terminal);
    Ok(true)
}

/// The Secret of one namespace.
struct State<'a> {
    secret: SecretRef<'a>,
    /// When its credential expires, if it is fresh.
    fresh_until: Option<i64>,
    /// Whether the dry run created it. A fresh Secret needs no dry run.
    would_create: Option<bool>,
}

struct Refresh<'a> {
    options: &'a Options,
    hosts: Vec<RegistryHost>,
    /// What the credentials depend on, for the fingerprint.
    settings: String,
    /// The shortest lifetime of a token, in seconds.
    lifetime: i64,
    labels: &'a Labels,
}

impl<'a> Refresh<'a> {
    /// The state of each namespace that accepts the Secret.
    fn states(&self, cluster: &'a Cluster, terminal: &Terminal) -> Result<Vec<State<'a>>, Failure> {
        let mut namespaces: Vec<&'a Name> = Vec::new();
        for namespace in &self.options.namespaces {
            if !namespaces.contains(&namespace) {
                namespaces.push(namespace);
            }
        }
        if namespaces.is_empty() {
            namespaces.push(cluster.namespace.as_ref().ok_or_else(|| {
                Failure::new(
                    "no --namespace was given, and the namespace of the pod is unknown",
                    "give --namespace",
                )
            })?);
        }
        let mut states = Vec::new();
        for namespace in namespaces {
            let secret = SecretRef {
                cluster,
                namespace,
                name: &self.options.secret.name,
            };
            match self.state(secret) {
                Ok(state) => states.push(state),
                Err(failure) => terminal.fail(&failure),
            }
        }
        Ok(states)
    }

    fn state(&self, secret: SecretRef<'a>) -> Result<State<'a>, Failure> {
        // A date that is later than any mint sets was written by another program.
        let fresh = self.lifetime / 2 + 1..=self.lifetime.saturating_mul(2);
        let fresh_until = self
            .expires_at(secret)?
            .filter(|end| fresh.contains(&end.saturating_sub(env::now())))
            .filter(|_| !self.options.force);
        let mut would_create = None;
        if fresh_until.is_none() || self.options.dry_run {
            let placeholder = r#"{"auths":{}}"#.to_owned().into();
            let placeholder = Document::pull_secret(&self.metadata(secret), &placeholder);
            would_create = Some(secret.apply(&placeholder, true)?);
        }
        Ok(State {
            secret,
            fresh_until,
            would_create,
        })
    }

    /// When the credential in the cluster expires, if it was written with these settings.
    fn expires_at(&self, secret: SecretRef<'_>) -> Result<Option<i64>, Failure> {
        let existing = secret.read()?;
        Ok(existing.and_then(|it| it.expires_at(&self.settings, self.labels)))
    }

    /// Mints once for all namespaces. If fresh ones were left out, each would have its own token
    /// after a while. The old token is left to expire, because running pulls use it.
    fn mint_and_write(
        &self,
        states: &[State<'a>],
        session: &mut Session<'_>,
    ) -> Result<(), Failure> {
        let credentials = manifest::get(&self.hosts, self.options.force, session)?;
        let payload = manifest::payload(&credentials)?;
        let expires_at = manifest::expires_at(&credentials);
        // A stored login does not expire, and its password may be weak: no hash of it is written.
        let mut logins = credentials.logins.iter();
        let all_expire = logins.all(|(_, login)| login.expires_at.is_some());
        let mut is_in_use = false;
        for State { secret, .. } in states {
            let metadata = Metadata {
                expires_at,
                settings: all_expire.then_some(self.settings.as_str()),
                ..self.metadata(*secret)
            };
            match secret.apply(&Document::pull_secret(&metadata, &payload), false) {
                Ok(is_created) => {
                    let done = if is_created { "created" } else { "refreshed" };
                    let result = format!("{done}, {}", expires(expires_at));
                    print(*secret, &result, &mut session.terminal);
                    is_in_use = true;
                }
                Err(failure) => {
                    // It may be in place although the cluster's answer was a failure.
                    is_in_use |= self
                        .expires_at(*secret)
                        .map_or(true, |found| found.is_some() && found == expires_at);
                    session.terminal.fail(&failure);
                }
            }
        }
        // Otherwise the drop revokes new tokens that are not cached.
        if is_in_use {
            credentials.tidy_up();
        }
        Ok(())
    }

    fn add_to_service_accounts(&self, states: &[State<'_>], terminal: &mut Terminal) {
        let dry_run = self.options.dry_run;
        for State { secret, .. } in states {
            for account in &self.options.service_accounts {
                let result = match secret.add_to(account, dry_run) {
                    Ok(false) => "unchanged",
                    Ok(true) if dry_run => "would be changed (dry run)",
                    Ok(true) => "changed",
                    Err(failure) => {
                        terminal.fail(&failure);
                        continue;
                    }
                };
                let namespace = secret.namespace;
                terminal.result(&format!("{namespace}: service account {account}: {result}"));
            }
        }
    }

    fn metadata(&self, secret: SecretRef<'a>) -> Metadata<'_> {
        Metadata {
            name: secret.name,
            namespace: Some(secret.namespace),
            labels: self.labels,
            expires_at: None,
            settings: None,
        }
    }
}

fn print(secret: SecretRef<'_>, result: &str, terminal: &mut Terminal) {
    let (namespace, name) = (secret.namespace, secret.name);
    terminal.result(&format!("{namespace}: secret {name}: {result}"));
}

fn expires(at: Option<i64>) -> String {
    at.map_or_else(
        || "does not expire".into(),
        |at| format!("expires {}", env::rfc3339(at)),
    )
}

/// What the credentials depend on, and the shortest lifetime of a token.
fn settings(
    hosts: &[RegistryHost],
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<(String, i64), Failure> {
    let (mut all, mut lifetime) = (Vec::new(), i64::MAX);
    for host in hosts {
        let profile = kubernetes::profile(host, config, profile);
        let settings = config.settings(host, profile)?;
        let ttl = settings.token_ttl.as_secs();
        lifetime = lifetime.min(ttl.try_into().unwrap_or(i64::MAX));
        all.push(serde_json::json!([
            host.as_str(),
            settings.profile,
            settings.scopes,
            settings.target,
            ttl,
        ]));
    }
    Ok((serde_json::Value::Array(all).to_string(), lifetime))
}
