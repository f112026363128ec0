//! `kubernetes-apply HOST…`: keeps a pull secret fresh from inside the cluster.
//!
//! Nothing is minted before some namespace has said, in a dry run, that it would take it: a job
//! that lacks a right would otherwise leave a token behind at every run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::hosts;
use super::kubernetes_manifest::{self as manifest, SecretOptions};
use crate::config::ConfigFile;
use crate::env;
use crate::error::Failure;
use crate::kubernetes::{
    self, Applied, Document, InCluster, Labels, Metadata, Name, Namespace, SERVICE_ACCOUNT_DIR,
    SecretRef,
};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// What `kubernetes-apply` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// The registries
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
    #[command(flatten)]
    secret: SecretOptions,
    /// A namespace to have the Secret in; may be given again [default: the pod's own]
    #[arg(short, long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<Namespace>,
    /// A service account of each namespace to pull with the Secret; may be given again
    #[arg(long = "service-account", value_name = "NAME")]
    service_accounts: Vec<Name>,
    /// Ask the cluster whether it would take it; mint and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the pod's token, ca.crt and namespace are
    #[arg(long, value_name = "DIR", default_value = SERVICE_ACCOUNT_DIR, hide = true)]
    service_account_dir: PathBuf,
}

/// Brings every namespace up to date. One that fails does not stop the others.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let (name, labels) = (options.secret.name()?, options.secret.labels()?);
    let config = ConfigFile::load()?;
    let hosts = hosts::parse_all(&options.hosts, &config)?;
    let in_cluster = InCluster::find(&options.service_account_dir)?;
    let mut refresh = Refresh {
        options,
        half_life: half_life(&hosts, &config, profile)?,
        hosts,
        name: &name,
        labels: &labels,
        in_cluster: &in_cluster,
        all_well: true,
    };
    let states = refresh.look(terminal)?;
    if !options.dry_run && states.iter().any(|(_, state)| *state == State::Due) {
        refresh.mint_for(&states, &config, profile, terminal)?;
    }
    refresh.add_to_service_accounts(&states, terminal);
    Ok(refresh.all_well)
}

/// What is to be done in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing: its Secret is what is wanted and in the first half of its life.
    Fresh,
    /// It needs another Secret, and would take it.
    Due,
}

struct Refresh<'a> {
    options: &'a Options,
    hosts: Vec<RegistryHost>,
    name: &'a Name,
    labels: &'a Labels,
    in_cluster: &'a InCluster,
    half_life: Duration,
    all_well: bool,
}

impl<'a> Refresh<'a> {
    /// Each namespace once that can be gone on with, and its state.
    fn look(
        &mut self,
        terminal: &mut Terminal<'_>,
    ) -> Result<Vec<(&'a Namespace, State)>, Failure> {
        let mut given: Vec<&'a Namespace> = Vec::new();
        for namespace in &self.options.namespaces {
            if !given.contains(&namespace) {
                given.push(namespace);
            }
        }
        if given.is_empty() {
            given.extend(&self.in_cluster.namespace);
        }
        if given.is_empty() {
            return Err(Failure::new(
                "no namespace was given, and the pod does not know its own",
                "give --namespace",
            ));
        }
        let mut states = Vec::new();
        for namespace in given {
            match self.state(namespace, terminal) {
                Ok(state) => states.push((namespace, state)),
                Err(failure) => self.fail(&failure, terminal),
            }
        }
        Ok(states)
    }

