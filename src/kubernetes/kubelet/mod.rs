//! The kubelet's protocol: the image credential provider.
//!
//! A kubelet that pulls an image runs us with a `CredentialProviderRequest` on stdin and takes one
//! `CredentialProviderResponse` from stdout. It decodes strictly and hides why it threw an answer
//! away, so [`Response`] can only be what it accepts, and `check` reads its configuration as it
//! does. It logs the whole of stderr when we fail, and kills us after a minute.

mod api_version;
pub mod check;
mod request;
mod response;

use std::io::{self, Read};
use std::time::Duration;

pub use api_version::ApiVersion;
pub use request::{PROFILE_ANNOTATION, Request};
pub use response::Response;

use crate::config::{ConfigFile, Places};
use crate::credential;
use crate::env;
use crate::error::Failure;
use crate::kubernetes;
use crate::output::{self, Reply};

/// The kubelet kills us after 60 s, and what is tidied up after the answer takes a second more.
const LONGEST: Duration = Duration::from_secs(50);

/// More than a token and the annotations of a service account can be; the rest is read and dropped.
const LONGEST_INPUT: usize = 1024 * 1024;

/// Answers the request on stdin.
pub fn answer(stdin: &mut dyn Read, profile: Option<&str>) -> Reply {
    match read(stdin).and_then(|request| respond(&request, profile)) {
        Ok(reply) => reply,
        // Nothing on stdout, where only an answer may be.
        Err(failure) => Reply {
            stdout: None,
            ..Reply::failure(&failure)
        },
    }
}

/// To the end: a kubelet that cannot get rid of its request fails.
fn read(stdin: &mut dyn Read) -> Result<Request, Failure> {
    let mut bytes = Vec::new();
    let limit = LONGEST_INPUT as u64 + 1;
    let _ = stdin.take(limit).read_to_end(&mut bytes);
    if bytes.len() > LONGEST_INPUT {
        let _ = io::copy(stdin, &mut io::sink());
        return Err(request::unusable("it is longer than 1 MiB"));
    }
    Request::parse(&bytes)
}

fn respond(request: &Request, profile: Option<&str>) -> Result<Reply, Failure> {
    let registry = &request.registry;
    let context = format!("no credential for {registry}");
    let Some(config) =
        ConfigFile::load_if_ours(registry).map_err(|failure| failure.within(&context))?
    else {
        return line(&Response::none(request.api_version));
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
        deferred: answer
            .cleanup
            .map(|cleanup| output::Deferred::new(|| cleanup.run())),
        ..line(&response)?
    })
}

fn line(response: &Response<'_>) -> Result<Reply, Failure> {
    serde_json::to_string(response)
        .map(Reply::line)
        .map_err(|_| Failure::new("the answer is no JSON", "report this"))
}
