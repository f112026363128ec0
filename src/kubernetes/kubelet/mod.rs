//! The kubelet's image credential provider protocol.
//!
//! To pull an image, the kubelet runs the program with a `CredentialProviderRequest` on stdin and
//! reads one `CredentialProviderResponse` from stdout. It decodes strictly and does not log why it
//! rejects a response, so the type [`Response`] allows only what it accepts. It logs stderr on
//! failure, and kills the program after a minute.

pub mod check;
mod provider_config;
mod request;
mod response;

use std::io;
use std::time::Duration;

pub use request::{ApiVersion, PROFILE_ANNOTATION, Request};
pub use response::Response;

use crate::config::{ConfigFile, Places};
use crate::credential;
use crate::docker::input;
use crate::env;
use crate::error::Failure;
use crate::kubernetes;
use crate::output::{self, Reply};

/// The kubelet kills the program after 60 s; the cleanup after the response may take a second.
const LONGEST: Duration = Duration::from_secs(50);

/// In bytes. More than a token and the annotations of a service account can be.
const LONGEST_REQUEST: u64 = 1024 * 1024;

/// Answers the request on stdin.
pub fn answer(profile: Option<&str>) -> Reply {
    match read().and_then(|request| respond(&request, profile)) {
        Ok(reply) => reply,
        // On stdout only a response is allowed.
        Err(failure) => Reply {
            stdout: None,
            ..Reply::failure(&failure)
        },
    }
}

fn read() -> Result<Request, Failure> {
    let bytes = input::read(&mut io::stdin(), LONGEST_REQUEST);
    Request::parse(&bytes.ok_or_else(|| request::unusable("it is longer than 1 MiB"))?)
}

fn respond(request: &Request, profile: Option<&str>) -> Result<Reply, Failure> {
    let registry = &request.registry;
    let context = format!("no credential for {registry}");
    let Some(config) =
        ConfigFile::load_if_ours(registry).map_err(|failure| failure.within(&context))?
    else {
        return Ok(line(&Response::none(request.api_version)));
    };
    let annotated = request.profile.as_deref();
    if let Some(name) = annotated {
        config.profile(name).map_err(|failure| {
            let context = format!("{context}: annotation {PROFILE_ANNOTATION}");
            failure.within(&context)
        })?;
    }
    let profile = kubernetes::profile(registry, &config, annotated.or(profile));
    let answer = Places::of_service()
        .and_then(|places| credential::get_in(&places, LONGEST, registry, &config, profile))
        .map_err(|failure| failure.within(&context))?;
    let response = Response::of(request, &answer.credential, env::now());
    Ok(Reply {
        deferred: answer.cleanup.map(credential::Cleanup::deferred),
        ..line(&response)
    })
}

fn line(response: &Response<'_>) -> Reply {
    // A map of strings always serializes.
    Reply::line(output::json(response).unwrap_or_default())
}
