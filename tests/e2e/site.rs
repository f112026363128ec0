//! One scenario's world: the API, the registry that takes its tokens, and the built program.

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

/// What the first credential for a registry takes.
pub(crate) const FIRST_MINT: &[&str] = &["GET /registries", "POST /registries/*/tokens"];
/// What a further one takes.
pub(crate) const MINT: &[&str] = &["POST /registries/*/tokens"];
/// What it takes to withdraw one.
pub(crate) const REVOCATION: &[&str] = &["DELETE /registries/*/tokens/*"];

/// How the registry lets people in. Which of the two IONOS has is not known.
#[derive(Clone, Copy)]
pub(crate) enum Scheme<'a> {
    /// With a name and a password at each request; these people have passwords of their own.
    Basic(&'a [(&'a str, &'a str)]),
    /// With what a token service gives for them, which heeds a token's scopes.
    Bearer,
}

impl Scheme<'_> {
    /// Without people.
    pub(crate) const BASIC: Self = Scheme::Basic(&[]);

    /// Names the scheme after a client.
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

/// The fake IONOS API, or what it had heard when it went down.
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
    /// Opens the API without a token and the registry without an image.
    pub(crate) fn open(name: &str, scheme: Scheme<'_>) -> Self {
        let name = scheme.title(name);
        // Not after the scenario: the path of a socket has room for 104 bytes, and containerd's
        // begins here.
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

    /// Nobody listens at the API's address from here on; what it knew stays true.
    pub(crate) fn stop_the_api(&self) {
        let requests = self.api.borrow().requests();
        self.api.replace(Api::Down(requests));
    }

    /// Somebody deletes all tokens at the API, say in the web console.
    pub(crate) fn revoke_all_tokens(&self) {
        self.api.borrow().up().expire_tokens();
    }

    /// Makes the program a helper of another name too, as the profile `suffix` is chosen.
    pub(crate) fn link(&self, suffix: &str) {
        let link = self.program_dir().join(format!("{HELPER}-{suffix}"));
        symlink(HELPER, link).unwrap();
    }

    /// A directory of this scenario, made when first asked for.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let dir = self.dir.join(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// Where the built program is, alone.
    pub(crate) fn program_dir(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// The certificate that vouches for the API and the registry.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// Adds a command line to the transcript, without what is long and the same everywhere.
    pub(crate) fn note(&self, line: &str, exit: Option<i32>, effect: String) {
        let dir = format!("{}/", self.dir.display());
        transcript::note(Row {
            scenario: self.name.clone(),
            command: line.replace(&dir, "").replace(DEMO_HOST, "HOST"),
            exit,
            effect,
        });
    }

    /// The requests that reached the API, with a `*` for each id.
    pub(crate) fn calls(&self) -> Vec<String> {
        let requests = self.api.borrow().requests();
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, route(&request.path)))
            .collect()
    }

    /// How many TCP connections these requests came on.
    pub(crate) fn connections(&self) -> usize {
        let requests = self.api.borrow().requests();
        let mut connections: Vec<u64> = requests.iter().map(|it| it.connection).collect();
        connections.dedup();
        connections.len()
    }

    /// How many tokens were ever asked for.
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

    /// The names and passwords of the live tokens.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        let tokens = self.live().into_iter();
        tokens.map(|token| (token.name, token.password)).collect()
    }

    /// The one live token's name and password.
    #[track_caller]
    pub(crate) fn one_token(&self) -> (String, String) {
        let tokens = self.tokens();
        assert_eq!(tokens.len(), 1, "live tokens: {tokens:?}");
        tokens.into_iter().next().unwrap()
    }

    /// The one live token's scopes, as they were asked for.
    #[track_caller]
    pub(crate) fn scopes(&self) -> Value {
        let tokens = self.live();
        assert_eq!(tokens.len(), 1, "live tokens: {tokens:?}");
        tokens[0].scopes.clone()
    }

    /// The ids of the registries that the live tokens are for, sorted.
    pub(crate) fn registries_of_tokens(&self) -> Vec<String> {
        let tokens = self.live().into_iter();
        let mut ids: Vec<String> = tokens.map(|token| token.registry_id).collect();
        ids.sort();
        ids
    }

    /// Who the registry lets in.
    pub(crate) fn users(&self) -> Vec<String> {
        let Ok(list) = fs::read_to_string(self.dir.join("users")) else {
            // The token service lets in who has a live token.
            return self.tokens().into_iter().map(|(name, _)| name).collect();
        };
        list.lines()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    /// The tags that a repository has in the registry's own files.
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

    /// What the registry logged, its users' names included.
    pub(crate) fn registry_log(&self) -> String {
        self.registry.log()
    }

    /// Whether this text holds a secret: the account's, or that of any token there ever was.
    pub(crate) fn secret_in(text: &str) -> bool {
        text.contains(ACCOUNT_MARKER) || text.contains(MINTED_MARKER)
    }
}

/// The path below the API's root, with a `*` for each id.
fn route(path: &str) -> String {
    let path = path.strip_prefix("/containerregistries").unwrap_or(path);
    let is_id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if is_id(part) { "*" } else { part })
        .collect();
    parts.join("/")
}
