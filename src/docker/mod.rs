//! Docker's credential helper protocol: `get`, `store`, `erase`, `list`.
//!
//! Rules and fixed strings are those of <https://github.com/docker/docker-credential-helpers>, and
//! stricter where a client needs it. An answer is one line on stdout. A failure is one line on
//! stdout, where clients read it, and the same line on stderr, the only stream that `docker pull`
//! before 29 shows. On success and on "not found" stderr stays empty, because Spring Boot reads
//! both streams as one.

pub mod input;
pub mod registry_login;

use std::collections::BTreeMap;

use log::debug;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::config::{self, ConfigFile};
use crate::credential;
use crate::error::{Error, Failure};
use crate::output::{Reply, after_panic, json};
use crate::registry_host::{NotARegistry, RegistryHost};
use crate::secret::Secret;

/// Clients compare stdout with this string and then continue without credentials.
const NOT_FOUND: &str = "credentials not found in native keychain";
const NO_SERVER_URL: &str = "no credentials server URL";
const NO_USERNAME: &str = "no credentials username";

const CANNOT_STORE: &str = "cannot store the login for";

/// Spring Boot reads only after the helper has exited, so an answer must fit into the smallest pipe
/// buffer.
const LONGEST_LINE: usize = 4096;

impl From<Error> for Reply {
    fn from(err: Error) -> Self {
        match err {
            Error::NotOurs => Self::fixed(NOT_FOUND),
            Error::Protocol(text) => Self::fixed(text),
            Error::Failed(failure) => Self::failure(&failure),
        }
    }
}

/// `get`: the credential for a server URL. Like `store` and `erase` it gets the input of
/// [`input::read_text`].
pub fn get(input: Option<&str>, profile: Option<&str>) -> Reply {
    match answer(input, profile) {
        Ok(reply) => reply,
        Err(Error::Failed(failure)) => match config::failure_is_not_found() {
            Ok(true) => Reply {
                stderr: Reply::failure(&failure).stderr,
                ..Error::NotOurs.into()
            },
            Ok(false) => Reply::failure(&failure),
            Err(switch) => Reply::failure(&switch),
        },
        Err(err) => err.into(),
    }
}

fn answer(input: Option<&str>, profile: Option<&str>) -> Result<Reply, Error> {
    let server_url = input.ok_or(Error::NotOurs)?.trim_ascii();
    let (host, config) = ours(server_url, "no credential for")?;
    let context = format!("no credential for {host}");
    let answer =
        credential::get(&host, &config, profile).map_err(|failure| failure.within(&context))?;
    let line_for = |server_url| {
        to_line(&GetResponse {
            server_url,
            username: &answer.credential.username,
            secret: answer.credential.secret.expose_secret(),
        })
    };
    let line = line_for(server_url).ok_or_else(|| {
        let failure = if line_for(host.as_str()).is_some() {
            Failure::new(
                "the server URL is too long for one answer (4 KiB)",
                format!("use {host} as the server URL"),
            )
        } else {
            Failure::new(
                "the credential is too long for one answer (4 KiB)",
                "remove it with docker logout and try again",
            )
        };
        failure.within(&context)
    })?;
    Ok(Reply {
        deferred: answer.cleanup.map(credential::Cleanup::deferred),
        ..Reply::line(line)
    })
}

/// `store`: a login from `docker login`.
pub fn store(input: Option<&str>) -> Reply {
    match keep(input) {
        Ok(()) => Reply::done(),
        Err(err) => err.into(),
    }
}

