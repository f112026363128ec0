//! What a call came to, by what the caller does next.

use std::time::Duration;

use super::Access;
use crate::error::{Failure, TRY_LATER};
use crate::http::TransportError;

/// Why the API gave nothing usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// 401: another account.
    Unauthorized {
        /// The API's own words.
        said: Option<String>,
    },
    /// 403: more rights for the account.
    Forbidden {
        /// The API's own words.
        said: Option<String>,
    },
    /// 404: look the registry up again.
    NotFound,
    /// 409: another name.
    Conflict,
    /// Another refusal; trying again changes nothing.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's own words.
        said: Option<String>,
    },
    /// 429: later. Nothing was done.
    Busy {
        /// How long the API asks to wait.
        retry_after: Option<Duration>,
    },
    /// 502, 503, 504: later. Whether something was done is not known.
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// How long the API asks to wait.
        retry_after: Option<Duration>,
    },
    /// No usable answer.
    Transport(TransportError),
}

impl From<TransportError> for ApiError {
    fn from(err: TransportError) -> Self {
        Self::Transport(err)
    }
}

impl ApiError {
    pub(super) fn from_status(
        status: u16,
        said: Option<String>,
        retry_after: Option<Duration>,
    ) -> Self {
        match status {
            401 => Self::Unauthorized { said },
            403 => Self::Forbidden { said },
            404 => Self::NotFound,
            409 => Self::Conflict,
            429 => Self::Busy { retry_after },
            502..=504 => Self::Unavailable {
                status,
                retry_after,
            },
            _ => Self::Refused { status, said },
        }
    }

    /// How long the API asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether a request that makes something may have made it.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Transport(err) => err.may_have_arrived(),
            _ => false,
        }
    }

    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        let api = access.endpoint.host();
        let (what, hint) = match self {
            Self::Unauthorized { said } => (
                format!("{api} refused the account: 401{}", quoted(said.as_deref())),
                if let Some(at) = access.expired() {
                    format!("the token in {} expired at {at}: make a new one (\"ionosctl token generate\")", access.origin)
                } else if access.is_password() {
                    "check that user name and password are those of the IONOS account, not of a registry token; an account with two-factor authentication needs an API token (IONOS_TOKEN) instead".into()
                } else {
                    format!("the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into {}", access.origin)
                },
            ),
            Self::Forbidden { said } => (
                format!("{api} does not let the account do this: 403{}", quoted(said.as_deref())),
                "ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)".into(),
            ),
            Self::NotFound => (
                format!("{api} knows nothing there: 404"),
                "check IONOS_API_URL, and registryId in config.json if it is set".into(),
            ),
            Self::Conflict => (
                format!("{api} says that every name for a token is taken: 409"),
                TRY_LATER.into(),
            ),
            Self::Refused { status, said } if (300..400).contains(status) => (
                format!("{api} redirects elsewhere, where the account's credentials are not sent: {status}{}", quoted(said.as_deref())),
                "check IONOS_API_URL".into(),
            ),
            Self::Refused { status, said } if *status >= 500 => (
                format!("{api} failed: {status}{}", quoted(said.as_deref())),
                TRY_LATER.into(),
            ),
            Self::Refused { status, said } => (
                format!("{api} refused the request: {status}{}", quoted(said.as_deref())),
                "if the settings look right, report it with this line".into(),
            ),
            Self::Busy { retry_after } => (
                format!("{api} has too many requests: 429"),
                after(*retry_after),
            ),
            Self::Unavailable {
                status,
                retry_after,
            } => (
                format!("{api} is not available: {status}"),
                after(*retry_after),
            ),
            Self::Transport(TransportError::Unreachable { why }) => (
                format!("no connection to {api}: {why}"),
                "check the network, HTTPS_PROXY and IONOS_API_URL".into(),
            ),
            Self::Transport(err) => return err.failure(api),
        };
        Failure::new(what, hint)
    }
}

/// When to try again, as far as the API says.
fn after(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs()) {
        None | Some(0) => TRY_LATER.into(),
        Some(wait) => format!("it asks to wait {wait}s; try again then"),
    }
}

fn quoted(said: Option<&str>) -> String {
    said.map(|said| format!(" \"{said}\"")).unwrap_or_default()
}