    fn state(
        &self,
        namespace: &'a Namespace,
        terminal: &mut Terminal<'_>,
    ) -> Result<State, Failure> {
        let target = self.target(namespace);
        let dry_run = self.options.dry_run;
        let good_until = target
            .read()?
            .and_then(|present| present.good_until(&self.hosts, self.labels))
            .filter(|end| {
                let left = end.saturating_sub(env::now());
                u64::try_from(left).is_ok_and(|left| left > self.half_life.as_secs())
            });
        if let (Some(end), false) = (good_until, dry_run) {
            let end = kubernetes::date(end);
            terminal.result(&format!(
                "{}: unchanged, expires {end}",
                self.line(namespace)
            ));
            return Ok(State::Fresh);
        }
        let placeholder = Document::pull_secret(
            &self.metadata(namespace, None),
            &r#"{"auths":{}}"#.to_owned().into(),
        );
        let applied = target.apply(&placeholder, true)?;
        if dry_run {
            let would = match (applied, good_until) {
                (Applied::Created, _) => "would be created".into(),
                (_, None) => "would be refreshed".into(),
                (_, Some(end)) => {
                    let end = kubernetes::date(end);
                    format!("could be refreshed; is good for now, expires {end}")
                }
            };
            terminal.result(&format!("{}: {would} (dry run)", self.line(namespace)));
        }
        Ok(State::Due)
    }

    /// One token for all: were those left out that are still fresh, namespaces would drift apart
    /// until each had tokens of its own. The outgoing token is left to expire, because pods that
    /// are pulling hold it.
    fn mint_for(
        &mut self,
        states: &[(&'a Namespace, State)],
        config: &ConfigFile,
        profile: Option<&str>,
        terminal: &mut Terminal<'_>,
    ) -> Result<(), Failure> {
        let credentials = manifest::get(&self.hosts, config, profile, terminal)?;
        let payload = manifest::payload(&credentials);
        let expires_at = manifest::expires_at(&credentials);
        let until = match expires_at {
            Some(end) => format!("expires {}", kubernetes::date(end)),
            None => "does not expire".into(),
        };
        for (namespace, _) in states {
            let document = Document::pull_secret(&self.metadata(namespace, expires_at), &payload);
            match self.target(namespace).apply(&document, false) {
                Ok(applied) => {
                    let done = if applied == Applied::Created {
                        "created"
                    } else {
                        "refreshed"
                    };
                    terminal.result(&format!("{}: {done}, {until}", self.line(namespace)));
                }
                Err(failure) => self.fail(&failure, terminal),
            }
        }
        credentials.tidy_up();
        Ok(())
    }

    fn add_to_service_accounts(
        &mut self,
        states: &[(&'a Namespace, State)],
        terminal: &mut Terminal<'_>,
    ) {
        let dry_run = self.options.dry_run;
        for (namespace, _) in states {
            for account in &self.options.service_accounts {
                let done = match self.target(namespace).add_to(account, dry_run) {
                    Ok(Applied::Unchanged) => "unchanged",
                    Ok(_) if dry_run => "would be changed (dry run)",
                    Ok(_) => "changed",
                    Err(failure) => {
                        self.fail(&failure, terminal);
                        continue;
                    }
                };
                terminal.result(&format!("{namespace}: service account {account}: {done}"));
            }
        }
    }

    fn target(&self, namespace: &'a Namespace) -> SecretRef<'a> {
        SecretRef {
            in_cluster: self.in_cluster,
            namespace,
            name: self.name,
        }
    }

    fn metadata(&self, namespace: &'a Namespace, expires_at: Option<i64>) -> Metadata<'a> {
        Metadata {
            name: self.name,
            namespace: Some(namespace),
            labels: self.labels,
            expires_at,
        }
    }

    fn line(&self, namespace: &Namespace) -> String {
        format!("{namespace}: secret {}", self.name)
    }

    fn fail(&mut self, failure: &Failure, terminal: &mut Terminal<'_>) {
        self.all_well = false;
        terminal.fail(failure);
    }
}

/// Half of the life a token is given, by the shortest where registries differ.
fn half_life(
    hosts: &[RegistryHost],
    config: &ConfigFile,
    profile: Option<&str>,
) -> Result<Duration, Failure> {
    let mut life = Duration::MAX;
    for host in hosts {
        let profile = kubernetes::profile(host, config, profile);
        life = life.min(config.settings(host, profile)?.token_ttl);
    }
    Ok(life / 2)
}
