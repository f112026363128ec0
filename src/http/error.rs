//! Errors of a request, by whether it may have arrived.

use std::io::{self, ErrorKind};

use ureq::Timeout;

use super::pin::{OtherCertificate, PINNED_CERT};
use super::proxy::Proxy;
use crate::config;
use crate::error::{Failure, TRY_LATER, one_line, system};

/// The likely cause of an answer that is not what the API describes.
pub const OTHER_SERVER: &str = "another server may have answered, such as a proxy or a login page";

/// Why a server returned no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportError {
    /// No connection: nothing was sent.
    Unreachable {
        /// What the system says.
        why: String,
    },
    /// The server did not prove its identity: nothing was sent.
    Untrusted {
        /// What TLS says.
        why: String,
        /// Whether it had to show the one certificate of `IONOS_PINNED_CERT`.
        pinned: bool,
    },
    /// The server does not speak TLS: nothing was sent.
    WithoutTls,
    /// This system has no CA certificates: nothing was sent.
    WithoutCas,
    /// The connection broke or the answer cannot be used. The request may have arrived.
    Lost {
        /// What was wrong with it.
        why: String,
    },
    /// The answer is not what the API describes. The request may have arrived.
    Foreign,
    /// No answer within the deadline.
    TimedOut {
        /// Whether the request may have arrived.
        sent: bool,
    },
}

impl TransportError {
    /// An answer that cannot be used.
    pub fn unusable(why: &str) -> Self {
        Self::Lost { why: why.into() }
    }

    /// ureq does not say whether it sent the request, so this lists the errors that can only happen
    /// before. After any other error the request may have arrived.
    pub(crate) fn from_ureq(err: &ureq::Error) -> Self {
        let why = one_line(&err.to_string());
        match err {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Unreachable {
                why: format!("no connection within {}s", super::CONNECT_TIMEOUT.as_secs()),
            },
            ureq::Error::Timeout(_) => Self::TimedOut { sent: true },
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::InvalidProxyUrl => Self::Unreachable { why },
            ureq::Error::ConnectProxyFailed(reason) => Self::Unreachable {
                // "proxy server responded 407/407"
                why: one_line(reason.split('/').next().unwrap_or_default()),
            },
            ureq::Error::Rustls(err) => Self::from_tls(err, why),
            ureq::Error::Tls(_) | ureq::Error::Pem(_) => Self::Untrusted { why, pinned: false },
            ureq::Error::Io(io) => Self::from_io(io),
            ureq::Error::BodyExceedsLimit(super::LARGEST_ANSWER) => Self::unusable(&format!(
                "an answer of more than {} MiB",
                super::LARGEST_ANSWER / super::MIB
            )),
            ureq::Error::BodyExceedsLimit(_) => Self::unusable(&format!(
                "answers of more than {} MiB together",
                super::ALL_ANSWERS / super::MIB
            )),
            _ => Self::Lost { why },
        }
    }

    fn from_io(err: &io::Error) -> Self {
        match err.kind() {
            // How rustls reports a handshake that failed.
            ErrorKind::InvalidData => match err.get_ref().and_then(|err| err.downcast_ref()) {
                Some(tls) => Self::from_tls(tls, system(err)),
                None => Self::Untrusted {
                    why: system(err),
                    pinned: false,
                },
            },
            // rustls's own words contain a link to its manual.
            ErrorKind::UnexpectedEof => Self::unusable("the connection was closed"),
            // `Interrupted`: a deferred signal ends a read that has a timeout.
            ErrorKind::Interrupted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::TimedOut
            | ErrorKind::WouldBlock => Self::Lost { why: system(err) },
            _ => Self::Unreachable { why: system(err) },
        }
    }