fn keep(input: Option<&str>) -> Result<(), Error> {
    let login = input.and_then(StoreRequest::parse).ok_or_else(|| {
        Failure::new(
            "the login on stdin is not the JSON of Docker's protocol",
            "log in with docker login or podman login",
        )
    })?;
    let (host, config) = match ours(&login.server_url, CANNOT_STORE) {
        // Exit 0 would silently lose a login for another registry.
        Err(Error::NotOurs) => {
            return Err(Failure::new(
                "this login is not for an IONOS registry and was not stored",
                "configure docker-credential-ionos under credHelpers for IONOS hosts, not as credsStore",
            )
            .into());
        }
        other => other?,
    };
    if login.username.is_empty() {
        return Err(Error::Protocol(NO_USERNAME));
    }
    let secret = login.secret.expose_secret();
    let answer = GetResponse {
        server_url: host.as_str(),
        username: &login.username,
        secret,
    };
    let stored = if secret.is_empty() {
        let what = "the login has no password";
        Err(Failure::new(what, "log in with a password"))
    } else if to_line(&answer).is_none() {
        let what = "the login is too long for one answer (4 KiB)";
        Err(Failure::new(what, "log in with a shorter password"))
    } else {
        credential::store(&host, &login.username, &login.secret, &config)
    };
    stored.map_err(|failure| failure.within(&format!("{CANNOT_STORE} {host}")).into())
}

/// `erase`: removes the credentials of a server URL. Always succeeds: podman and skopeo with
/// containers/image before 5.31 crash on a failed erase.
pub fn erase(input: Option<&str>, profile: Option<&str>) -> Reply {
    // Succeed even on a panic; what was removed so far stays removed.
    after_panic("", true);
    if let Some(Ok(host)) = input.map(RegistryHost::parse) {
        let config = ConfigFile::load().unwrap_or_default();
        // An invalid value still means that the user opted out of the default.
        let revoke = config::revokes_on_erase().unwrap_or_else(|failure| {
            debug!("{host}: nothing is revoked: {failure}");
            false
        });
        credential::erase(&host, &config, profile, revoke);
    }
    Reply::done()
}

/// `list`: hosts and user names. No network. Never fails: a failing `list` costs `docker build` all
/// its credentials. If not all hosts fit into one answer, stored logins come first, then the
/// longest-lived tokens; `status` shows the rest.
pub fn list() -> Reply {
    after_panic("{}\n", true);
    Reply::line(listed())
}

fn listed() -> String {
    let mut list = BTreeMap::new();
    let mut length = "{}\n".len();
    for (host, username) in credential::list() {
        // As long as the pair with its quotation marks, colon and comma.
        let pair = json(&[&host, &username]).map_or(LONGEST_LINE, |it| it.len());
        if length + pair > LONGEST_LINE {
            debug!("{host} is left out: the list is full");
            continue;
        }
        length += pair;
        list.insert(host, username);
    }
    json(&list).unwrap_or_else(|_| "{}".into())
}

/// The host of a server URL if it is ours. `context` begins a failure's line, before the host.
fn ours(server_url: &str, context: &str) -> Result<(RegistryHost, ConfigFile), Error> {
    let host = RegistryHost::parse(server_url).map_err(|err| match err {
        NotARegistry::Malformed => Error::NotOurs,
        NotARegistry::Empty => Error::Protocol(NO_SERVER_URL),
    })?;
    let config = ConfigFile::load_if_ours(&host)
        .map_err(|failure| failure.within(&format!("{context} {host}")))?
        .ok_or(Error::NotOurs)?;
    Ok((host, config))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetResponse<'a> {
    #[serde(rename = "ServerURL")]
    pub(crate) server_url: &'a str,
    pub(crate) username: &'a str,
    pub(crate) secret: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct StoreRequest {
    #[serde(rename = "ServerURL")]
    pub(crate) server_url: String,
    pub(crate) username: String,
    pub(crate) secret: Secret,
}

impl StoreRequest {
    pub(crate) fn parse(input: &str) -> Option<Self> {
        // serde_json's error would quote the value that it refuses.
        crate::json::from_slice(input.as_bytes()).ok()
    }
}

/// The line that answers a `get`; `None` if it is longer than 4 KiB with its line end.
pub(crate) fn to_line(answer: &GetResponse<'_>) -> Option<String> {
    json(answer).ok().filter(|line| line.len() < LONGEST_LINE)
}

#[cfg(test)]
mod tests {
    const SAMPLE: &str = r#"{"ServerURL":"a.cr.ionos.com","Username":"u","Secret":"s"}"#;

    proptest::proptest! {
        #[test]
        fn any_login_is_read_or_refused(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::store_json(&bytes);
        }
    }
}
