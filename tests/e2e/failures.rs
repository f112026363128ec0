//! Common failures: a revoked token, a wrong account, an unreachable API.

use std::path::{Path, PathBuf};

use crate::{
    docker::{self, DISTRIBUTION},
    docker_py,
    engine::{self, Engine},
    needs,
    person::{Answer, Person, cred_helpers},
    podman,
    site::{CHECKED_REVOCATION, FIRST_MINT, HELPER, Scheme, Site},
    skopeo,
    support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST},
};

/// A token that no account has.
pub(crate) const WRONG_TOKEN: &str = "not-a-token-of-this-account";
/// The program's error line when the API refuses the account.
pub(crate) const WRONG_ACCOUNT: &str = "no credential for demo.cr.de-fra.ionos.com: api.ionos.com refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\"";
/// The program's error line when the API is down.
pub(crate) const API_DOWN: &str = "no credential for demo.cr.de-fra.ionos.com: no connection to api.ionos.com: Connection refused";

/// Messages of skopeo, podman and buildah for a failing helper.
const CONTAINERS_WITHOUT: &str =
    "error getting credentials - err: exit status 1, out: `docker-credential-ionos: no credential";

/// A client's own messages.
struct Words {
    /// The registry rejects the credential, at a pull.
    revoked: &'static str,
    /// The same at a login.
    login_revoked: &'static str,
    /// There is no credential, at a pull.
    without: &'static str,
    /// The same at a login.
    login_without: &'static str,
}

/// A user's client and its commands.
struct Client<'a> {
    person: Person<'a>,
    program: PathBuf,
    /// `None` for a library.
    login: Option<Vec<String>>,
    pull: Vec<String>,
    /// Removes the pulled image, so that the next pull contacts the registry.
    remove: Option<Vec<String>>,
    logout: Vec<String>,
    /// The file from which logout removes the helper, if the client does so.
    configured_in: &'static str,
}

impl Client<'_> {
    fn run(&self, arguments: &[String]) -> Answer {
        self.person.run(&self.program, arguments)
    }

    fn pull(&self) -> Answer {
        self.run(&self.pull)
    }

    fn remove(&self) {
        if let Some(remove) = &self.remove {
            self.run(remove).succeeds().calling(&[]);
        }
    }

    fn logout(&self) -> Answer {
        let answer = self.run(&self.logout).succeeds();
        self.person.write(self.configured_in, &cred_helpers());
        answer
    }

    /// Asserts the reason of a failing login and a failing pull.
    #[track_caller]
    fn refused(&self, why: &str, words: &Words) -> Vec<String> {
        let mut calls = Vec::new();
        if let Some(login) = &self.login {
            let login = self.run(login).fails().says(words.login_without);
            calls.extend(login.we_say(why).calls);
        }
        let pull = self.pull().fails().says(words.without);
        calls.extend(pull.we_say(why).calls);
        calls
    }
}

/// The image exists here and at the registry, and the credential is cached.
fn story(site: &Site, mut client: Client<'_>, words: &Words) {
    // The program does not notice a revoked token, and no client reports it.
    site.revoke_all_tokens();
    client.remove();
    let dead = client.pull().fails().calling(&[]).says(words.revoked);
    assert!(!dead.stderr.contains(HELPER), "{dead}");
    if let Some(login) = &client.login {
        let dead = client.run(login).fails().calling(&[]);
        dead.says(words.login_revoked);
    }
    // Logout and login are the fix.
    client.logout().calling(CHECKED_REVOCATION);
    client.pull().succeeds().calling(FIRST_MINT);
    client.remove();

    client.person.set("IONOS_TOKEN", WRONG_TOKEN);
    let calls = client.refused(WRONG_ACCOUNT, words);
    // On a very slow machine the remembered failure may expire, and then there are more requests.
    assert!(calls.iter().all(|call| call == "GET /registries") && !calls.is_empty());

    // A valid cached credential hides the failure.
    client.person.set("IONOS_TOKEN", ACCOUNT_TOKEN);
    site.stop_the_api();
    client.pull().succeeds();
    client.remove();
    client.logout();
    client.refused(API_DOWN, words);
}

fn words(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(ToString::to_string).collect()
}

/// The first docker client on the `PATH`.
pub(crate) fn newest_docker(scheme: Scheme<'_>) -> Option<String> {
    of_docker(&docker::client(), "failures of docker", scheme);
    None
}

/// The distribution's docker client.
pub(crate) fn distribution_docker(scheme: Scheme<'_>) -> Option<String> {
    match docker::distribution_client() {
        Ok(docker) => of_docker(&docker, &format!("failures of {DISTRIBUTION}"), scheme),
        Err(reason) => return Some(reason),
    }
    None
}

