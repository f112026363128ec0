//! A home with an account in ionosctl's file and hosts in the cache, and its API.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Build;
use crate::run::Program;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, FakeIonos};
use crate::support::helper::{Home, write_private};
use crate::support::platform;
use crate::support::tls::Ca;

pub(crate) const HOST: &str = "demo.cr.de-fra.ionos.com";

pub(crate) struct Site {
    home: Home,
    api: FakeIonos,
    ca: Option<PathBuf>,
}

/// Numbers of requests and connections.
pub(crate) struct Seen {
    pub(crate) first: (usize, usize),
    pub(crate) again: (usize, usize),
}

impl Site {
    /// A site with this many cached hosts.
    pub(crate) fn with_hosts(count: usize) -> Self {
        let site = Self::new(FakeIonos::start(), None);
        site.get().time();
        let entry = site.entry();
        let text = fs::read_to_string(&entry).unwrap();
        for number in 1..count {
            let other = format!("h{number}.cr.de-fra.ionos.com");
            let path = site.home.cache().join(&other);
            let path = path.join(entry.file_name().unwrap());
            write_private(&path, text.replace(HOST, &other).as_bytes());
            platform::set_mode(path.parent().unwrap(), 0o700);
        }
        site
    }

    /// A site with an empty cache and an API over TLS that the system trusts.
    pub(crate) fn over_tls() -> Self {
        let home = Home::new();
        let ca = Ca::new();
        let pem = ca.write_pem(home.path());
        let api = FakeIonos::builder().tls(&ca, &["127.0.0.1"]).start();
        Self::new_in(home, api, Some(pem))
    }

    fn new(api: FakeIonos, ca: Option<PathBuf>) -> Self {
        Self::new_in(Home::new(), api, ca)
    }

    fn new_in(home: Home, api: FakeIonos, ca: Option<PathBuf>) -> Self {
        let yaml = format!(
            "version: 1.0\ncurrentProfile: user\nprofiles:\n  - name: user\n    environment: prod\n    credentials:\n      token: {ACCOUNT_TOKEN}\n"
        );
        home.file(".config/ionosctl/config.yaml", &yaml);
        // Until the file has not changed for two seconds, each `get` parses it.
        thread::sleep(Duration::from_secs(4));
        Self { home, api, ca }
    }

    /// The cache entry of [`HOST`].
    pub(crate) fn entry(&self) -> PathBuf {
        let entries = self.home.entries();
        let of_host = |path: &&PathBuf| path.parent().is_some_and(|dir| dir.ends_with(HOST));
        entries.iter().find(of_host).unwrap().clone()
    }

    fn program(&self, name: &str, args: &[&str]) -> Program {
        let program = Program::new(name, Build::Static.program())
            .args(args)
            .env("HOME", &self.home.path().display().to_string())
            .env("IONOS_API_URL", &self.api.url());
        match &self.ca {
            Some(ca) => program.env("SSL_CERT_FILE", &ca.display().to_string()),
            None => program,
        }
    }

    pub(crate) fn get(&self) -> Program {
        self.program(Build::Static.name(), &["get"]).stdin(HOST)
    }

    pub(crate) fn list(&self) -> Program {
        self.program("list", &["list"])
    }

    pub(crate) fn status(&self) -> Program {
        self.program("status", &["status"])
    }

    /// A `get` on an empty cache.
    pub(crate) fn cold_get(&self) -> Program {
        self.get()
            .without(vec![self.home.cache(), self.home.data()])
    }

    /// A `get` with more time, because many run at once.
    pub(crate) fn crowd_get(&self) -> Program {
        self.get().env("IONOS_CR_TIMEOUT", "60s")
    }

    /// The floor of a cold `get` with the same account.
    pub(crate) fn floor(&self, name: &str, path: &Path) -> Program {
        let url = self.api.url();
        let floor = Program::new(name, path).args(&[&url, ACCOUNT_TOKEN]);
        match &self.ca {
            Some(ca) => floor.env("SSL_CERT_FILE", &ca.display().to_string()),
            None => floor,
        }
    }

    /// The requests of a `get` on an empty cache, and of one that knows the registry.
    pub(crate) fn requests(&self) -> Seen {
        let first = self.seen_of(&self.get());
        fs::remove_file(self.entry()).unwrap();
        let again = self.seen_of(&self.get());
        Seen { first, again }
    }

    fn seen_of(&self, program: &Program) -> (usize, usize) {
        self.api.clear_requests();
        program.time();
        let requests = self.api.requests();
        let connections: HashSet<u64> = requests.iter().map(|it| it.connection).collect();
        (requests.len(), connections.len())
    }

    pub(crate) fn minted(&self) -> usize {
        self.api.count("POST", "/tokens")
    }

    /// Writes a `config.json` with this many registries.
    pub(crate) fn configure(&self, entries: usize) {
        let registries: Map<String, Value> = (0..entries)
            .map(|at| {
                (
                    format!("h{at}.example.com"),
                    json!({"registryName": "demo"}),
                )
            })
            .collect();
        self.home.configure(json!({ "registries": registries }));
    }
}
