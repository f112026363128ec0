//! A real registry with access control.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use crate::{
    grant::ISSUER,
    namespace::{REGISTRY_ADDRESS, TOKEN_SERVICE_HOST},
    needs,
    server::Server,
    support::{fake_ionos::DEMO_HOST, tls::Issued},
};

/// The registry's user list: the live tokens, and users with a password.
pub(crate) struct Users {
    path: PathBuf,
    people: BTreeMap<String, String>,
    /// bcrypt is slow and salted, so each line is computed once.
    lines: BTreeMap<(String, String), String>,
    written: Option<SystemTime>,
}

impl Users {
    /// A list in this file with these users.
    pub(crate) fn new(path: PathBuf, people: &[(&str, &str)]) -> Self {
        let people = people
            .iter()
            .map(|(name, word)| ((*name).into(), (*word).into()))
            .collect();
        let mut users = Self {
            path,
            people,
            lines: BTreeMap::new(),
            written: None,
        };
        users.write(&[]);
        users
    }

    /// Path of the list.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Accepts the users and these tokens (name, password) from the next request on.
    pub(crate) fn write(&mut self, tokens: &[(String, String)]) {
        let mut text = String::new();
        let people = self.people.clone();
        for (name, password) in people.iter().chain(tokens.iter().map(|(n, p)| (n, p))) {
            let key = (name.clone(), password.clone());
            text += self
                .lines
                .entry(key)
                .or_insert_with(|| line(name, password));
        }
        // The registry rereads the file when its modification time changes, so each version gets a newer
        // time before it replaces the file.
        let new = self.path.with_extension("new");
        fs::write(&new, text).expect("the list of users");
        let file = fs::File::options().append(true).open(&new).unwrap();
        let mut time = file.metadata().unwrap().modified().unwrap();
        if let Some(last) = self.written {
            time = time.max(last + Duration::from_secs(1));
        }
        file.set_modified(time).unwrap();
        self.written = Some(time);
        fs::rename(&new, &self.path).unwrap();
    }
}

/// One line of the list.
fn line(name: &str, password: &str) -> String {
    let made = Command::new("htpasswd")
        // 4 is the lowest cost of bcrypt.
        .args(["-Bbn", "-C", "4", name, password])
        .env("PATH", needs::PATH)
        .output()
        .expect("htpasswd was found");
    assert!(
        made.status.success(),
        "htpasswd: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    format!("{}\n", String::from_utf8(made.stdout).unwrap().trim())
}

/// How the registry authenticates its clients.
pub(crate) enum Door<'a> {
    /// With the user list in this file.
    Passwords(&'a Path),
    /// With tokens that a token service signs; its certificate is issued by the authority in this
    /// file.
    Tokens(&'a Path),
}

impl Door<'_> {
    /// The `auth` section of the registry's configuration.
    fn settings(&self) -> String {
        match self {
            Self::Passwords(users) => {
                format!("htpasswd: {{realm: test, path: {}}}", users.display())
            }
            Self::Tokens(ca_file) => format!(
                "token: {{realm: \"https://{TOKEN_SERVICE_HOST}/token\", service: {DEMO_HOST}, \
                 issuer: {ISSUER}, rootcertbundle: {}}}",
                ca_file.display()
            ),
        }
    }
}

/// Starts the registry with its data below `dir`.
pub(crate) fn start(dir: &Path, door: &Door<'_>, identity: &Issued) -> Server {
    let place = |name: &str| dir.join(name);
    fs::create_dir_all(dir).unwrap();
    let (certificate, key) = identity.write_pem(dir);
    let config = format!(
        "version: 0.1
log: {{accesslog: {{disabled: false}}, formatter: text}}
storage: {{filesystem: {{rootdirectory: {data}}}, delete: {{enabled: true}}}}
http:
  addr: {REGISTRY_ADDRESS}
  tls: {{certificate: {certificate}, key: {key}}}
auth: {{{door}}}
",
        data = place("data").display(),
        certificate = certificate.display(),
        key = key.display(),
        door = door.settings(),
    );
    fs::write(place("config.yml"), config).unwrap();
    let mut command = Command::new("docker-registry");
    command
        .arg("serve")
        .arg(place("config.yml"))
        .env_clear()
        .env("PATH", needs::PATH);
    let address = REGISTRY_ADDRESS.parse().expect("an address");
    Server::start("docker-registry", command, &place("log"), || {
        TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
    })
}
