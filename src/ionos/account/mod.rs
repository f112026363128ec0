//! The account whose credentials are sent to the IONOS API, and where it was found.
//!
//! [`Account::choose`] reads variables and looks for files; it opens none. [`Account::key`] identifies
//! the account: it reads a token file, and a configuration file only if that has changed. It runs no
//! command. [`Account::resolve`] gets the secret when a request is about to be sent.

mod access;
mod command;
mod identity;
mod notes;
pub(crate) mod token;

pub use command::group::{GUARD, guard};

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{AccountSource, ConfiguredAccount, Settings};
use crate::env;
use crate::error::{Failure, one_line, shown};
use crate::files::Owner;
use crate::http::Endpoint;
use crate::ionos::api::{Access, Credentials};
use crate::ionos::ionosctl::{self, Located};

pub use identity::AccountKey;
pub(crate) use identity::Identity;
pub use notes::Notes;

/// How to provide an account.
const HOW_TO: &str = "run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD";

/// The failure where no account is found. CI systems leave a variable empty if its secret is missing.
pub fn missing() -> Failure {
    let is_set = |name| env::var(name).is_some();
    let half = match (is_set("IONOS_USERNAME"), is_set("IONOS_PASSWORD")) {
        (true, false) => ": IONOS_USERNAME is set without IONOS_PASSWORD",
        (false, true) => ": IONOS_PASSWORD is set without IONOS_USERNAME",
        _ => "",
    };
    Failure::new(format!("no IONOS credentials found{half}"), HOW_TO).permanently()
}

/// An account at IONOS. Its secret is not read yet.
#[derive(Debug)]
pub struct Account {
    /// Where it was found, for messages.
    origin: String,
    source: Source,
    contract: Option<String>,
    /// What `IONOS_API_URL` says.
    endpoint: Option<Endpoint>,
}

/// In place of a file's stamp. Whether a command would print the same again cannot be known.
const COMMAND: &str = "command";

#[derive(Debug)]
enum Source {
    /// `IONOS_TOKEN`, or `IONOS_USERNAME` and `IONOS_PASSWORD`.
    Variables(Credentials),
    /// The file, and who can change what names it.
    TokenFile(PathBuf, Owner),
    TokenCommand(Vec<String>),
    /// A file of ionosctl and the SDKs, and the profile in it if our configuration names one.
    Ionos {
        located: Located,
        profile: Option<String>,
    },
}

impl Account {
    /// The first account found. The registry's own entry comes before the environment, because
    /// `IONOS_TOKEN` is set for every IONOS tool. `None` if there is none.
    pub fn choose(settings: &Settings) -> Result<Option<Self>, Failure> {
        let found = if let Some(named) = &settings.own_account {
            Some(configured(named)?)
        } else if let Some(found) = from_env() {
            Some(found)
        } else if let Some(named) = &settings.default_account {
            Some(configured(named)?)
        } else {
            ionosctl::locate()?.map(|located| {
                let origin = shown(&located.path);
                let profile = None;
                (origin, Source::Ionos { located, profile })
            })
        };
        let Some((origin, source)) = found else {
            return Ok(None);
        };
        Ok(Some(Self {
            origin,
            source,
            contract: contract()?,
            endpoint: Endpoint::from_env()?,
        }))
    }

    /// Where it was found.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Identifies the user of the account. Runs no command.
    pub fn key(&self, notes: &Notes) -> Result<AccountKey, Failure> {
        let identity = match &self.source {
            Source::Variables(credentials) => Identity::of(credentials),
            Source::TokenFile(path, named_by) => {
                let token = access::token_in_file(path, *named_by)?;
                token::identity(token.expose_secret().trim())
            }
            Source::TokenCommand(argv) => {
                let name = argv.join("\0");
                let kind = "token-command";
                // Before its first run a command is identified by its arguments.
                notes
                    .read(&name, COMMAND)
                    .unwrap_or(Identity { kind, name })
            }
            Source::Ionos { located, profile } => {
                // An empty name stands for the current profile of the file.
                let selected = profile
                    .clone()
                    .or_else(|| env::var("IONOS_CURRENT_PROFILE"))
                    .unwrap_or_default();
                let subject = [&located.path.to_string_lossy(), "\0", selected.trim()].concat();
                let stamp = env::file_stamp(&located.path);
                if let Some(identity) = notes.read(&subject, &stamp.text) {
                    identity
                } else {
                    let found = located.read(profile.as_deref(), None)?;
                    let identity = Identity::of(&found.credentials?);
                    if stamp.is_settled {
                        notes.write(&subject, &stamp.text, &identity);
                    }
                    identity
                }
            }
        };
        Ok(self.key_of_identity(&identity))
    }