fn of_docker(docker: &Path, name: &str, scheme: Scheme<'_>) {
    let site = Site::open(name, scheme);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let app = &published(&site, &engine, docker);
    let client = Client {
        person: docker::person(&site, &engine),
        program: docker.to_owned(),
        login: Some(words(&["login", DEMO_HOST])),
        pull: words(&["pull", app]),
        remove: Some(words(&["rmi", app])),
        logout: words(&["logout", DEMO_HOST]),
        configured_in: ".docker/config.json",
    };
    // docker asks for a user name and password, and there is no terminal.
    let prompt = "annot perform an interactive login from a non TTY device";
    let words = match scheme {
        Scheme::Basic(_) => Words {
            revoked: "unauthorized: authentication required",
            login_revoked: prompt,
            without: "no basic auth credentials",
            login_without: prompt,
        },
        Scheme::Bearer => Words {
            revoked: "unauthorized: incorrect username or password",
            login_revoked: prompt,
            without: "unauthorized: incorrect username or password",
            login_without: prompt,
        },
    };
    story(&site, client, &words);
}

/// A program that uses docker-py.
pub(crate) fn docker_py(scheme: Scheme<'_>) -> Option<String> {
    let site = Site::open("failures of docker-py", scheme);
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let app = &published(&site, &engine, &docker::client());
    let person = docker::person(&site, &engine);
    let python = docker_py::install(&person);
    let client = Client {
        program: python.program.clone(),
        login: None,
        pull: python.arguments("pull", app),
        remove: Some(python.arguments("remove", app)),
        logout: python.arguments("store_erase", DEMO_HOST),
        person,
        configured_in: ".docker/config.json",
    };
    let words = Words {
        revoked: match scheme {
            Scheme::Basic(_) => "Internal Server Error (\"unauthorized: authentication required\")",
            Scheme::Bearer => {
                "/v2/team/app/manifests/1\": unauthorized: incorrect username or password\")"
            }
        },
        login_revoked: "",
        without: "docker.errors.DockerException: Credentials store error",
        login_without: "",
    };
    story(&site, client, &words);
    None
}

/// Pushes an image that the engine keeps.
fn published(site: &Site, engine: &Engine, docker: &Path) -> String {
    let person = docker::person(site, engine);
    let image = engine::image(&site.dir("image"));
    let app = format!("{DEMO_HOST}/team/app:1");
    person.run(docker, &["import", &image, &app]).succeeds();
    person.run(docker, &["push", &app]).succeeds();
    app
}

/// skopeo.
pub(crate) fn skopeo(scheme: Scheme<'_>) -> Option<String> {
    let site = Site::open("failures of skopeo", scheme);
    let client = Client {
        person: skopeo::person(&site),
        program: skopeo::client(),
        login: Some(words(&["login", DEMO_HOST])),
        pull: words(&["inspect", &skopeo::image("1")]),
        remove: None,
        logout: words(&["logout", DEMO_HOST]),
        configured_in: "auth.json",
    };
    let layer = format!("tarball:{}", engine::image(&site.dir("image")));
    let copy = words(&["copy", &layer, &skopeo::image("1")]);
    client.run(&copy).succeeds();
    story(&site, client, &of_containers(scheme));
    None
}

/// Messages of skopeo, podman and buildah.
fn of_containers(scheme: Scheme<'_>) -> Words {
    Words {
        revoked: match scheme {
            Scheme::Basic(_) => "unauthorized: authentication required",
            Scheme::Bearer => "unable to retrieve auth token: invalid username/password",
        },
        login_revoked: "Existing credentials are invalid, please enter valid username and password",
        without: CONTAINERS_WITHOUT,
        login_without: CONTAINERS_WITHOUT,
    }
}

/// podman.
pub(crate) fn podman(scheme: Scheme<'_>) -> Option<String> {
    of_storage("podman", scheme);
    None
}

/// buildah, which shares podman's images.
pub(crate) fn buildah(scheme: Scheme<'_>) -> Option<String> {
    of_storage("buildah", scheme);
    None
}

fn of_storage(name: &str, scheme: Scheme<'_>) {
    let site = Site::open(&format!("failures of {name}"), scheme);
    let app = &format!("{DEMO_HOST}/team/app:1");
    let client = Client {
        person: podman::with_storage(&site),
        program: needs::find(name).expect("it is among the programs"),
        login: Some(words(&["login", DEMO_HOST])),
        pull: words(&["pull", app]),
        remove: Some(words(&["rmi", app])),
        logout: words(&["logout", DEMO_HOST]),
        configured_in: "auth.json",
    };
    let podman = &needs::find("podman").expect("it is among the programs");
    let image = engine::image(&site.dir("image"));
    let import = ["import", "--quiet", &image, app];
    client.person.run(podman, &import).succeeds();
    client.person.run(podman, &["push", app]).succeeds();
    story(&site, client, &of_containers(scheme));
}