    /// `why` is rustls's own text, used where it describes the error well.
    fn from_tls(err: &rustls::Error, why: String) -> Self {
        if let rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) = err {
            // Most likely it answered in plain HTTP.
            return Self::WithoutTls;
        }
        // The platform verifier's words: `debian:slim` has none, and `SSL_CERT_FILE` may be wrong.
        if matches!(err, rustls::Error::General(why) if why.starts_with("No CA certificates")) {
            return Self::WithoutCas;
        }
        let other = OtherCertificate::behind(err).map(ToString::to_string);
        Self::Untrusted {
            pinned: other.is_some(),
            why: other
                .or_else(|| certificate_problem(err).map(ToOwned::to_owned))
                .unwrap_or(why),
        }
    }

    /// The same error after the server began to answer.
    pub(super) fn after_sending(self) -> Self {
        match self {
            Self::Unreachable { why } | Self::Untrusted { why, .. } => Self::Lost { why },
            Self::WithoutTls | Self::WithoutCas => Self::unusable("the connection broke"),
            other => other,
        }
    }

    /// Names the proxy, which may be the cause.
    pub(super) fn through(mut self, proxy: &Proxy) -> Self {
        if let Self::Unreachable { why } | Self::Untrusted { why, .. } = &mut self {
            *why = format!("{why} ({proxy})");
        }
        self
    }

    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    pub(super) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Foreign
        )
    }

    /// Whether the server may have done what was requested.
    pub fn may_have_arrived(&self) -> bool {
        matches!(
            self,
            Self::Lost { .. } | Self::Foreign | Self::TimedOut { sent: true }
        )
    }

    /// The line for a person.
    pub fn failure(&self, host: &str) -> Failure {
        let (what, hint) = match self {
            Self::Unreachable { why } => (
                format!("no connection to {host}: {why}"),
                "check the network and HTTPS_PROXY".into(),
            ),
            Self::Untrusted { why, pinned: true } => (
                format!("no trusted connection to {host}: {why}"),
                format!(
                    "check which certificate IONOS publishes, then set {PINNED_CERT} to its fingerprint or unset it"
                ),
            ),
            Self::Untrusted { why, .. } => (
                format!("no trusted connection to {host}: {why}"),
                "behind a company proxy, add its CA to the system's or name it in SSL_CERT_FILE"
                    .into(),
            ),
            Self::WithoutTls => (
                format!("no trusted connection to {host}: it does not speak TLS"),
                "check IONOS_API_URL, and HTTPS_PROXY if it is set".into(),
            ),
            Self::WithoutCas => (
                format!("no trusted connection to {host}: no CA certificates were found"),
                "install the package ca-certificates; SSL_CERT_FILE, if it is set, must name a PEM file with CA certificates".into(),
            ),
            Self::TimedOut { .. } => (
                format!("{host} gave no answer in time"),
                format!("try again, or {}", config::ALLOW_MORE_TIME),
            ),
            Self::Foreign => (
                format!("{host} gave no usable answer: it does not match the API's description"),
                format!("{OTHER_SERVER}: check the network and HTTPS_PROXY"),
            ),
            Self::Lost { why } => (
                format!("{host} gave no usable answer: {why}"),
                TRY_LATER.into(),
            ),
        };
        Failure::new(what, hint)
    }
}

/// What is wrong with a certificate, where rustls's own text is the name of a variant or bytes.
/// Go and OpenSSL accept some of these certificates.
fn certificate_problem(err: &rustls::Error) -> Option<&'static str> {
    use rustls::CertificateError as C;
    const NOT_FOR_SERVERS: &str = "its certificate is not for servers (extendedKeyUsage)";
    let rustls::Error::InvalidCertificate(err) = err else {
        return None;
    };
    Some(match err {
        C::UnknownIssuer => "its certificate is issued by an unknown CA",
        C::BadSignature => {
            "its certificate is not signed by the CA that it names, or with RSA of less than 2048 bits"
        }
        C::BadEncoding => "its certificate cannot be read",
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => NOT_FOR_SERVERS,
        C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate or CA uses an algorithm that is not supported here, such as SHA-1, DSA or P-521"
        }
        C::Other(other) => match format!("{:?}", other.0).as_str() {
            // The platform verifier's name for it.
            "EkuError" => NOT_FOR_SERVERS,
            "CaUsedAsEndEntity" => {
                "its certificate is that of a CA (basicConstraints CA:TRUE), not of a server"
            }
            "EndEntityUsedAsCa" => {
                "the CA's certificate is not that of a CA (basicConstraints CA:TRUE is missing)"
            }
            "UnsupportedCertVersion" => {
                "its certificate or CA is of X.509 version 1, without extensions"
            }
            "PathLenConstraintViolated" => "its CA was not allowed to issue another CA (pathlen)",
            "NameConstraintViolation" => "its CA was not allowed to issue for this name",
            "UnsupportedCriticalExtension" => {
                "its certificate has a critical extension that is not supported here"
            }
            _ => return None,
        },
        _ => return None,
    })
}
