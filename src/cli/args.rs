//! The arguments: one definition for parsing, help, man page and completions.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const MORE: &str = "\
Account (first found wins):
  the registry's entry in config.json: tokenFile, tokenCommand or ionosProfile
  IONOS_TOKEN                      an IONOS API token (\"ionosctl token generate\" makes one)
  IONOS_TOKEN_FILE                 a file with such a token
  IONOS_USERNAME, IONOS_PASSWORD   for accounts without two-factor authentication
  \"defaults\" in config.json
  IONOS_CONFIG_FILE, else the configuration of ionosctl or the SDKs (profile: IONOS_CURRENT_PROFILE)
Also read: IONOS_CONTRACT_NUMBER, IONOS_API_URL, IONOS_PINNED_CERT, SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY

Settings (most can be set for each registry in config.json):
  IONOS_CR_CONFIG            path of config.json
  IONOS_CR_ACTIONS           pull, push, delete or *, separated by commas [default: pull,push]
  IONOS_CR_REPOSITORIES      repositories or patterns, separated by commas [default: *]
  IONOS_CR_TOKEN_TTL         lifetime of a token, at least 1h [default: 12h]
  IONOS_CR_TIMEOUT           time limit of a get [default: 8s]
  IONOS_CR_CACHE_DIR         directory of the cache
  IONOS_CR_DISABLE_CACHE     true: do not cache
  IONOS_CR_REVOKE_ON_ERASE   false: do not revoke tokens on erase
  IONOS_CR_ON_ERROR          not-found: answer \"not found\" when a get fails [default: fail]
  IONOS_CR_LOG               debug: write debug lines to stderr

Configure Docker in ~/.docker/config.json:
  {\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}";

/// Docker credential helper for the IONOS Cloud Container Registry
///
/// Docker, podman, skopeo and others call get, store, erase and list. The other commands are for
/// people.
#[derive(Debug, Parser)]
#[command(
    name = "docker-credential-ionos",
    version,
    // The version command has aliases that clap's flag would not allow.
    disable_version_flag = true,
    arg_required_else_help = false,
    subcommand_required = true,
    after_help = MORE,
    styles = STYLES,
    max_term_width = 100,
)]
pub struct Arguments {
    /// Use a profile: "pull", "push" or one from config.json
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs of Docker's protocol, and the version.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print the credential for a registry; mint a token if none is cached
    ///
    /// Without HOST, read the server URL from stdin, as Docker sends it.
    #[command(after_help = example!("get demo.cr.de-fra.ionos.com"))]
    Get {
        /// The registry
        host: Option<String>,
    },
    /// Store the login on stdin (for docker login)
    #[command(after_help = example!("store <login.json"))]
    Store,
    /// Remove the credentials of the server URL on stdin and revoke its tokens (for docker logout)
    #[command(
        after_help = "Example:\n  echo demo.cr.de-fra.ionos.com | docker-credential-ionos erase"
    )]
    Erase,
    /// Print the hosts with stored or cached credentials, as Docker reads them
    #[command(after_help = example!("list"))]
    List,
    /// Print the version (also --version, -v)
    #[command(after_help = example!("version"))]
    Version,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A verb.
    #[command(flatten)]
    Verb(Verb),
    /// Set this program as Docker's credential helper for your registries
    ///
    /// Adds each HOST to credHelpers in Docker's config.json and changes nothing else there.
    #[command(after_help = example!("configure-docker demo.cr.de-fra.ionos.com"))]
    ConfigureDocker(commands::configure_docker::Options),
    /// Print a Docker config.json with a login, for programs that cannot run a helper
    #[command(after_help = example!("docker-config demo.cr.de-fra.ionos.com >/kaniko/.docker/config.json"))]
    DockerConfig(commands::docker_config::Options),
    /// Print user name and password as environment variables
    #[command(after_help = example!("env demo.cr.de-fra.ionos.com\n\nIn a shell:\n  eval \"$(docker-credential-ionos env demo.cr.de-fra.ionos.com)\""))]
    Env(commands::env::Options),
    /// Log in a client that stores credentials itself
    ///
    /// The password is passed through a pipe, never as an argument.
    #[command(after_help = example!("login --with helm demo.cr.de-fra.ionos.com"))]
    Login(commands::login::Options),
    /// Show stored and cached credentials, when they expire, and which clients use them
    ///
    /// Reads only local files.
    #[command(after_help = example!("status"))]
    Status(commands::status::Options),
    /// Check the path from Docker to the registry and suggest fixes
    ///
    /// Exits with 0 only if no check failed.
    #[command(after_help = example!("doctor demo.cr.de-fra.ionos.com"))]
    Doctor(commands::doctor::Options),
    /// List the tokens this program minted, as the API reports them
    #[command(after_help = example!("tokens demo.cr.de-fra.ionos.com"))]
    Tokens(commands::tokens::Options),
    /// Delete unused tokens created on this machine
    #[command(after_help = example!("prune --dry-run demo.cr.de-fra.ionos.com"))]
    Prune(commands::prune::Options),
    /// Serve a kubelet as its image credential provider, or check its configuration
    ///
    /// The kubelet sends its request on stdin. Tokens can only pull, unless a profile says otherwise.
    #[command(alias = "get-credentials", after_help = example!("kubelet --check /etc/kubernetes/credential-provider-config.yaml"))]
    Kubelet(commands::kubelet::Options),
    /// Print a pull secret for Kubernetes
    ///
    /// Its token can only pull, unless a profile says otherwise.
    #[command(
        visible_alias = "k8s",
        after_help = example!("kubernetes-manifest demo.cr.de-fra.ionos.com |\n    kubectl apply --server-side -f -")
    )]
    KubernetesManifest(commands::kubernetes_manifest::Options),
    /// Keep a pull secret fresh from a job inside the cluster
    ///
    /// Mints a token when less than half of the Secret's lifetime is left, and updates the Secret in
    /// place.
    #[command(after_help = example!("kubernetes-apply --namespace shop --service-account default \\\n    demo.cr.de-fra.ionos.com"))]
    KubernetesApply(commands::kubernetes_apply::Options),
    /// Print a completion script for a shell
    #[command(after_help = example!("completions bash \\\n    >~/.local/share/bash-completion/completions/docker-credential-ionos"))]
    Completions(commands::completions::Options),
}

impl Verb {
    /// What it reads from stdin, for a person who calls it in a terminal.
    pub fn input(&self) -> Option<&'static str> {
        match self {
            Self::Get { host: None } => Some("the registry's host (or pass it: get HOST)"),
            Self::Erase => Some("the registry's host"),
            Self::Store => Some("a login as docker login sends it"),
            _ => None,
        }
    }
}

/// The definition of all arguments, for the man page and the completions.
pub fn definition() -> clap::Command {
    Arguments::command()
}
