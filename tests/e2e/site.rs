//! The setup of one scenario: the API, the registry and the built program.

use std::{
    cell::RefCell,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use crate::{
    bearer::{LiveTokens, TokenService},
    namespace::{self, API_ADDRESS, API_HOST},
    registry::{self, Door, Users},
    server::Server,
    support::{
        fake_ionos::{
            ACCOUNT_MARKER, DEMO_HOST, FakeIonos, MINTED_MARKER, RegistrySpec, Request, Token,
        },
        tls::Ca,
    },
    transcript::{self, Row},
};

/// The name under which clients look for the program.
pub(crate) const HELPER: &str = "docker-credential-ionos";

/// Requests for the first credential of a registry.
pub(crate) const FIRST_MINT: &[&str] = &["GET /registries", "POST /registries/*/tokens"];
/// Requests for a further credential.
pub(crate) const MINT: &[&str] = &["POST /registries/*/tokens"];
/// Requests that revoke a credential.
pub(crate) const REVOCATION: &[&str] = &["DELETE /registries/*/tokens/*"];
/// The same where the token is already deleted: a 404 is checked against the list.
pub(crate) const CHECKED_REVOCATION: &[&str] =
    &["DELETE /registries/*/tokens/*", "GET /registries/*/tokens"];

/// How the registry authenticates. It is not known which of the two IONOS uses.
#[derive(Clone, Copy)]
pub(crate) enum Scheme<'a> {
    /// User name and password with each request. These users have passwords of their own.
    Basic(&'a [(&'a str, &'a str)]),
    /// A token from a token service that obeys scopes.
    Bearer,
}

impl Scheme<'_> {
    /// Has no users of its own.
    pub(crate) const BASIC: Self = Scheme::Basic(&[]);

    /// Title of a scenario with this client.
    pub(crate) fn title(self, client: &str) -> String {
        match self {
            Scheme::Basic(_) => client.to_owned(),
            Scheme::Bearer => format!("{client} with a token service"),
        }
    }
}

/// Dropped in this order: first the servers, then what they use.
pub(crate) struct Site {
    name: String,
    registry: Server,
    _token_service: Option<TokenService>,
    api: RefCell<Api>,
    live: LiveTokens,
    dir: PathBuf,
}

/// The running fake API, or its requests when it was stopped.
enum Api {
    Up(FakeIonos),
    Down(Vec<Request>),
}

impl Api {
    #[track_caller]
    fn up(&self) -> &FakeIonos {
        match self {
            Self::Up(fake) => fake,
            Self::Down(_) => panic!("the API is down"),
        }
    }

    fn requests(&self) -> Vec<Request> {
        match self {
            Self::Up(fake) => fake.requests(),
            Self::Down(heard) => heard.clone(),
        }
    }
}

impl Site {
    /// Starts the API without tokens and the registry without images.
    pub(crate) fn open(name: &str, scheme: Scheme<'_>) -> Self {
        let name = scheme.title(name);
        // A short name, because the path of containerd's socket below it may have at most 104 bytes.
        let number = fs::read_dir(namespace::ROOT).unwrap().count();
        let dir = Path::new(namespace::ROOT).join(number.to_string());
        fs::create_dir(&dir).unwrap();
        let ca = Ca::new();
        let ca_file = ca.write_pem(&dir);

        let program_dir = dir.join("bin");
        fs::create_dir(&program_dir).unwrap();
        fs::copy(
            env!("CARGO_BIN_EXE_docker-credential-ionos"),
            program_dir.join(HELPER),
        )
        .unwrap();

        let live = LiveTokens::default();
        let identity = ca.issue(&namespace::registries());
        let registry_dir = dir.join("registry");
        let (users, token_service, registry) = match scheme {
            Scheme::Basic(people) => {
                let users = Users::new(dir.join("users"), people);
                let door = Door::Passwords(users.path());
                let registry = registry::start(&registry_dir, &door, &identity);
                (Some(Mutex::new(users)), None, registry)
            }
            Scheme::Bearer => {
                let service = TokenService::start(&live, &ca);
                let registry = registry::start(&registry_dir, &Door::Tokens(&ca_file), &identity);
                (None, Some(service), registry)
            }
        };
        let pair = |token: &Token| (token.name.clone(), token.password.clone());
        let listener = Arc::clone(&live);
        let mut api = FakeIonos::builder()
            .listen(API_ADDRESS)
            .tls(&ca, &[API_HOST])
            .on_tokens_changed(move |tokens| {
                tokens.clone_into(&mut listener.lock().unwrap());
                if let Some(users) = &users {
                    let tokens: Vec<_> = tokens.iter().map(pair).collect();
                    users.lock().unwrap().write(&tokens);
                }
            });
        for host in namespace::registries() {
            let (name, _) = host.split_once('.').expect("a name of several parts");
            api = api.registry(RegistrySpec::new(name));
        }
        let fake = api.start();
        Self {
            name,
            registry,
            _token_service: token_service,
            api: RefCell::new(Api::Up(fake)),
            live,
            dir,
        }
    }

