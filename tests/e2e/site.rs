//! One scenario's world: the API, the registry that takes its tokens, and the built program.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    namespace::{self, API_ADDRESS, API_HOST},
    registry::{self, Users},
    server::Server,
    support::{
        fake_ionos::{ACCOUNT_MARKER, DEMO_HOST, FakeIonos, MINTED_MARKER, Token},
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

/// Dropped in this order: first the servers, then what they use.
pub(crate) struct Site {
    name: String,
    registry: Server,
    fake: FakeIonos,
    dir: PathBuf,
}

impl Site {
    /// Opens the API without a token and the registry without an image. These people may enter
    /// the registry with a password of their own.
    pub(crate) fn open(name: &str, people: &[(&str, &str)]) -> Self {
        let dir = Path::new(namespace::ROOT).join(name.replace(' ', "-"));
        fs::create_dir(&dir).unwrap();
        let ca = Ca::new();
        ca.write_pem(&dir);

        let program_dir = dir.join("bin");
        fs::create_dir(&program_dir).unwrap();
        fs::copy(
            env!("CARGO_BIN_EXE_docker-credential-ionos"),
            program_dir.join(HELPER),
        )
        .unwrap();

        let users = Users::new(dir.join("users"), people);
        let registry =
            registry::start(&dir.join("registry"), users.path(), &ca.issue(&[DEMO_HOST]));
        let users = Mutex::new(users);
        let pair = |token: &Token| (token.name.clone(), token.password.clone());
        let fake = FakeIonos::builder()
            .listen(API_ADDRESS)
            .tls(&ca, &[API_HOST])
            .on_tokens_changed(move |tokens| {
                let tokens: Vec<_> = tokens.iter().map(pair).collect();
                users.lock().unwrap().write(&tokens);
            })
            .start();
        Self {
            name: name.to_owned(),
            registry,
            fake,
            dir,
        }
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
        let requests = self.fake.requests();
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, route(&request.path)))
            .collect()
    }

    /// How many TCP connections these requests came on.
    pub(crate) fn connections(&self) -> usize {
        let mut connections: Vec<u64> = self
            .fake
            .requests()
            .iter()
            .map(|request| request.connection)
            .collect();
        connections.dedup();
        connections.len()
    }

    /// How many tokens were ever asked for.
    pub(crate) fn mints(&self) -> usize {
        self.fake.count("POST", "/tokens")
    }

    /// The names and passwords of the live tokens.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        self.fake
            .tokens()
            .into_iter()
            .map(|token| (token.name, token.password))
            .collect()
    }

    /// The one live token's name and password.
    #[track_caller]
    pub(crate) fn one_token(&self) -> (String, String) {
        let tokens = self.tokens();
        assert_eq!(tokens.len(), 1, "live tokens: {tokens:?}");
        tokens.into_iter().next().unwrap()
    }

    /// Who the registry lets in.
    pub(crate) fn users(&self) -> Vec<String> {
        let list = fs::read_to_string(self.dir.join("users")).unwrap();
        list.lines()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect()
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
