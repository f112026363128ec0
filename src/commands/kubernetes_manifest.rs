//! `kubernetes-manifest HOST…`: a pull secret for `kubectl apply`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};

use super::Session;
use super::hosts::{self, Credentials};
use crate::client_config::{self, AuthEntry};
use crate::config::Places;
use crate::credential;
use crate::env;
use crate::error::Failure;
use crate::kubernetes::{self, Document, Metadata, Name};
use crate::registry_host::RegistryHost;
use crate::terminal::Terminal;

/// The default name of the Secret.
const NAME: &str = "ionos-registry";

/// Arguments of `kubernetes-manifest`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registries
    #[arg(value_name = "HOST", required = true)]
    hosts: Vec<String>,
    #[command(flatten)]
    secret: SecretOptions,
    /// The namespace of the Secret [default: that of kubectl]
    #[arg(short, long, value_name = "NAMESPACE", value_parser = Name::of_namespace)]
    namespace: Option<Name>,
    /// What to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Secret)]
    format: Format,
}

/// Options of the Secret, for `kubernetes-apply` too.
#[derive(Debug, Args)]
pub(super) struct SecretOptions {
    /// The name of the Secret
    #[arg(long, value_name = "NAME", default_value = NAME)]
    pub(super) name: Name,
    /// A label of the Secret; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = kubernetes::label)]
    pub(super) labels: Vec<(String, String)>,
}

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A Secret for imagePullSecrets, Flux and others, as YAML
    Secret,
    /// The payload of the Secret: {"auths":…} on one line
    Dockerconfigjson,
    /// A Helm chart repository for Argo CD, as YAML
    Argocd,
}

/// Prints the manifest.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let SecretOptions { name, labels } = &options.secret;
    let labels = kubernetes::labels(labels)?;
    let namespace = options.namespace.as_ref();
    let is_bare = name.as_str() == NAME && labels.is_empty() && namespace.is_none();
    if options.format == Format::Dockerconfigjson && !is_bare {
        return Err(Failure::new(
            "--format dockerconfigjson cannot have --name, --namespace or --label",
            "remove them, or use --format secret",
        ));
    }
    let hosts = hosts::parse_all(&options.hosts, session.config()?)?;
    let argocd_names = match options.format {
        Format::Argocd => argocd_names(name, &hosts)?,
        _ => Vec::new(),
    };
    let credentials = get(&hosts, false, session)?;
    let metadata = Metadata {
        name,
        namespace,
        labels: &labels,
        expires_at: expires_at(&credentials),
        settings: None,
    };
    if options.format != Format::Dockerconfigjson {
        print_head(&metadata, &mut session.terminal);
    }
    let documents = match options.format {
        Format::Secret => vec![Document::pull_secret(&metadata, &payload(&credentials)?).yaml()],
        Format::Dockerconfigjson => vec![payload(&credentials)?],
        Format::Argocd => {
            let logins = credentials.logins.iter().zip(&argocd_names);
            logins
                .map(|((host, credential), name)| {
                    let metadata = Metadata {
                        name,
                        expires_at: credential.expires_at,
                        ..metadata
                    };
                    Document::argocd(&metadata, host, credential).yaml()
                })
                .collect()
        }
    };
    for (n, document) in documents.iter().enumerate() {
        if n > 0 {
            session.terminal.result("---");
        }
        let document = document.expose_secret().trim_end();
        session.terminal.credential(document);
    }
    credentials.tidy_up_printed(&session.terminal);
    Ok(true)
}

/// Credentials for a cluster. They can only pull unless a profile allows more.
///
/// `force` mints. Otherwise a cached token is used if it is valid for at least half of the lifetime
/// that is set: in a cluster nothing replaces it before it expires.
pub(super) fn get(
    hosts: &[RegistryHost],
    force: bool,
    session: &mut Session<'_>,
) -> Result<Credentials, Failure> {
    let (config, profile) = (session.config()?, session.profile);
    Credentials::each(hosts, session, |host| {
        let profile = kubernetes::profile(host, config, profile);
        if !force {
            let lookup = credential::get(host, config, profile)?;
            let lifetime = config.settings(host, profile)?.token_ttl.as_secs();
            let half = i64::try_from(lifetime / 2).unwrap_or(i64::MAX);
            let is_long = |end: i64| end.saturating_sub(env::now()) >= half;
            if lookup.credential.expires_at.is_none_or(is_long) {
                return Ok(lookup);
            }
        }
        let without_cache = Places {
            cache: None,
            ..Places::find()?
        };
        credential::get_in(&without_cache, Duration::MAX, host, config, profile)
    })
}

/// When the first of them expires. A stored login does not expire.
pub(super) fn expires_at(credentials: &Credentials) -> Option<i64> {
    let logins = credentials.logins.iter();
    logins
        .filter_map(|(_, credential)| credential.expires_at)
        .min()
}

/// The payload that `kubectl create secret docker-registry` creates.
pub(super) fn payload(credentials: &Credentials) -> Result<SecretString, Failure> {
    client_config::auths(&credentials.logins, AuthEntry::Kubectl)
}

/// The names of the Secrets: Argo CD needs one for each registry.
fn argocd_names(name: &Name, hosts: &[RegistryHost]) -> Result<Vec<Name>, Failure> {
    if hosts.len() == 1 {
        return Ok(vec![name.clone()]);
    }
    let names = hosts.iter().map(|host| name.with_suffix(host.as_str()));
    names
        .map(|name| {
            name.parse().map_err(|why: &str| {
                Failure::new(
                    format!("'{name}' is not a valid name: {why}"),
                    "choose a shorter --name",
                )
            })
        })
        .collect()
}

/// Comments for people who find the file.
fn print_head(metadata: &Metadata<'_>, terminal: &mut Terminal) {
    // Client-side apply would store a second copy of the secret in an annotation.
    terminal.result(
        "# docker-credential-ionos kubernetes-manifest … | kubectl apply --server-side -f -",
    );
    if let Some(expires_at) = metadata.expires_at {
        terminal.result(&format!("# expires {}", env::rfc3339(expires_at)));
    }
}
