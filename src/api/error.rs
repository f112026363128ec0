//! What a call came to, by what the caller does next.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::time::Duration;

use ureq::Timeout;

use super::pin::OtherCertificate;
use crate::account::Access;
use crate::error::{Failure, one_line, system};

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
    /// No connection: nothing was sent.
    Unreachable {
        /// What the system says.
        why: String,
    },
    /// The other side is not who it should be: nothing was sent.
    Untrusted {
        /// What TLS says.
        why: String,
        /// Whether it was to show the one certificate of `IONOS_PINNED_CERT`.
        pinned: bool,
    },
    /// Not TLS where TLS is spoken: nothing was sent.
    WithoutTls,
    /// The connection broke or the answer made no sense. Whether something was done is not known.
    Lost {
        /// What was wrong with it.
        why: String,
    },
    /// No answer within the deadline.
    TimedOut {
        /// Whether the request may have arrived.
        sent: bool,
    },
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

    pub(super) fn unusable(why: &str) -> Self {
        Self::Lost { why: why.into() }
    }

    /// ureq does not say whether the request was on its way, so this goes by what can only happen
    /// before. In doubt it may have arrived.
    pub(super) fn from_transport(err: &ureq::Error) -> Self {
        let why = one_line(&err.to_string());
        match err {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Unreachable {
                why: "no connection within 3s".into(),
            },
            ureq::Error::Timeout(_) => Self::TimedOut { sent: true },
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::InvalidProxyUrl => Self::Unreachable { why },
            ureq::Error::ConnectProxyFailed(reason) => Self::Unreachable {
                // "proxy server responded 407/407"
                why: one_line(reason.split('/').next().unwrap_or_default()),
            },
            ureq::Error::Rustls(err) if speaks_no_tls(err) => Self::WithoutTls,
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_) => {
                Self::Untrusted { why, pinned: false }
            }
            ureq::Error::Io(io) => match io.kind() {
                // How rustls reports a handshake that failed.
                ErrorKind::InvalidData if behind(io).is_some_and(speaks_no_tls) => Self::WithoutTls,
                ErrorKind::InvalidData => match OtherCertificate::behind(io) {
                    Some(other) => Self::Untrusted {
                        why: other.to_string(),
                        pinned: true,
                    },
                    None => Self::Untrusted {
                        why: system(io),
                        pinned: false,
                    },
                },
                // rustls says it with a link to its own manual.
                ErrorKind::UnexpectedEof => Self::unusable("the connection was closed"),
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::TimedOut
                | ErrorKind::WouldBlock => Self::Lost { why: system(io) },
                _ => Self::Unreachable { why: system(io) },
            },
            ureq::Error::BodyExceedsLimit(_) => Self::unusable("an answer of more than 4 MiB"),
            _ => Self::Lost { why },
        }
    }

    pub(super) fn after_sending(self) -> Self {
        match self {
            Self::Unreachable { why } | Self::Untrusted { why, .. } => Self::Lost { why },
            Self::WithoutTls => Self::unusable("the connection broke"),
            other => other,
        }
    }

    /// Names the proxy where the trouble may be the proxy's.
    pub(super) fn on_the_way_through(mut self, proxy: &impl Display) -> Self {
        if let Self::Unreachable { why } | Self::Untrusted { why, .. } = &mut self {
            *why = format!("{why} ({proxy})");
        }
        self
    }

    /// Whether a request that changes nothing is worth another try.
    pub(super) fn passes(&self) -> bool {
        matches!(
            self,
            Self::Busy { .. }
                | Self::Unavailable { .. }
                | Self::Unreachable { .. }
                | Self::Lost { .. }
        )
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether a request that makes something may have made it.
    pub fn is_doubtful(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Lost { .. } | Self::TimedOut { sent: true }
        )
    }

    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        let api = access.endpoint.host();
        let (what, hint) = match self {
            Self::Unauthorized { said } => (
                format!("{api} refused the account: 401{}", quoted(said.as_deref())),
                if let Some(ended) = access.ended() {
                    format!("the token in {} expired at {ended}: make a new one (\"ionosctl token generate\")", access.origin)
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
                LATER.into(),
            ),
            Self::Refused { status, said } if (300..400).contains(status) => (
                format!("{api} redirects elsewhere, where the account's credentials are not sent: {status}{}", quoted(said.as_deref())),
                "check IONOS_API_URL".into(),
            ),
            Self::Refused { status, said } if *status >= 500 => (
                format!("{api} failed: {status}{}", quoted(said.as_deref())),
                LATER.into(),
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
            Self::Unreachable { why } => (
                format!("no connection to {api}: {why}"),
                "check the network, HTTPS_PROXY and IONOS_API_URL".into(),
            ),
            Self::Untrusted { .. }
            | Self::WithoutTls
            | Self::Lost { .. }
            | Self::TimedOut { .. } => return self.failure_at(api),
        };
        Failure::new(what, hint)
    }

    /// The line for a person where no account matters.
    pub(super) fn failure_at(&self, host: &str) -> Failure {
        let (what, hint) = match self {
            Self::Unreachable { why } => (
                format!("no connection to {host}: {why}"),
                "check the network and HTTPS_PROXY",
            ),
            Self::Untrusted { why, pinned } => (
                format!("no trusted connection to {host}: {why}"),
                if *pinned {
                    "check what IONOS says its certificate is, then set IONOS_PINNED_CERT to that or unset it"
                } else {
                    "if a company proxy is between, add its CA to the system's or name it in SSL_CERT_FILE"
                },
            ),
            Self::WithoutTls => (
                format!("no trusted connection to {host}: it does not speak TLS"),
                "check IONOS_API_URL, and HTTPS_PROXY if it is set",
            ),
            Self::TimedOut { .. } => (
                format!("{host} gave no answer in time"),
                "try again, or allow more time with IONOS_CR_TIMEOUT (8s unless set)",
            ),
            Self::Lost { why } => (format!("{host} gave no usable answer: {why}"), LATER),
            _ => (format!("{host} gave no usable answer"), LATER),
        };
        Failure::new(what, hint)
    }
}

/// rustls's error in an error of a stream.
fn behind(err: &io::Error) -> Option<&rustls::Error> {
    err.get_ref()?.downcast_ref()
}

/// Bytes that begin no record: plain HTTP, most likely.
fn speaks_no_tls(err: &rustls::Error) -> bool {
    matches!(
        err,
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)
    )
}

const LATER: &str = "try again in a moment; https://status.ionos.cloud tells of outages";

/// When to try again, as far as the API says.
fn after(retry_after: Option<Duration>) -> String {
    match retry_after.map(|wait| wait.as_secs()) {
        None | Some(0) => LATER.into(),
        Some(wait) => format!("it asks to wait {wait}s; try again then"),
    }
}

fn quoted(said: Option<&str>) -> String {
    said.map(|said| format!(" \"{said}\"")).unwrap_or_default()
}
