//! The Rust crate `docker_credential`. It reads the environment of the process, so this test
//! program starts itself under the crate's name as the client.

use std::{
    env,
    ffi::OsStr,
    fmt::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
};

use docker_credential::DockerCredential;

use crate::{
    failures::{API_DOWN, WRONG_ACCOUNT, WRONG_TOKEN},
    person::{Answer, Person, cred_helpers},
    site::{FIRST_MINT, HELPER, Scheme, Site},
    support::fake_ionos::DEMO_HOST,
};

const NAME: &str = "docker_credential";

/// Whether this process is the client.
pub(crate) fn is_this_process() -> bool {
    let called = env::args_os().next().unwrap_or_default();
    Path::new(&called).file_name() == Some(OsStr::new(NAME))
}

/// Looks up the host in the only argument.
pub(crate) fn main() -> ExitCode {
    let host = env::args().nth(1).unwrap_or_default();
    match docker_credential::get_credential(&host) {
        Ok(DockerCredential::UsernamePassword(user, secret)) => {
            println!("{user} {}", digest(&secret));
            ExitCode::SUCCESS
        }
        Ok(DockerCredential::IdentityToken(_)) => {
            eprintln!("an identity token");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// SHA-256 of a secret in lower-case hex, which may be printed.
pub(crate) fn digest(secret: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// A lookup, cached and failing.
pub(crate) fn look_up() -> Option<String> {
    let site = Site::open("the crate docker_credential", Scheme::BASIC);
    let mut person = Person::new(&site);
    person.write(".docker/config.json", &cred_helpers());
    let client: PathBuf = site.dir("clients").join(NAME);
    symlink(env::current_exe().unwrap(), &client).unwrap();

    let found = person
        .run(&client, &[DEMO_HOST])
        .succeeds()
        .calling(FIRST_MINT);
    let (token, password) = site.one_token();
    assert_eq!(found.stdout, format!("{token} {}\n", digest(&password)));
    let again = person.run(&client, &[DEMO_HOST]).succeeds().calling(&[]);
    assert_eq!(again.stdout, found.stdout);

    let failed = "Credential helper `docker-credential-ionos` returned non-zero response code";
    person.set("IONOS_TOKEN", WRONG_TOKEN);
    let refused = person.run(&client, &[DEMO_HOST]).fails().says(failed);
    twice(&refused, WRONG_ACCOUNT);
    site.stop_the_api();
    person.set("IONOS_TOKEN", "another-token-that-nobody-has-seen");
    let refused = person.run(&client, &[DEMO_HOST]).fails().says(failed);
    twice(&refused, API_DOWN);
    None
}

/// The crate's error contains both streams, so our line appears twice.
#[track_caller]
fn twice(refused: &Answer, what: &str) {
    let line = format!("\n{HELPER}: {what} (account from IONOS_TOKEN); ");
    assert_eq!(refused.stderr.matches(&line).count(), 2, "{refused}");
}
