//! A login at the registry, to see whether it accepts a credential.
//!
//! `GET /v2/` answers 200 to a client that is logged in (OCI distribution specification,
//! "Determining support"), and 401 with `WWW-Authenticate` to others: `Basic`, or `Bearer` with the
//! address of a token service (<https://distribution.github.io/distribution/spec/auth/token/>).

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::credential::Credential;
use crate::env::Deadline;
use crate::error::{Failure, TRY_LATER};
use crate::http::{self, Challenge, Client, Endpoint, Request, Response, Retry};
use crate::registry_host::RegistryHost;
use crate::secret::Secret;

/// User name and password with each request.
const BASIC: &str = "Basic";
/// A token of the registry's token service.
const BEARER: &str = "Bearer";

/// Logs in as a client would. Returns the scheme with which the registry authenticated it; `None` if
/// the registry needs no login.
pub fn log_in(
    host: &RegistryHost,
    credential: &Credential,
    deadline: Deadline,
) -> Result<Option<&'static str>, Failure> {
    let client = Client::new(Endpoint::of_registry(host)?)?;
    let endpoint = client.endpoint();
    let first = get(&client, Request::get("/v2/", &[]), deadline)?;
    match first.status {
        200 => return Ok(None),
        401 => {}
        status => return Err(unexpected(endpoint, status)),
    }
    let basic = http::basic(&credential.username, &credential.secret);
    let challenges = first.challenges();
    let of = |scheme: &str| challenges.iter().find(|it| it.is(scheme));
    // Clients prefer Bearer, too.
    let (scheme, authorization) = if let Some(challenge) = of(BEARER) {
        let token = fetch_token(challenge, &credential.username, &basic, deadline)?;
        let bearer = format!("{BEARER} {}", token.expose_secret()).into();
        (BEARER, bearer)
    } else if of(BASIC).is_some() {
        (BASIC, basic)
    } else {
        return Err(Failure::new(
            format!("{} asks for an unknown kind of login", endpoint.host()),
            "check that this host is a registry",
        ));
    };
    let request = Request {
        authorization: Some(&authorization),
        ..Request::get("/v2/", &[])
    };
    match get(&client, request, deadline)?.status {
        200 => Ok(Some(scheme)),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(unexpected(endpoint, status)),
    }
}

fn refused(host: &str) -> Failure {
    Failure::new(
        format!("{host} does not accept the credential"),
        "the token may have been deleted at the API: run docker logout for this host, then try again",
    )
}

fn unexpected(endpoint: &Endpoint, status: u16) -> Failure {
    let hint = match status {
        429 | 500.. => TRY_LATER,
        _ => {
            "check that this host is a registry, and that its allow list (apiSubnetAllowList) lets this machine in"
        }
    };
    let what = format!("{} answers {status} to GET /v2/", endpoint.host());
    Failure::new(what, hint)
}

/// Gets a token from the token service for the credential.
fn fetch_token(
    challenge: &Challenge,
    username: &str,
    basic: &SecretString,
    deadline: Deadline,
) -> Result<Secret, Failure> {
    #[derive(Deserialize)]
    struct TokenResponse {
        token: Option<Secret>,
        // The name in OAuth 2. Docker Hub, Harbor and GitLab return both.
        access_token: Option<Secret>,
    }
    let realm = challenge.parameter("realm").unwrap_or_default();
    let client = Client::new(Endpoint::of_token_service(realm)?)?;
    let service = client.endpoint().host();
    let mut query = vec![("account", username)];
    query.extend(challenge.parameter("service").map(|it| ("service", it)));
    let request = Request {
        authorization: Some(basic),
        ..Request::get("", &query)
    };
    let answer = get(&client, request, deadline)?;
    match answer.status {
        200 => {
            let answer: TokenResponse = answer.json().map_err(|err| err.failure(service))?;
            let token = answer.token.or(answer.access_token);
            token.ok_or_else(|| Failure::new(format!("{service} returned no token"), TRY_LATER))
        }
        401 | 403 => Err(refused(service)),
        status => Err(Failure::new(
            format!("{service} answers {status}"),
            TRY_LATER,
        )),
    }
}

/// Sends once: the person wants to see what the registry answers.
fn get(client: &Client, request: Request<'_>, deadline: Deadline) -> Result<Response, Failure> {
    let retry = Retry::Never;
    client
        .send(&Request { retry, ..request }, deadline)
        .map_err(|err| err.failure(client.endpoint().host()))
}
