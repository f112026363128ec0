//! The registry itself, asked whether it takes a credential.
//!
//! `GET /v2/` answers 200 to who is let in (OCI distribution specification, "Determining support").
//! Who is not gets 401 and `WWW-Authenticate`: `Basic`, or `Bearer` with the address of a token
//! service (<https://distribution.github.io/distribution/spec/auth/token/>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::credential::Credential;
use crate::env::Deadline;
use crate::error::{Failure, TRY_LATER, one_line};
use crate::http::{Client, Endpoint, Request, Response, Retry};
use crate::registry_host::RegistryHost;

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
    host: &RegistryHost,
    credential: &Credential,
    deadline: Deadline,
) -> Result<Scheme, Failure> {
    let endpoint = Endpoint::of_registry(host)?;
    let client = Client::new(endpoint.clone())?;
    let request = Request {
        retry: Retry::Never,
        ..Request::get("/v2/", &[])
    };
    let first = get(&client, &request, deadline)?;
    let challenge = match first.status {
        200 => return Ok(Scheme::Open),
        401 => one_line(first.challenge().unwrap_or_default()),
        status => return Err(strange(&endpoint, status)),
    };
    let pair = SecretString::from(format!(
        "{}:{}",
        credential.username,
        credential.secret.expose_secret()
    ));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(pair.expose_secret())).into();
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
    let request = Request {
        authorization: Some(&authorization),
        ..request
    };
    match get(&client, &request, deadline)?.status {
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
    struct TokenResponse {
        // The one the specification names, and the one of OAuth 2.
        #[serde(alias = "access_token")]
        token: Option<SecretString>,
    }
    let realm = parameter(parameters, "realm").unwrap_or_default();
    let service = parameter(parameters, "service");
    let endpoint = Endpoint::of_token_service(&realm)?;
    let mut query = vec![("account", username)];
    query.extend(service.as_deref().map(|service| ("service", service)));
    let client = Client::new(endpoint.clone())?;
    let request = Request {
        authorization: Some(basic),
        retry: Retry::Never,
        ..Request::get("", &query)
    };
    let answer = get(&client, &request, deadline)?;
    match answer.status {
        200 => answer
            .json::<TokenResponse>()
            .ok()
            .and_then(|answer| answer.token)
            .ok_or_else(|| Failure::new(format!("{} gave no token", endpoint.host()), TRY_LATER)),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(Failure::new(
            format!("{} answers {status}", endpoint.host()),
            TRY_LATER,
        )),
    }
}

/// `name="value"` among the parameters of a challenge.
pub(crate) fn parameter(parameters: &str, name: &str) -> Option<String> {
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

/// Asks once: what a registry answers is what the person wants to see.
fn get(client: &Client, request: &Request<'_>, deadline: Deadline) -> Result<Response, Failure> {
    client
        .send(request, deadline)
        .map_err(|err| err.failure(client.endpoint().host()))
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
