//! Errors of a call, by what the caller does next.

use std::time::Duration;

use super::Access;
use crate::error::{Failure, STATUS_PAGE, TRY_LATER};
use crate::http::TransportError;

/// `errorCode` of a 403 for a contract without the product.
const FEATURE: &str = "paas-feature-1";

/// Why a call failed. `said` is the API's own message, cleaned and without what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// 401: another account is needed.
    Unauthorized {
        /// The API's message.
        said: Option<String>,
    },
    /// 403: the account needs more rights, or its contract the product.
    Forbidden {
        /// The API's message.
        said: Option<String>,
        /// Whether the contract lacks the product.
        is_feature: bool,
    },
    /// 404: the registry has to be looked up again.
    NotFound {
        /// The API's message.
        said: Option<String>,
    },
    /// 409: another name is needed, if [`ApiError::is_taken_name`].
    Conflict {
        /// The API's message.
        said: Option<String>,
    },
    /// Another refusal. Another attempt changes nothing.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's message.
        said: Option<String>,
    },
    /// 429: later. Nothing was done.
    Busy {
        /// How long the API asks to wait.
        retry_after: Option<Duration>,
        /// The API's message.
        said: Option<String>,
    },
    /// 502, 503, 504: later. Something may have been done.
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// How long the API asks to wait.
        retry_after: Option<Duration>,
        /// The API's message.
        said: Option<String>,
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
        code: &str,
        retry_after: Option<Duration>,
    ) -> Self {
        match status {
            401 => Self::Unauthorized { said },
            403 => Self::Forbidden {
                said,
                is_feature: code == FEATURE,
            },
            404 => Self::NotFound { said },
            409 => Self::Conflict { said },
            429 => Self::Busy { retry_after, said },
            502..=504 => Self::Unavailable {
                status,
                retry_after,
                said,
            },
            _ => Self::Refused { status, said },
        }
    }

    /// Whether a name is in use, so that another one can succeed. A 409 with other words stays one
    /// under another name.
    pub fn is_taken_name(&self) -> bool {
        match self {
            Self::Conflict { said: Some(said) } => {
                said.to_ascii_lowercase().contains("already exists")
            }
            Self::Conflict { said: None } => true,
            _ => false,
        }
    }

    /// How long the API asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the API may have done what was asked.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Transport(err) => err.may_have_arrived(),
            _ => false,
        }
    }

    /// Whether another attempt may succeed without a correction by a person.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Unavailable { .. } | Self::Transport(_) => true,
            Self::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// The API's message, if it may be quoted.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Unauthorized { said }
            | Self::Forbidden { said, .. }
            | Self::NotFound { said }
            | Self::Conflict { said }
            | Self::Refused { said, .. }
            | Self::Busy { said, .. }
            | Self::Unavailable { said, .. } => said.as_deref(),
            Self::Transport(_) => None,
        }
    }

    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        let api = access.endpoint.host();
        let said = self
            .said()
            .map_or_else(String::new, |said| format!(" \"{said}\""));
        let (what, hint) = match self {
            Self::Unauthorized { .. } => (
                format!("{api} refused the account: 401{said}"),
                refused_account(access),
            ),
            Self::Forbidden { is_feature: true, .. } => (
                format!("{api} does not let the account do this: 403{said}"),
                "the contract does not have the Container Registry: ask IONOS to enable it".into(),
            ),
            Self::Forbidden { .. } => (
                format!("{api} does not let the account do this: 403{said}"),
                "ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)".into(),
            ),
            Self::NotFound { .. } => (
                format!("{api} did not find it: 404{said}"),
                "check IONOS_API_URL, and registryId in config.json if it is set".into(),
            ),
            Self::Conflict { .. } if self.is_taken_name() => (
                format!("{api} refused every name for a token: 409{said}"),
                TRY_LATER.into(),
            ),
            Self::Refused { status, .. } if (300..400).contains(status) => (
                format!("{api} redirects elsewhere, where the account's credentials are not sent: {status}{said}"),
                "check IONOS_API_URL".into(),
            ),
            Self::Refused { status, .. } if *status >= 500 => {
                (format!("{api} failed: {status}{said}"), TRY_LATER.into())
            }
            Self::Conflict { .. } => (
                format!("{api} refused the request: 409{said}"),
                REPORT.into(),
            ),
            Self::Refused { status, .. } => (
                format!("{api} refused the request: {status}{said}"),
                REPORT.into(),
            ),
            Self::Busy { retry_after, .. } => (
                format!("{api} has too many requests: 429{said}"),
                after(*retry_after),
            ),
            Self::Unavailable {
                status,
                retry_after,
                ..
            } => (
                format!("{api} is not available: {status}{said}"),
                after(*retry_after),
            ),
            Self::Transport(TransportError::Unreachable { why }) => (
                format!("no connection to {api}: {why}"),
                "check the network, HTTPS_PROXY and IONOS_API_URL".into(),
            ),
            Self::Transport(err) => return err.failure(api),
        };
        Failure {
            // To a registry that is being created, requests of its tokens may get a 404 or 409.
            is_permanent: !self.may_pass()
                && !matches!(self, Self::NotFound { .. } | Self::Conflict { .. }),
            ..Failure::new(what, hint)
        }
    }
}

const REPORT: &str = "if the settings look right, report it with this line";

fn refused_account(access: &Access) -> String {
    let origin = &access.origin;
    if let Some(at) = access.expired() {
        format!(
            "the token in {origin} expired at {at}: make a new one (\"ionosctl token generate\")"
        )
    } else if access.is_password() {
        "check that user name and password are those of the IONOS account, not of a registry token; an account with two-factor authentication needs an API token (IONOS_TOKEN) instead".into()
    } else if !access.is_jwt() {
        format!(
            "IONOS CLOUD tokens begin with eyJ, and this one does not (a key of IONOS hosting is not one): make one (\"ionosctl token generate\") and put it into {origin}"
        )
    } else {
        format!(
            "the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into {origin}"
        )
    }
}

/// When to try again, as far as the API says.
fn after(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs()) {
        None | Some(0) => TRY_LATER.into(),
        Some(wait) => format!("try again in {wait}s, as it asks; {STATUS_PAGE}"),
    }
}
