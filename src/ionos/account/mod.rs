//! Who asks the IONOS API, and where that was found.
//!
//! Choosing an account is cheap: it reads variables and looks for files, opens none and runs
//! nothing, because a warm `get` needs only the account's key. [`Account::resolve`] gets the secret
//! when a request is about to be made.

mod access;
mod command;
pub(crate) mod token;

use std::fmt;
use std::hash::Hasher as _;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::config::{AccountSource, Named, Settings};
use crate::env;
use crate::error::{Failure, one_line, shown};
use crate::files::Owner;
use crate::http::Endpoint;
use crate::ionos::ionosctl::{self, Located};

/// How to become known to the API.
pub const HOW_TO: &str = "run \"ionosctl login\", or set IONOS_TOKEN (\"ionosctl token generate\" makes one), IONOS_TOKEN_FILE, or IONOS_USERNAME and IONOS_PASSWORD";

/// An account at IONOS, not yet asked for its secret.
#[derive(Debug)]
pub struct Account {
    origin: Origin,
    source: Source,
    contract: Option<String>,
    /// What `IONOS_API_URL` says.
    endpoint: Option<Endpoint>,
    key: AccountKey,
}

/// Where an account was found, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `IONOS_TOKEN`.
    Token,
    /// The file `IONOS_TOKEN_FILE` names.
    TokenFile(PathBuf),
    /// `IONOS_USERNAME` and `IONOS_PASSWORD`.
    Password,
    /// Our own configuration: which key, and where.
    Configured {
        /// The key and enough of its value to know it by.
        what: String,
        /// Where it stands.
        place: String,
    },
    /// The configuration of ionosctl and the SDKs.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("IONOS_TOKEN"),
            Self::TokenFile(path) => write!(f, "IONOS_TOKEN_FILE={}", shown(path)),
            Self::Password => f.write_str("IONOS_USERNAME and IONOS_PASSWORD"),
            Self::Configured { what, place } => write!(f, "{what} of {place}"),
            Self::File(path) => f.write_str(&shown(path)),
        }
    }
}

#[derive(Debug)]
enum Source {
    Token(SecretString),
    TokenFile(PathBuf),
    TokenCommand(Vec<String>),
    Password {
        username: String,
        password: SecretString,
    },
    /// A file of ionosctl and the SDKs, and the profile in it if our configuration names one.
    Ionos {
        located: Located,
        profile: Option<String>,
    },
}

/// Names an account in file names and entries. Says nothing about its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKey(String);

impl AccountKey {
    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same account at another API, or under another contract, sees other registries.
    fn new(identity: &Identity, contract: Option<&str>, endpoint: Option<&Endpoint>) -> Self {
        let mut hasher = SipHasher13::new();
        for part in [
            identity.kind,
            &identity.name,
            contract.unwrap_or_default(),
            endpoint.map_or("", Endpoint::as_str),
        ] {
            hasher.write(part.as_bytes());
            hasher.write(&[0]);
        }
        Self(format!("{:032x}", hasher.finish128().as_u128()))
    }
}

pub(crate) struct Identity {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl Account {
    /// The first account there is. What the registry's own entry says comes before the
    /// environment, because `IONOS_TOKEN` is there for every IONOS tool. `None` if there is none.
    pub fn choose(settings: &Settings) -> Result<Option<Self>, Failure> {
        let found = if let Some(named) = &settings.own_account {
            Some(configured(named)?)
        } else if let Some(found) = from_env() {
            Some(found)
        } else if let Some(named) = &settings.default_account {
            Some(configured(named)?)
        } else {
            ionosctl::locate()?.map(|located| {
                let profile = None;
                let origin = Origin::File(located.path.clone());
                (origin, Source::Ionos { located, profile })
            })
        };
        let Some((origin, source)) = found else {
            return Ok(None);
        };
        let endpoint = Endpoint::from_env()?;
        let contract = contract()?;
        let key = AccountKey::new(&source.identity(), contract.as_deref(), endpoint.as_ref());
        Ok(Some(Self {
            origin,
            source,
            contract,
            endpoint,
            key,
        }))
    }

