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
    self, Applied, Document, InCluster, Labels, Metadata, Name, SERVICE_ACCOUNT_DIR, SecretRef,
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
    let (name, labels) = (options.secret.name()?, options.secret.labels()?);
    let config = session.config()?;
    let hosts = hosts::parse_all(&options.hosts, config)?;
    let in_cluster = InCluster::find(&options.service_account_dir)?;
    let (settings, lifetime) = settings(&hosts, config, session.profile)?;
    let mut refresh = Refresh {
        options,
        hosts,
        settings,
        lifetime,
        name: &name,
        labels: &labels,
        in_cluster: &in_cluster,
        succeeded: true,
    };
    let states = refresh.states(&mut session.terminal)?;
    if options.dry_run {
        refresh.print_dry_run(&states, &mut session.terminal);
    } else if states.iter().any(State::is_due) {
        refresh.mint_and_write(&states, session)?;
    } else {
        refresh.print_unchanged(&states, &mut session.terminal);
    }
    refresh.add_to_service_accounts(&states, &mut session.terminal);
    Ok(refresh.succeeded)
}

/// The Secret of one namespace.
struct State<'a> {
    namespace: &'a Name,
    /// When its credential expires, if it is fresh.
    fresh_until: Option<i64>,
    /// The result of the dry run, which a fresh Secret does not need.
    dry_run: Option<Applied>,
}

impl State<'_> {
    fn is_due(&self) -> bool {
        self.fresh_until.is_none()
    }
}

struct Refresh<'a> {
    options: &'a Options,
    hosts: Vec<RegistryHost>,
    /// What the credentials depend on, for the fingerprint.
    settings: String,
    /// The shortest lifetime of a token.
    lifetime: Duration,
    name: &'a Name,
    labels: &'a Labels,
    in_cluster: &'a InCluster,
    succeeded: bool,
}

