//! Errors of a call, by what the caller does next.

use std::time::Duration;

use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use super::{Access, Credentials};
use crate::error::{Failure, STATUS_PAGE, TRY_LATER};
use crate::http::{OTHER_SERVER, TransportError};

/// `errorCode` of a 403 for a contract without the product.
const FEATURE: &str = "paas-feature-1";

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// An answer without success.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The API's own message, cleaned and without what was sent.
        message: Option<String>,
        /// The API's `errorCode`; empty if there is none.
        code: String,
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
    /// An answer with this status and nothing else.
    pub fn refused(status: u16) -> Self {
        Self::Refused {
            status,
            message: None,
            code: String::new(),
            retry_after: None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Transport(_) => None,
        }
    }

    /// Whether a name is in use, so that another one can succeed. A 409 with another message does
    /// not depend on the name.
    pub fn is_taken_name(&self) -> bool {
        let is_taken = |message: &str| message.to_ascii_lowercase().contains("already exists");
        self.status() == Some(409) && self.message().is_none_or(is_taken)
    }

    /// How long the API asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused {
                status: 429 | 502..=504,
                retry_after,
                ..
            } => *retry_after,
            _ => None,
        }
    }

    /// Whether the API may have carried out the request. A gateway that stops waiting answers 408 or
    /// 504.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 502..=504),
            Self::Transport(err) => err.may_have_arrived(),
        }
    }

    /// Whether another attempt may succeed although nothing was corrected.
    pub fn may_pass(&self) -> bool {
        matches!(self.status(), None | Some(408 | 429 | 500..))
    }

    /// Whether the next of several requests would fail in the same way. A broken connection or an
    /// unusable answer takes no time, so the next one is sent.
    pub fn ends_a_round(&self) -> bool {
        match self {
            Self::Transport(err) => {
                !matches!(err, TransportError::Lost { .. } | TransportError::Foreign)
            }
            Self::Refused { status, .. } => matches!(status, 401 | 429 | 500..),
        }
    }

    /// The API's message, if it may be quoted.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => message.as_deref(),
            Self::Transport(_) => None,
        }
    }

    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        let api = access.endpoint.host();
        let (status, message, code) = match self {
            Self::Refused {
                status,
                message,
                code,
                ..
            } => (*status, message.as_deref(), code.as_str()),
            Self::Transport(err) => {
                let failure = err.failure(api);
                return match err {
                    TransportError::Unreachable { .. } => Failure {
                        hint: "check the network, HTTPS_PROXY and IONOS_API_URL".into(),
                        ..failure
                    },
                    TransportError::Foreign => Failure {
                        hint: format!(
                            "{OTHER_SERVER}: check the network, HTTPS_PROXY, IONOS_API_URL and the endpoint in ionosctl's file"
                        ),
                        ..failure
                    },
                    _ => failure,
                };
            }
        };
        let (what, hint) = match status {
            401 => ("refused the account", refused_account(access)),
            400..=409 | 422 if speaks_of_quota(message) => (
                "refused the request",
                "delete tokens that are no longer used (\"docker-credential-ionos prune\"), or ask IONOS for a higher quota".into(),
            ),
            403 if code == FEATURE => (
                "does not let the account do this",
                "the contract does not have the Container Registry: ask IONOS to enable it".into(),
            ),
            403 => (
                "does not let the account do this",
                "ask the contract's owner for the privilege to access and manage registries (accessAndManageRegistries)".into(),
            ),
            404 => (
                "did not find the requested object",
                "check IONOS_API_URL, and registryId in config.json if it is set".into(),
            ),
            409 if self.is_taken_name() => ("refused every name for a token", TRY_LATER.into()),
            300..=399 => (
                "redirects to another address, to which the account's credentials are not sent",
                "check IONOS_API_URL".into(),
            ),
            429 => ("has too many requests", after(self.retry_after())),
            408 | 502..=504 => ("is not available", after(self.retry_after())),
            500.. => ("failed", TRY_LATER.into()),
            _ => (
                "refused the request",
                "if the settings look right, report it with this line".into(),
            ),
        };
        let quoted = message.map_or_else(String::new, |it| format!(" \"{it}\""));
        Failure {
            // To a registry that is being created, requests of its tokens may get a 404 or 409.
            is_permanent: !self.may_pass() && status != 404 && status != 409,
            ..Failure::new(format!("{api} {what}: {status}{quoted}"), hint)
        }
    }
}

fn speaks_of_quota(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.to_ascii_lowercase().contains("quota"))
}

fn refused_account(access: &Access) -> String {
    let origin = &access.origin;
    if let Some(at) = access.expired() {
        return format!(
            "the token in {origin} expired at {at}: make a new one (\"ionosctl token generate\")"
        );
    }
    match &access.credentials {
        Credentials::Password { .. } => "check that user name and password are those of the IONOS account, not of a registry token; an account with two-factor authentication needs an API token (IONOS_TOKEN) instead".into(),
        // Tokens of IONOS CLOUD are JWTs. Keys of other IONOS products are put into IONOS_TOKEN by
        // mistake.
        Credentials::Token(token) if !token.expose_secret().starts_with("eyJ") => format!(
            "IONOS CLOUD tokens begin with eyJ, and this one does not (a key of IONOS hosting is not one): make one (\"ionosctl token generate\") and put it into {origin}"
        ),
        Credentials::Token(_) => format!(
            "the token is wrong, expired or revoked: make a new one (\"ionosctl token generate\") and put it into {origin}"
        ),
    }
}

/// The hint for an API that is overloaded or down: when to try again.
fn after(retry_after: Option<Duration>) -> String {
    const A_DAY: u64 = 24 * 3600;
    match retry_after.map(|wait| wait.as_secs()) {
        None | Some(0) => TRY_LATER.into(),
        Some(wait @ 1..=A_DAY) => {
            let wait = SignedDuration::from_secs(wait.cast_signed());
            format!("try again in {wait:#}, as it asks; {STATUS_PAGE}")
        }
        Some(_) => format!("try again on another day, as it asks; {STATUS_PAGE}"),
    }
}
