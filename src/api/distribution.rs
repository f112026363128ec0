//! The registry itself, asked whether it takes a credential.
//!
//! `GET /v2/` answers 200 to who is let in (OCI distribution specification, "Determining support").
//! Who is not gets 401 and `WWW-Authenticate`: `Basic`, or `Bearer` with the address of a token
//! service (<https://distribution.github.io/distribution/spec/auth/token/>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use log::debug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use ureq::http::{HeaderValue, Request, header};

use super::endpoint::Endpoint;
use super::proxy::Proxy;
use super::{ApiError, Trust, settings, tls};
use crate::credential::Credential;
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::registry::Registry;

/// Tokens of token services are a few kilobytes.
const LARGEST_ANSWER: u64 = 256 * 1024;

/// How a registry lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Everybody.
    Open,
    /// User name and password with each request.
    Basic,
    /// A token of the registry's token service.
    Bearer,
}

impl Scheme {
    /// As it is called in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "anybody",
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
        }
    }
}

/// Logs in as a client would. `Ok` says how.
pub fn log_in(
    host: &Registry,
    credential: &Credential,
    deadline: Deadline,
) -> Result<Scheme, Failure> {
    let endpoint = Endpoint::of_registry(host)?;
    let visitor = Visitor::new(&endpoint, deadline)?;
    let url = endpoint.url("/v2/", &[]);
    let first = visitor.get(&url, None)?;
    let challenge = match first.status {
        200 => return Ok(Scheme::Open),
        401 => first.challenge,
        status => return Err(strange(&endpoint, status)),
    };
    let pair = SecretString::from(format!(
        "{}:{}",
        credential.username,
        credential.secret.expose_secret()
    ));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(pair.expose_secret())).into();
    let challenge = challenge.unwrap_or_default();
    let (scheme, authorization) = match challenge.split_once(' ').unwrap_or((&challenge, "")) {
        (scheme, _) if scheme.eq_ignore_ascii_case("basic") => (Scheme::Basic, basic),
        (scheme, parameters) if scheme.eq_ignore_ascii_case("bearer") => {
            let token = fetch_token(parameters, &credential.username, &basic, deadline)?;
            let bearer = format!("Bearer {}", token.expose_secret()).into();
            (Scheme::Bearer, bearer)
        }
        _ => {
            return Err(Failure::new(
                format!("{} asks for a login of an unknown kind", endpoint.host()),
                "see whether this host is a registry",
            ));
        }
    };
    match visitor.get(&url, Some(&authorization))?.status {
        200 => Ok(scheme),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(strange(&endpoint, status)),
    }
}

fn refused(host: &str) -> Failure {
    Failure::new(
        format!("{host} does not accept the credential"),
        "the token may have been deleted at the API: run docker logout for this host, then try again",
    )
}

fn strange(endpoint: &Endpoint, status: u16) -> Failure {
    Failure::new(
        format!("{} answers {status} to GET /v2/", endpoint.host()),
        "see whether this host is a registry, and whether its allow list (apiSubnetAllowList) lets this machine in",
    )
}

/// What the token service gives for the credential.
fn fetch_token(
    parameters: &str,
    username: &str,
    basic: &SecretString,
    deadline: Deadline,
) -> Result<SecretString, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        // The one the specification names, and the one of OAuth 2.
        #[serde(alias = "access_token")]
        token: Option<SecretString>,
    }
    let realm = parameter(parameters, "realm").unwrap_or_default();
    let service = parameter(parameters, "service");
    let endpoint = Endpoint::of_token_service(&realm)?;
    let mut query = vec![("account", username)];
    query.extend(service.as_deref().map(|service| ("service", service)));
    let visitor = Visitor::new(&endpoint, deadline)?;
    let answer = visitor.get(&endpoint.url("", &query), Some(basic))?;
    match answer.status {
        200 => serde_json::from_slice::<Answer>(answer.body.expose_secret().as_bytes())
            .ok()
            .and_then(|answer| answer.token)
            .ok_or_else(|| {
                Failure::new(
                    format!("{} gave no token", endpoint.host()),
                    "try again in a moment; https://status.ionos.cloud tells of outages",
                )
            }),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(Failure::new(
            format!("{} answers {status}", endpoint.host()),
            "try again in a moment; https://status.ionos.cloud tells of outages",
        )),
    }
}

/// `name="value"` among the parameters of a challenge.
pub(super) fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        if key.trim_matches([' ', ',']).eq_ignore_ascii_case(name) {
            return Some(value.trim().to_owned());
        }
        rest = next;
    }
}

struct Visitor {
    agent: ureq::Agent,
    proxy: Option<Proxy>,
    host: String,
    deadline: Deadline,
}

struct Answer {
    status: u16,
    challenge: Option<String>,
    body: SecretString,
}

impl Visitor {
    fn new(endpoint: &Endpoint, deadline: Deadline) -> Result<Self, Failure> {
        let proxy = Proxy::from_env(endpoint)?;
        let config = settings(proxy.as_ref());
        Ok(Self {
            agent: tls::agent(config, &Trust::default())?,
            proxy,
            host: endpoint.host().to_owned(),
            deadline,
        })
    }

    fn get(&self, url: &str, authorization: Option<&SecretString>) -> Result<Answer, Failure> {
        self.send(url, authorization).map_err(|err| {
            let err = match &self.proxy {
                Some(proxy) => err.on_the_way_through(proxy),
                None => err,
            };
            err.failure_at(&self.host)
        })
    }

    fn send(&self, url: &str, authorization: Option<&SecretString>) -> Result<Answer, ApiError> {
        let left = self.deadline.left();
        if left.is_zero() {
            return Err(ApiError::TimedOut { sent: false });
        }
        let mut request = Request::get(url);
        if let Some(headers) = request.headers_mut()
            && let Some(Ok(mut value)) =
                authorization.map(|value| HeaderValue::from_str(value.expose_secret()))
        {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let response = request
            .body(())
            .map_err(ureq::Error::from)
            .and_then(|request| {
                let request = self.agent.configure_request(request);
                self.agent.run(request.timeout_global(Some(left)).build())
            })
            .map_err(|err| ApiError::from_transport(&err))?;
        let (parts, mut body) = response.into_parts();
        debug!("GET {}: {}", self.host, parts.status.as_u16());
        let challenge = parts.headers.get(header::WWW_AUTHENTICATE);
        let body = body.with_config().limit(LARGEST_ANSWER).read_to_string();
        Ok(Answer {
            status: parts.status.as_u16(),
            challenge: challenge.and_then(|value| Some(one_line(value.to_str().ok()?))),
            body: body.unwrap_or_default().into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_by_names() {
        let challenge =
            "realm=\"https://auth.example.com/token?a=b\",service=\"registry, eu\", scope=x";
        for (name, value) in [
            ("realm", Some("https://auth.example.com/token?a=b")),
            ("Service", Some("registry, eu")),
            ("scope", Some("x")),
            ("error", None),
        ] {
            assert_eq!(parameter(challenge, name).as_deref(), value, "{name}");
        }
        assert_eq!(parameter("realm", "realm"), None);
        assert_eq!(parameter("realm=\"x", "realm"), None);
    }
}