impl<'a> Refresh<'a> {
    /// The state of each namespace that accepts the Secret.
    fn states(&mut self, terminal: &mut Terminal<'_>) -> Result<Vec<State<'a>>, Failure> {
        let mut namespaces: Vec<&'a Name> = Vec::new();
        for namespace in &self.options.namespaces {
            if !namespaces.contains(&namespace) {
                namespaces.push(namespace);
            }
        }
        if namespaces.is_empty() {
            namespaces.extend(&self.in_cluster.namespace);
        }
        if namespaces.is_empty() {
            return Err(Failure::new(
                "no --namespace was given, and the pod does not know its own namespace",
                "give --namespace",
            ));
        }
        let mut states = Vec::new();
        for namespace in namespaces {
            match self.state(namespace) {
                Ok(state) => states.push(state),
                Err(failure) => self.fail(&failure, terminal),
            }
        }
        Ok(states)
    }

    fn state(&self, namespace: &'a Name) -> Result<State<'a>, Failure> {
        let secret = self.secret(namespace);
        let existing = secret.read()?;
        let expires_at = existing.and_then(|it| it.expires_at(&self.settings, self.labels));
        // Another program wrote a date that is later than any mint sets.
        let lifetime = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let fresh = lifetime / 2 + 1..=lifetime.saturating_mul(2);
        let fresh_until = expires_at
            .filter(|end| fresh.contains(&end.saturating_sub(env::now())))
            .filter(|_| !self.options.force);
        let dry_run = if fresh_until.is_none() || self.options.dry_run {
            let placeholder = r#"{"auths":{}}"#.to_owned().into();
            let placeholder = Document::pull_secret(&self.metadata(namespace), &placeholder);
            Some(secret.apply(&placeholder, true)?)
        } else {
            None
        };
        Ok(State {
            namespace,
            fresh_until,
            dry_run,
        })
    }

    fn print_dry_run(&self, states: &[State<'_>], terminal: &mut Terminal<'_>) {
        for state in states {
            let result = match (state.dry_run, state.fresh_until) {
                (_, Some(end)) => format!("could be refreshed; {}", expires(Some(end))),
                (Some(Applied::Created), None) => "would be created".into(),
                (_, None) => "would be refreshed".into(),
            };
            self.print(state.namespace, &format!("{result} (dry run)"), terminal);
        }
    }

    fn print_unchanged(&self, states: &[State<'_>], terminal: &mut Terminal<'_>) {
        for state in states {
            let result = format!("unchanged, {}", expires(state.fresh_until));
            self.print(state.namespace, &result, terminal);
        }
    }

    /// Mints once for all namespaces. If fresh ones were left out, each would have its own token
    /// after a while. The old token is left to expire, because running pulls use it.
    fn mint_and_write(
        &mut self,
        states: &[State<'a>],
        session: &mut Session<'_>,
    ) -> Result<(), Failure> {
        let force = self.options.force;
        let credentials = manifest::get(&self.hosts, force, session)?;
        let payload = manifest::payload(&credentials)?;
        let expires_at = manifest::expires_at(&credentials);
        // A stored login has no end, and its password may be weak: no hash of it is written.
        let mut logins = credentials.logins.iter();
        let all_expire = logins.all(|(_, login)| login.expires_at.is_some());
        let mut is_in_use = false;
        for state in states {
            let metadata = Metadata {
                expires_at,
                settings: all_expire.then_some(&self.settings),
                ..self.metadata(state.namespace)
            };
            let document = Document::pull_secret(&metadata, &payload);
            match self.secret(state.namespace).apply(&document, false) {
                Ok(applied) => {
                    let done = match applied {
                        Applied::Created => "created",
                        Applied::Changed | Applied::Unchanged => "refreshed",
                    };
                    let result = format!("{done}, {}", expires(expires_at));
                    self.print(state.namespace, &result, &mut session.terminal);
                    is_in_use = true;
                }
                Err(failure) => {
                    is_in_use |= self.may_be_in_place(state.namespace, expires_at);
                    self.fail(&failure, &mut session.terminal);
                }
            }
        }
        // Otherwise the drop revokes new tokens that are not cached.
        if is_in_use {
            credentials.tidy_up();
        }
        Ok(())
    }

    /// Whether a Secret may be in place although the cluster's answer was a failure.
    fn may_be_in_place(&self, namespace: &Name, expires_at: Option<i64>) -> bool {
        match self.secret(namespace).read() {
            Ok(found) => {
                let found = found.and_then(|it| it.expires_at(&self.settings, self.labels));
                found.is_some() && found == expires_at
            }
            Err(_) => true,
        }
    }

    fn add_to_service_accounts(&mut self, states: &[State<'a>], terminal: &mut Terminal<'_>) {
        let dry_run = self.options.dry_run;
        for State { namespace, .. } in states {
            for account in &self.options.service_accounts {
                let result = match self.secret(namespace).add_to(account, dry_run) {
                    Ok(Applied::Unchanged) => "unchanged",
                    Ok(_) if dry_run => "would be changed (dry run)",
                    Ok(_) => "changed",
                    Err(failure) => {
                        self.fail(&failure, terminal);
                        continue;
                    }
                };
                terminal.result(&format!("{namespace}: service account {account}: {result}"));
            }
        }
    }

    fn secret(&self, namespace: &'a Name) -> SecretRef<'a> {
        SecretRef {
            in_cluster: self.in_cluster,
            namespace,
            name: self.name,
        }
    }

    fn metadata(&self, namespace: &'a Name) -> Metadata<'_> {
        Metadata {
            name: self.name,
            namespace: Some(namespace),
            labels: self.labels,
            expires_at: None,
            settings: None,
        }
    }

    fn print(&self, namespace: &Name, result: &str, terminal: &mut Terminal<'_>) {
        terminal.result(&format!("{namespace}: secret {}: {result}", self.name));
    }

    fn fail(&mut self, failure: &Failure, terminal: &mut Terminal<'_>) {
        self.succeeded = false;
        terminal.fail(failure);
    }
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
) -> Result<(String, Duration), Failure> {
    let (mut all, mut lifetime) = (Vec::new(), Duration::MAX);
    for host in hosts {
        let profile = kubernetes::profile(host, config, profile);
        let settings = config.settings(host, profile)?;
        lifetime = lifetime.min(settings.token_ttl);
        all.push(serde_json::json!([
            host.as_str(),
            settings.profile,
            settings.scopes,
            settings.target,
            settings.token_ttl.as_secs(),
        ]));
    }
    Ok((serde_json::Value::Array(all).to_string(), lifetime))
}