    /// Whether [`Account::key`] identifies a user. The user of a command is unknown before its
    /// first run.
    pub fn is_confirmed(&self, notes: &Notes) -> bool {
        match &self.source {
            Source::TokenCommand(argv) => notes.read(&argv.join("\0"), COMMAND).is_some(),
            _ => true,
        }
    }

    /// Identifies the user of `access`. Differs from [`Account::key`] if a file was written since,
    /// or a command printed another user's token. Notes the user of a command.
    pub fn confirm(&self, access: &Access, notes: &Notes) -> AccountKey {
        let identity = Identity::of(&access.credentials);
        if let Source::TokenCommand(argv) = &self.source {
            let argv = argv.join("\0");
            if notes.read(&argv, COMMAND).as_ref() != Some(&identity) {
                notes.write(&argv, COMMAND, &identity);
            }
        }
        self.key_of_identity(&identity)
    }

    fn key_of_identity(&self, identity: &Identity) -> AccountKey {
        AccountKey::new(identity, self.contract.as_deref(), self.endpoint.as_ref())
    }

    /// A string that changes when a person corrects the account or its endpoint. No command is run.
    /// May contain a secret: hash it and drop it.
    pub fn failure_cache_input(&self) -> SecretString {
        let account: SecretString = match &self.source {
            Source::Variables(Credentials::Token(token)) => token.expose_secret().into(),
            Source::Variables(Credentials::Password { username, password }) => {
                format!("{username}\0{}", password.expose_secret()).into()
            }
            Source::TokenFile(path, _) => env::file_stamp(path).text.into(),
            Source::Ionos { located, .. } => env::file_stamp(&located.path).text.into(),
            Source::TokenCommand(argv) => argv.join("\0").into(),
        };
        // The file that may name the endpoint.
        let endpoint = match (&self.endpoint, ionosctl::locate()) {
            (None, Ok(Some(located))) => env::file_stamp(&located.path).text,
            _ => String::new(),
        };
        format!("{}\0{endpoint}", account.expose_secret()).into()
    }
}

fn from_env() -> Option<(String, Source)> {
    if let Some(token) = env::var("IONOS_TOKEN") {
        let credentials = Credentials::Token(token.into());
        return Some(("IONOS_TOKEN".into(), Source::Variables(credentials)));
    }
    if let Some(path) = env::path("IONOS_TOKEN_FILE") {
        let origin = format!("IONOS_TOKEN_FILE={}", shown(&path));
        return Some((origin, Source::TokenFile(path, Owner::Us)));
    }
    let username = env::var("IONOS_USERNAME")?;
    let password = env::var("IONOS_PASSWORD")?.into();
    let origin = "IONOS_USERNAME and IONOS_PASSWORD".into();
    let credentials = Credentials::Password { username, password };
    Some((origin, Source::Variables(credentials)))
}

fn configured(named: &ConfiguredAccount) -> Result<(String, Source), Failure> {
    let place = &named.place;
    let (what, source) = match &named.source {
        AccountSource::TokenFile(path) => (
            format!("tokenFile {}", shown(path)),
            Source::TokenFile(path.clone(), named.owner),
        ),
        AccountSource::TokenCommand(argv) => {
            let what = format!("tokenCommand {}", one_line(&argv[0]));
            if let Owner::InvokingUser(uid) = named.owner {
                return Err(Failure::new(
                    format!(
                        "{what} of {place} was not run: uid {uid} can change the file, and this is root"
                    ),
                    "run this as that user, or give the file and its directories to root",
                ));
            }
            (what, Source::TokenCommand(argv.clone()))
        }
        AccountSource::IonosProfile(profile) => {
            let what = format!("ionosProfile {}", one_line(profile));
            let Some(located) = ionosctl::locate()? else {
                return Err(Failure::new(
                    format!(
                        "{what} of {place}: there is no configuration of ionosctl or the SDKs to find it in"
                    ),
                    "run \"ionosctl login\", or remove ionosProfile",
                ));
            };
            let profile = Some(profile.clone());
            (what, Source::Ionos { located, profile })
        }
    };
    Ok((format!("{what} of {place}"), source))
}

fn contract() -> Result<Option<String>, Failure> {
    let number = env::var("IONOS_CONTRACT_NUMBER").map(|number| number.trim().to_owned());
    let number = number.filter(|number| !number.is_empty());
    if let Some(number) = &number
        && !number.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(Failure::new(
            "IONOS_CONTRACT_NUMBER is not a number",
            "set it to the contract's number or unset it",
        ));
    }
    Ok(number)
}
