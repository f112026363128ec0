//! What a request needs of an account: its secret and its endpoint.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Account, Source, command, token};
use crate::env::Deadline;
use crate::error::{Failure, shown, system};
use crate::files::{Owner, UserFile};
use crate::http::Endpoint;
use crate::ionos::api::{Access, Api, Credentials};
use crate::ionos::ionosctl::{self, FileEndpoint};
use crate::registry_host::RegistryHost;

/// In bytes. A token has about a kilobyte, and servers refuse a header of this length.
const LONGEST_TOKEN: usize = 16 * 1024;

impl Account {
    /// A client of the API for the registry at `host`, with the account's secret.
    pub fn connect(&self, host: Option<&RegistryHost>, deadline: Deadline) -> Result<Api, Failure> {
        Api::new(self.resolve(host, deadline)?, deadline)
    }

    /// Gets the secret and the endpoint for the registry at `host`: reads files, runs the command.
    ///
    /// The endpoint is `IONOS_API_URL`, else the one in ionosctl's file, wherever the credentials
    /// come from, else the built-in one. ionosctl and Terraform choose it in the same order.
    pub fn resolve(
        &self,
        host: Option<&RegistryHost>,
        deadline: Deadline,
    ) -> Result<Access, Failure> {
        let location = host.and_then(RegistryHost::location);
        let in_file = |credentials_of| match &self.endpoint {
            Some(_) => Ok(None),
            None => endpoint_in_file(location, credentials_of),
        };
        let (in_file, credentials) = match &self.source {
            Source::Variables(credentials) => (in_file(Owner::Us)?, self.checked(credentials)?),
            Source::TokenFile(path, named_by) => {
                let in_file = in_file(*named_by)?;
                let token = token_in_file(path, *named_by)?;
                (in_file, self.checked_token(&token)?)
            }
            Source::TokenCommand(argv) => {
                let in_file = in_file(Owner::Us)?;
                (in_file, self.checked_token(&command::run(argv, deadline)?)?)
            }
            Source::Ionos { located, profile } => {
                let contents = located.read(profile.as_deref(), location)?;
                (contents.endpoint, self.checked(&contents.credentials?)?)
            }
        };
        let endpoint = match (&self.endpoint, in_file) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(endpoint)) => endpoint.checked()?,
            (None, None) => Endpoint::default(),
        };
        Ok(Access {
            token_expiry: match &credentials {
                Credentials::Token(token) => token::expiry(token.expose_secret()),
                Credentials::Password { .. } => None,
            },
            credentials,
            contract: self.contract.clone(),
            endpoint: endpoint.pinned_by_env()?,
            origin: self.origin.clone(),
        })
    }

    /// Credentials that can be sent in a header.
    fn checked(&self, credentials: &Credentials) -> Result<Credentials, Failure> {
        match credentials {
            Credentials::Token(token) => self.checked_token(token),
            // RFC 7617 ends the user name at the first colon: the server would take the rest of it
            // for a part of the password.
            Credentials::Password { username, .. } if username.contains(':') => Err(Failure::new(
                format!("the user name in {} contains a colon", self.origin),
                "use the e-mail address of the IONOS account, without the password",
            )),
            Credentials::Password { .. } => Ok(credentials.clone()),
        }
    }

    fn checked_token(&self, token: &impl ExposeSecret<str>) -> Result<Credentials, Failure> {
        let token = token.expose_secret().trim();
        let why = if token.is_empty() {
            "no token"
        } else if token.len() > LONGEST_TOKEN {
            "more than a token: it is longer than 16 KiB"
        } else if !token.bytes().all(|b| b.is_ascii_graphic()) {
            "more than a token: there is a character inside that no token has, such as a space or a line break"
        } else {
            return Ok(Credentials::Token(token.into()));
        };
        let (holds, hint) = match self.source {
            Source::TokenCommand(_) => ("printed", command::ONLY_A_TOKEN),
            Source::Ionos { .. } => (
                "holds",
                "correct the token there, or run \"ionosctl login\"",
            ),
            _ => ("holds", "put the token there, alone on its line"),
        };
        Err(Failure::new(format!("{} {holds} {why}", self.origin), hint))
    }
}

/// The endpoint in ionosctl's file. A file that cannot be read is an error, as for ionosctl: the
/// token could be sent to another API than the file names.
fn endpoint_in_file(
    location: Option<&str>,
    credentials_of: Owner,
) -> Result<Option<FileEndpoint>, Failure> {
    let read = || {
        let Some(located) = ionosctl::locate()? else {
            return Ok(None);
        };
        let endpoint = located.read(None, location)?.endpoint;
        let trusted = endpoint.map(|it| it.trusted_with_credentials_of(credentials_of));
        trusted.transpose()
    };
    read().map_err(|failure: Failure| {
        let what = format!("cannot tell which API to ask: {}", failure.what);
        Failure::new(what, "fix the file, or set IONOS_API_URL")
    })
}

/// The content of a token file, without a byte order mark. `named_by` is who can change what names it.
pub(super) fn token_in_file(path: &Path, named_by: Owner) -> Result<SecretString, Failure> {
    let file = UserFile::read(path).map_err(|why| {
        Failure::new(
            format!("cannot read {}: {}", path.display(), system(&why)),
            "check the path and its permissions",
        )
    })?;
    if !file.may_be_named_by(named_by) {
        return Err(Failure::new(
            format!(
                "{} was not read: it does not belong to the user who can change the config.json that names it, and this is root",
                shown(path)
            ),
            "name it in a config.json of root, or in IONOS_TOKEN_FILE",
        ));
    }
    let (content, _) = file.trusted().map_err(|err| err.failure(path))?;
    // PowerShell's `>` writes UTF-16, Notepad a byte order mark.
    let hint = "save it as UTF-8 without a byte order mark";
    let text = std::str::from_utf8(&content)
        .map_err(|_| Failure::new("the file is not valid UTF-8", hint))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).into())
}
