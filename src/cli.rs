//! The verb a client or a person asks for.
//!
//! The protocol's verbs are told by the argument itself: nothing is parsed for a warm `get`.

use std::ffi::OsString;
use std::io::{Read, Write};

use crate::config;
use crate::docker::{self, Input, Reply};
use crate::error::{Failure, one_line};
use crate::log;

const HELP: &str = "\
Docker credential helper for the IONOS Cloud Container Registry

Usage: docker-credential-ionos COMMAND

Commands that Docker, podman, skopeo and others call:
  get      print the credential for the server URL on stdin, minting a token if need be
  store    keep the login on stdin
  erase    forget the server URL on stdin and revoke its tokens
  list     print the hosts there are credentials for
  version  print the version (also --version, -v)

get also takes the host as an argument: docker-credential-ionos get demo.cr.de-fra.ionos.com

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
  {\"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}
";

/// Runs one command. The first argument is the program's own name. `true` is exit code 0; clients
/// know only 0 and 1.
pub fn run(
    args: &[OsString],
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> bool {
    log::init();
    let profile = args.first().and_then(|program| config::profile_of(program));
    let profile = profile.as_deref();
    let args: Vec<_> = args.iter().skip(1).map(|arg| arg.to_str()).collect();
    let reply = match args.as_slice() {
        [Some("get")] => docker::get(&Input::read(stdin), profile),
        [Some("get"), Some(host)] if !host.starts_with('-') => {
            docker::get(&Input::argument(host), profile)
        }
        [Some("store")] => docker::store(&Input::read(stdin)),
        [Some("erase")] => docker::erase(&Input::read(stdin), profile),
        [Some("list")] => docker::list(),
        [Some("version" | "--version" | "-v" | "-V")] => Reply::line(version()),
        [Some("help" | "--help" | "-h")] => Reply::line(HELP.trim_end().to_owned()),
        [] => usage("no command"),
        [Some("get" | "store" | "erase" | "list" | "version"), ..] => usage("too many arguments"),
        [Some(unknown), ..] => usage(&format!("unknown command '{}'", one_line(unknown))),
        [None, ..] => usage("the command is not UTF-8"),
    };
    print(stdout, reply.stdout);
    print(stderr, reply.stderr);
    if let Some(chores) = reply.chores {
        chores.run();
    }
    reply.ok
}

/// A client that hung up is not interested, and that is no failure of ours.
fn print(stream: &mut dyn Write, line: Option<String>) {
    if let Some(mut line) = line {
        line.push('\n');
        let _ = stream
            .write_all(line.as_bytes())
            .and_then(|()| stream.flush());
    }
}

fn version() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

fn usage(what: &str) -> Reply {
    Reply::failure(&Failure::new(
        what,
        "commands are get, store, erase, list and version; see docker-credential-ionos --help",
    ))
}