    /// Where it was found.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its name in the cache.
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// What changes when a person mends the account, as far as that can be told without running a
    /// command. May hold a secret: to be hashed, not kept.
    pub fn failure_cache_input(&self) -> SecretString {
        match &self.source {
            Source::Token(token) => token.clone(),
            Source::Password { username, password } => {
                format!("{username}\0{}", password.expose_secret()).into()
            }
            Source::TokenFile(path) => env::file_stamp(path).into(),
            Source::Ionos { located, .. } => env::file_stamp(&located.path).into(),
            Source::TokenCommand(argv) => argv.join("\0").into(),
        }
    }
}

fn from_env() -> Option<(Origin, Source)> {
    if let Some(token) = env::var("IONOS_TOKEN") {
        return Some((Origin::Token, Source::Token(token.into())));
    }
    if let Some(path) = env::path("IONOS_TOKEN_FILE") {
        return Some((Origin::TokenFile(path.clone()), Source::TokenFile(path)));
    }
    let username = env::var("IONOS_USERNAME")?;
    let password = env::var("IONOS_PASSWORD")?.into();
    Some((Origin::Password, Source::Password { username, password }))
}

fn configured(named: &Named) -> Result<(Origin, Source), Failure> {
    let (what, source) = match &named.source {
        AccountSource::TokenFile(path) => (
            format!("tokenFile {}", shown(path)),
            Source::TokenFile(path.clone()),
        ),
        AccountSource::TokenCommand(argv) => (
            format!(
                "tokenCommand {}",
                one_line(argv.first().map_or("", String::as_str))
            ),
            Source::TokenCommand(argv.clone()),
        ),
        AccountSource::IonosProfile(profile) => {
            let what = format!("ionosProfile {}", one_line(profile));
            let Some(located) = ionosctl::locate()? else {
                return Err(Failure::new(
                    format!(
                        "{what} of {}: there is no configuration of ionosctl or the SDKs to find it in",
                        named.place
                    ),
                    "run \"ionosctl login\", or remove ionosProfile",
                ));
            };
            let profile = Some(profile.clone());
            (what, Source::Ionos { located, profile })
        }
    };
    if let (Source::TokenCommand(_), Owner::InvokingUser(uid)) = (&source, named.owner) {
        return Err(Failure::new(
            format!(
                "{what} of {} was not run: uid {uid} can change the file, and this is root",
                named.place
            ),
            "run this without sudo, or give the file and its directories to root",
        ));
    }
    let place = named.place.clone();
    Ok((Origin::Configured { what, place }, source))
}

impl Source {
    fn identity(&self) -> Identity {
        let (kind, name) = match self {
            Self::Token(token) => return token::identity(token.expose_secret().trim()),
            // `IONOS_TOKEN_FILE=token` is another file in another working directory.
            Self::TokenFile(path) => (
                "token-file",
                std::path::absolute(path)
                    .unwrap_or_else(|_| path.clone())
                    .to_string_lossy()
                    .into_owned(),
            ),
            Self::TokenCommand(argv) => ("token-command", argv.join("\0")),
            // The name alone: a hash of a password on disk is a gift to whoever steals the disk.
            Self::Password { username, .. } => ("username", username.clone()),
            Self::Ionos { located, profile } => {
                let path = located.path.to_string_lossy();
                let named = profile
                    .clone()
                    .or_else(|| env::var("IONOS_CURRENT_PROFILE"))
                    .map(|name| name.trim().to_owned())
                    .filter(|name| !name.is_empty());
                // Without a name it is the profile that is current in the file, and the file
                // changes when another becomes so.
                let which = named.unwrap_or_else(|| env::file_stamp(&located.path));
                ("ionos-file", format!("{path}\0{which}"))
            }
        };
        Identity { kind, name }
    }
}

fn contract() -> Result<Option<String>, Failure> {
    let Some(number) = env::var("IONOS_CONTRACT_NUMBER") else {
        return Ok(None);
    };
    let number = number.trim();
    if number.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(number.to_owned()))
    } else {
        Err(Failure::new(
            "IONOS_CONTRACT_NUMBER is not a number",
            "set it to the contract's number or unset it",
        ))
    }
}
