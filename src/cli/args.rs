//! The arguments, as clap reads them: one definition for parsing, help, man page and completions.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;

/// Help in the terminal's own colours.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const MORE: &str = "\
Account (the first that is found):
  config.json, the registry's entry: tokenFile, tokenCommand or ionosProfile
  IONOS_TOKEN                      an IONOS API token (\"ionosctl token generate\" makes one)
  IONOS_TOKEN_FILE                 a file with one
  IONOS_USERNAME, IONOS_PASSWORD   for accounts without two-factor authentication
  config.json, defaults
  IONOS_CONFIG_FILE, else the configuration of ionosctl or the SDKs (IONOS_CURRENT_PROFILE)
with IONOS_CONTRACT_NUMBER, IONOS_API_URL, IONOS_PINNED_CERT, SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY

Settings (config.json has most of them for each registry):
  IONOS_CR_CONFIG            another config.json
  IONOS_CR_ACTIONS           pull, push, delete or *, by commas [default: pull,push]
  IONOS_CR_REPOSITORIES      repositories or patterns, by commas [default: *]
  IONOS_CR_TOKEN_TTL         life of a token, 1h or more [default: 12h]
  IONOS_CR_TIMEOUT           longest time for a get [default: 8s]
  IONOS_CR_CACHE_DIR         where minted credentials are cached
  IONOS_CR_DISABLE_CACHE     true: cache nothing
  IONOS_CR_REVOKE_ON_ERASE   false: leave tokens alive on erase
  IONOS_CR_ON_ERROR          not-found: a failed get answers \"not found\" [default: fail]
  IONOS_CR_LOG               debug: say on stderr what is done

Configure Docker in ~/.docker/config.json:
  {\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}";

/// Docker credential helper for the IONOS Cloud Container Registry
///
/// Docker, podman, skopeo and others call get, store, erase and list. All other commands are for
/// people.
#[derive(Debug, Parser)]
#[command(
    name = "docker-credential-ionos",
    version,
    // Docker's helpers answer to both.
    disable_version_flag = true,
    arg_required_else_help = false,
    subcommand_required = true,
    infer_subcommands = false,
    after_help = MORE,
    styles = STYLES,
    max_term_width = 100,
)]
pub struct Arguments {
    /// Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the credential for a registry, minting a token if need be
    ///
    /// Without HOST the server URL is read from stdin, as Docker sends it.
    #[command(after_help = example!("get demo.cr.de-fra.ionos.com"))]
    Get {
        /// The registry
        host: Option<String>,
    },
    /// Keep the login on stdin (for docker login)
    #[command(after_help = example!("store <login.json"))]
    Store,
    /// Forget the server URL on stdin and revoke its tokens (for docker logout)
    #[command(
        after_help = "Example:\n  echo demo.cr.de-fra.ionos.com | docker-credential-ionos erase"
    )]
    Erase,
    /// Print the hosts there are credentials for, as Docker reads them
    #[command(after_help = example!("list"))]
    List,
    /// Print the version (also --version, -v)
    #[command(after_help = example!("version"))]
    Version,
    /// Make Docker ask this program for the registries of your account
    ///
    /// Adds each HOST to credHelpers in Docker's config.json and touches nothing else there.
    #[command(after_help = example!("configure-docker demo.cr.de-fra.ionos.com"))]
    ConfigureDocker(commands::configure_docker::Options),
    /// Print a config.json with a login, for what cannot run a helper
    #[command(after_help = example!("docker-config demo.cr.de-fra.ionos.com >/kaniko/.docker/config.json"))]
    DockerConfig(commands::docker_config::Options),
    /// Print user name and password as variables
    #[command(after_help = example!("env demo.cr.de-fra.ionos.com\n\nIn a shell:\n  eval \"$(docker-credential-ionos env demo.cr.de-fra.ionos.com)\""))]
    Env(commands::env::Options),
    /// Log a client in that keeps credentials itself
    ///
    /// The password goes through a pipe, never through an argument.
    #[command(after_help = example!("login --with helm demo.cr.de-fra.ionos.com"))]
    Login(commands::login::Options),
    /// Show what is held here, until when, and who asks for it
    ///
    /// Asks nobody: what is shown is what is on disk.
    #[command(after_help = example!("status"))]
    Status(commands::status::Options),
    /// Check each link from Docker to the registry, and say what mends it
    ///
    /// Exit code 0 only if nothing failed.
    #[command(after_help = example!("doctor demo.cr.de-fra.ionos.com"))]
    Doctor(commands::doctor::Options),
    /// Show the tokens this program minted, live from the API
    #[command(after_help = example!("tokens demo.cr.de-fra.ionos.com"))]
    Tokens(commands::tokens::Options),
    /// Delete this machine's tokens that nothing here holds
    #[command(after_help = example!("prune --dry-run demo.cr.de-fra.ionos.com"))]
    Prune(commands::prune::Options),
    /// Answer a kubelet as its image credential provider, or check how one is configured
    ///
    /// A kubelet sends its request on stdin. Tokens may only pull, unless a profile says otherwise.
    #[command(alias = "get-credentials", after_help = example!("kubelet --check /etc/kubernetes/credential-provider-config.yaml"))]
    Kubelet(commands::kubelet::Options),
    /// Print a pull secret for Kubernetes
    ///
    /// The token in it may only pull, unless a profile says otherwise.
    #[command(
        visible_alias = "k8s",
        after_help = example!("kubernetes-manifest demo.cr.de-fra.ionos.com | kubectl apply --server-side -f -")
    )]
    KubernetesManifest(commands::kubernetes_manifest::Options),
    /// Keep a pull secret fresh, from a job inside the cluster
    ///
    /// Mints when less than half the life of the Secret is left, and changes it in place.
    #[command(after_help = example!("kubernetes-apply --namespace shop --service-account default demo.cr.de-fra.ionos.com"))]
    KubernetesApply(commands::kubernetes_apply::Options),
    /// Print a script that completes commands in a shell
    #[command(after_help = example!("completions bash >~/.local/share/bash-completion/completions/docker-credential-ionos"))]
    Completions(commands::completions::Options),
}

/// The definition of all arguments, for the man page and the completions.
pub fn definition() -> clap::Command {
    Arguments::command()
}
