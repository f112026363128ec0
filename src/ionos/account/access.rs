//! From an account to what a request needs: reads the file, runs the command.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Account, Origin, Source, command, token};
use crate::env::Deadline;
use crate::error::{Failure, system};
use crate::files;
use crate::http::{Endpoint, Trust};
use crate::ionos::api::Access;
use crate::ionos::ionosctl::Credentials;

impl Account {
    /// Gets the secret: reads the file, runs the command.
    pub fn resolve(&self, deadline: Deadline) -> Result<Access, Failure> {
        let mut endpoint = self.endpoint.clone();
        let mut trust = Trust::from_env()?;
        let authorization = match &self.source {
            Source::Token(token) => bearer(token, &self.origin)?,
            Source::TokenFile(path) => {
                let content = files::read_foreign(path).map_err(|why| {
                    Failure::new(
                        format!("cannot read it: {}", system(&why)),
                        "check the path and its mode",
                    )
                })?;
                // PowerShell's `>` writes UTF-16, Notepad a mark in front.
                let text = std::str::from_utf8(&content).map_err(|_| {
                    Failure::new(
                        "the file is not UTF-8 text",
                        "save it as UTF-8, without a mark",
                    )
                })?;
                let token = text.strip_prefix('\u{feff}').unwrap_or(text);
                bearer(&token.into(), &self.origin)?
            }
            Source::TokenCommand(argv) => bearer(&command::run(argv, deadline)?, &self.origin)?,
            Source::Password { username, password } => basic(username, password),
            Source::Ionos { located, profile } => {
                let found = located.read(profile.as_deref())?;
                if endpoint.is_none()
                    && let Some(url) = &found.endpoint
                {
                    endpoint = Some(Endpoint::of(url, "its endpoint for containerregistry")?);
                }
                trust.certificate_authority = found.certificate_authority;
                trust.skip_verify = found.skip_tls_verify;
                match &found.credentials {
                    Credentials::Token(token) => bearer(token, &self.origin)?,
                    Credentials::Password { username, password } => basic(username, password),
                }
            }
        };
        Ok(Access {
            token_expires_at: expiry(&authorization),
            authorization,
            contract: self.contract.clone(),
            endpoint: endpoint.unwrap_or_default(),
            trust,
            origin: self.origin.to_string(),
        })
    }
}

fn expiry(authorization: &SecretString) -> Option<i64> {
    token::expiry(authorization.expose_secret().strip_prefix("Bearer ")?)
}

fn basic(username: &str, password: &SecretString) -> SecretString {
    let pair = SecretString::from(format!("{username}:{}", password.expose_secret()));
    format!("Basic {}", STANDARD.encode(pair.expose_secret())).into()
}

fn bearer(token: &SecretString, origin: &Origin) -> Result<SecretString, Failure> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(Failure::new(
            format!("{origin} holds no token"),
            "put the token there, alone on its line",
        ));
    }
    if !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::new(
            format!(
                "{origin} holds more than a token: there is a space, a line break or a control character inside"
            ),
            "put the token there, alone on its line",
        ));
    }
    Ok(format!("Bearer {token}").into())
}
