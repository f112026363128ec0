//! A login at the registry, to see whether it accepts a credential.
//!
//! `GET /v2/` answers 200 to a client that is logged in (OCI distribution specification,
//! "Determining support"), and 401 with `WWW-Authenticate` to others: `Basic`, or `Bearer` with the
//! address of a token service (<https://distribution.github.io/distribution/spec/auth/token/>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::credential::Credential;
use crate::env::Deadline;
use crate::error::{Failure, TRY_LATER};
use crate::http::{Client, Endpoint, Request, Response, Retry};
use crate::registry_host::RegistryHost;

/// How a registry authenticates its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Not at all.
    Open,
    /// User name and password with each request.
    Basic,
    /// A token of the registry's token service.
    Bearer,
}

impl Scheme {
    /// The name in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "no authentication",
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
        }
    }
}

/// Logs in as a client would. Returns how the registry authenticated it.
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
    match first.status {
        200 => return Ok(Scheme::Open),
        401 => {}
        status => return Err(unexpected(&endpoint, status)),
    }
    let pair = SecretString::from(format!(
        "{}:{}",
        credential.username,
        credential.secret.expose_secret()
    ));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(pair.expose_secret())).into();
    let challenges: Vec<Challenge> = first.challenges().flat_map(Challenge::parse_all).collect();
    let of = |scheme| challenges.iter().find(|it| it.is(scheme));
    // Clients prefer Bearer, too.
    let (scheme, authorization) = if let Some(challenge) = of(Scheme::Bearer) {
        let token = fetch_token(challenge, &credential.username, &basic, deadline)?;
        let bearer = format!("Bearer {}", token.expose_secret()).into();
        (Scheme::Bearer, bearer)
    } else if of(Scheme::Basic).is_some() {
        (Scheme::Basic, basic)
    } else {
        return Err(Failure::new(
            format!("{} asks for an unknown kind of login", endpoint.host()),
            "check that this host is a registry",
        ));
    };
    let request = Request {
        authorization: Some(&authorization),
        ..request
    };
    match get(&client, &request, deadline)?.status {
        200 => Ok(scheme),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(unexpected(&endpoint, status)),
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
) -> Result<SecretString, Failure> {
    #[derive(Deserialize)]
    struct TokenResponse {
        // The name in the specification, and the one of OAuth 2.
        #[serde(alias = "access_token")]
        token: Option<SecretString>,
    }
    let endpoint = Endpoint::of_token_service(challenge.parameter("realm").unwrap_or_default())?;
    let mut query = vec![("account", username)];
    query.extend(challenge.parameter("service").map(|it| ("service", it)));
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
            .ok_or_else(|| {
                Failure::new(format!("{} returned no token", endpoint.host()), TRY_LATER)
            }),
        401 | 403 => Err(refused(endpoint.host())),
        status => Err(Failure::new(
            format!("{} answers {status}", endpoint.host()),
            TRY_LATER,
        )),
    }
}

/// One challenge of a `WWW-Authenticate` header: a scheme and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges in one header (RFC 9110, 11.6.1): `Basic realm="x", Bearer realm="y",service=z`.
    /// A comma separates both challenges and parameters, so a word without `=` before a blank begins
    /// a challenge. What cannot be read ends the list.
    pub(crate) fn parse_all(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = header;
        loop {
            rest = rest.trim_start_matches([',', ' ', '\t']);
            let end = rest.find([',', ' ', '\t', '=']).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if word.is_empty() {
                return challenges;
            }
            rest = after.trim_start_matches([' ', '\t']);
            match (rest.strip_prefix('='), challenges.last_mut()) {
                (Some(value), Some(challenge)) => {
                    let Some((value, after)) = take_value(value.trim_start()) else {
                        return challenges;
                    };
                    challenge.parameters.push((word.to_owned(), value));
                    rest = after;
                }
                (Some(_), None) => return challenges,
                (None, _) => challenges.push(Self {
                    scheme: word.to_owned(),
                    parameters: Vec::new(),
                }),
            }
        }
    }

    fn is(&self, scheme: Scheme) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// A quoted string or a token, and what follows. `None` for a quoted string without an end.
fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = text.split_at(text.find(',').unwrap_or(text.len()));
        return Some((value.trim_end().to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// Sends once: the person wants to see what the registry answers.
fn get(client: &Client, request: &Request<'_>, deadline: Deadline) -> Result<Response, Failure> {
    client
        .send(request, deadline)
        .map_err(|err| err.failure(client.endpoint().host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: &str) -> Vec<String> {
        let shown = |challenge: &Challenge| {
            let parameters = challenge.parameters.iter();
            let parameters: Vec<_> = parameters.map(|(key, it)| format!("{key}={it}")).collect();
            format!("{} {}", challenge.scheme, parameters.join(" "))
        };
        Challenge::parse_all(header).iter().map(shown).collect()
    }

    #[test]
    fn header_is_split_into_its_challenges() {
        for (header, challenges) in [
            (
                "Bearer realm=\"https://auth.example.com/token?a=b\",service=\"registry, eu\", scope=x",
                &["Bearer realm=https://auth.example.com/token?a=b service=registry, eu scope=x"][..],
            ),
            (
                "Basic realm=\"a\", Bearer realm=\"b\",service=c",
                &["Basic realm=a", "Bearer realm=b service=c"],
            ),
            (
                "Negotiate, basic  realm = \"a \\\"b\\\"\" ,charset=UTF-8",
                &["Negotiate ", "basic realm=a \"b\" charset=UTF-8"],
            ),
            (",, Basic", &["Basic "]),
            ("Bearer realm=\"x", &["Bearer "]),
            ("realm=x", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(header), challenges, "{header}");
        }
    }

    #[test]
    fn parameter_is_found_in_any_case() {
        let [challenge] = &Challenge::parse_all("Bearer realm=x,Service=y")[..] else {
            panic!("not one challenge")
        };
        assert_eq!(challenge.parameter("service"), Some("y"));
        assert_eq!(challenge.parameter("scope"), None);
    }
}