    /// Stops the API. Its tokens stay valid at the registry.
    pub(crate) fn stop_the_api(&self) {
        let requests = self.api.borrow().requests();
        self.api.replace(Api::Down(requests));
    }

    /// Deletes all tokens at the API, as in the web console.
    pub(crate) fn revoke_all_tokens(&self) {
        self.api.borrow().up().expire_tokens();
    }

    /// Links the program under the name for the profile `suffix`.
    pub(crate) fn link(&self, suffix: &str) {
        let link = self.program_dir().join(format!("{HELPER}-{suffix}"));
        symlink(HELPER, link).unwrap();
    }

    /// A directory of this scenario, created at the first use.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let dir = self.dir.join(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// The directory that holds only the built program.
    pub(crate) fn program_dir(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// The authority that issued the certificates of the API and the registry.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// Adds a command to the transcript, shortened.
    pub(crate) fn note(&self, line: &str, exit: Option<i32>, effect: String) {
        let dir = format!("{}/", self.dir.display());
        transcript::note(Row {
            scenario: self.name.clone(),
            command: line.replace(&dir, "").replace(DEMO_HOST, "HOST"),
            exit,
            effect,
        });
    }

    /// The requests to the API, with `*` for each id.
    pub(crate) fn calls(&self) -> Vec<String> {
        let requests = self.api.borrow().requests();
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, route(&request.path)))
            .collect()
    }

    /// The number of TCP connections of these requests.
    pub(crate) fn connections(&self) -> usize {
        let requests = self.api.borrow().requests();
        let mut connections: Vec<u64> = requests.iter().map(|it| it.connection).collect();
        connections.dedup();
        connections.len()
    }

    /// The number of tokens that were ever requested.
    pub(crate) fn mints(&self) -> usize {
        let minted = |call: &&String| MINT.contains(&call.as_str());
        self.calls().iter().filter(minted).count()
    }

    /// The live tokens.
    fn live(&self) -> Vec<Token> {
        self.live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Names and passwords of the live tokens.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        let tokens = self.live().into_iter();
        tokens.map(|token| (token.name, token.password)).collect()
    }

    /// Name and password of the only live token.
    #[track_caller]
    pub(crate) fn one_token(&self) -> (String, String) {
        let tokens = self.tokens();
        assert_eq!(tokens.len(), 1, "live tokens: {tokens:?}");
        tokens.into_iter().next().unwrap()
    }

    /// The requested scopes of the only live token.
    #[track_caller]
    pub(crate) fn scopes(&self) -> Value {
        let tokens = self.live();
        assert_eq!(tokens.len(), 1, "live tokens: {tokens:?}");
        tokens[0].scopes.clone()
    }

    /// The ids of the registries of the live tokens, sorted.
    pub(crate) fn registries_of_tokens(&self) -> Vec<String> {
        let tokens = self.live().into_iter();
        let mut ids: Vec<String> = tokens.map(|token| token.registry_id).collect();
        ids.sort();
        ids
    }

    /// The users that the registry accepts.
    pub(crate) fn users(&self) -> Vec<String> {
        let Ok(list) = fs::read_to_string(self.dir.join("users")) else {
            // The token service accepts the live tokens.
            return self.tokens().into_iter().map(|(name, _)| name).collect();
        };
        list.lines()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    /// The tags of a repository in the registry's files.
    pub(crate) fn tags(&self, repository: &str) -> Vec<String> {
        let dir = self
            .dir
            .join("registry/data/docker/registry/v2/repositories");
        let tags = fs::read_dir(dir.join(repository).join("_manifests/tags"));
        let mut tags: Vec<String> = tags
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        tags.sort();
        tags
    }

    /// The registry's log, which contains user names.
    pub(crate) fn registry_log(&self) -> String {
        self.registry.log()
    }

    /// Whether this text contains a secret of the account or of any token.
    pub(crate) fn secret_in(text: &str) -> bool {
        text.contains(ACCOUNT_MARKER) || text.contains(MINTED_MARKER)
    }
}

/// The path below the API's root, with `*` for each id.
fn route(path: &str) -> String {
    let path = path.strip_prefix("/containerregistries").unwrap_or(path);
    let is_id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if is_id(part) { "*" } else { part })
        .collect();
    parts.join("/")
}
