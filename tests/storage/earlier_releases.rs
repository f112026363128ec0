//! Files of earlier releases: known members keep their meaning, unknown ones are ignored.
//!
//! `tests/samples/VERSION` has the files of a release; only the expiry was changed, to the year 2100.
//! `UPDATE_SAMPLES=1 cargo test --test black_box written_files_match` writes those of this version.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::network::api_failures::revocations;
use crate::support::damage::edit;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Credential, Helper, Home, walk, write_private};
use crate::support::platform;
use crate::support::proxy::Proxy;
use crate::support::tls::Ca;

/// The release that this version becomes.
const NEXT: &str = "0.2.0";
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
/// A host with a login that was entered with `docker login`.
const TYPED_HOST: &str = "typed.cr.de-fra.ionos.com";
/// A custom domain of the demo registry.
const DOMAIN: &str = "registry.example.com";
/// 2100-01-01 in seconds since 1970.
const FAR: i64 = 4_102_444_800;
/// Directories of a sample, and their places in a home on Linux.
const PLACES: [(&str, &str); 3] = [
    ("cache", ".cache/docker-credential-ionos"),
    ("data", ".local/share/docker-credential-ionos"),
    ("config", ".config/docker-credential-ionos"),
];

#[test]
fn minted_credential_of_each_release_is_served_without_requests() {
    for release in releases() {
        let (cloud, home) = (Cloud::start(), release.home());
        let entry = release.json("cache", "json");
        let credential = cloud.helper(&home).get(DEMO_HOST).credential();
        assert_eq!(credential, login(DEMO_HOST, &entry));
        assert_eq!(cloud.fake.requests().len(), 0, "{release:?}");
    }
}

#[test]
fn stored_login_of_each_release_is_served() {
    for release in releases() {
        let (cloud, home) = (Cloud::start(), release.home());
        let kept = release.json("data/logins", "json");
        let credential = cloud.helper(&home).get(TYPED_HOST).credential();
        assert_eq!(credential, login(TYPED_HOST, &kept));
        assert_eq!(cloud.fake.requests().len(), 0, "{release:?}");
    }
}

#[test]
fn pending_revocation_of_each_release_is_revoked_at_the_next_contact() {
    for release in releases() {
        let (cloud, home) = (Cloud::start(), release.home());
        let pending = release.pending();
        let id = pending["tokenId"].as_str().unwrap();
        home.edit_entry(|entry| entry["expiresAt"] = entry["issuedAt"].clone());
        let _ = cloud.helper(&home).get(DEMO_HOST).credential();
        assert_eq!(cloud.fake.count("DELETE", id), 1, "{release:?}");
        assert_eq!(revocations(&home), 0, "{release:?}");
        // The cached registry id is used too.
        let requests = cloud.fake.requests();
        let mut finds = requests
            .iter()
            .filter(|it| it.path.ends_with("/registries"));
        assert!(finds.next().is_none(), "{release:?}");
    }
}

#[test]
fn config_of_each_release_has_the_same_effect() {
    for release in releases() {
        let (cloud, home) = (Cloud::start(), Home::new());
        release.copy(&home, "config");
        let helper = cloud.helper(&home);
        let scopes = |host| {
            let credential = helper.get(host).credential();
            let mut tokens = cloud.fake.tokens().into_iter();
            let token = tokens.find(|token| token.name == credential.username);
            token.unwrap().scopes
        };
        let scope = |name: &str, actions: &[&str]| json!([{ "type": "repository", "name": name, "actions": actions }]);
        assert_eq!(scopes(DEMO_HOST), scope("*", &["pull", "push", "delete"]));
        assert_eq!(scopes(DOMAIN), scope("team/*", &["pull"]));
    }
}

#[test]
fn members_added_by_a_later_release_are_ignored() {
    for release in releases() {
        let (cloud, home) = (Cloud::start(), release.home());
        for path in files(home.path()) {
            edit(&path, |file| file["unheardOf"] = json!({ "of": ["us"] }));
        }
        let helper = cloud.helper(&home);
        let entry = release.json("cache", "json");
        assert_eq!(
            helper.get(DEMO_HOST).credential(),
            login(DEMO_HOST, &entry),
            "{release:?}"
        );
        let kept = release.json("data/logins", "json");
        assert_eq!(
            helper.get(TYPED_HOST).credential(),
            login(TYPED_HOST, &kept),
            "{release:?}"
        );
        let _ = helper.erase(DEMO_HOST);
        assert_eq!(
            (cloud.fake.count("DELETE", "/tokens"), revocations(&home)),
            (2, 0)
        );
    }
}

/// If this fails, update the sample. Increase the version in a file if an older release would
/// misread it.
#[test]
fn written_files_match_the_sample_of_this_version() {
    let (cloud, home) = (Cloud::start(), Home::new());
    write_all_kinds(&home, &cloud);
    let release = Release(Path::new(SAMPLES).join(NEXT));
    #[expect(
        clippy::disallowed_methods,
        reason = "it writes into the tree, and only when asked to"
    )]
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        release.write(&home);
    }
    let written = shapes(written_files(&home));
    let sampled = files(&release.0).into_iter().filter_map(|path| {
        let name = path.strip_prefix(&release.0).unwrap();
        (!name.starts_with("config")).then(|| (name.to_owned(), path.clone()))
    });
    let sampled = shapes(sampled);
    assert!(!sampled.is_empty(), "UPDATE_SAMPLES=1 writes {release:?}");
    assert_eq!(written, sampled);
}

/// The API under its real name, because the account in a cache entry depends on the name.
struct Cloud {
    fake: FakeIonos,
    proxy: Proxy,
    ca: PathBuf,
    _dir: tempfile::TempDir,
}

impl Cloud {
    fn start() -> Self {
        let (ca, dir) = (Ca::new(), tempfile::tempdir().unwrap());
        let fake = FakeIonos::builder().tls(&ca, &["api.ionos.com"]).start();
        Self {
            proxy: Proxy::to(fake.address()),
            fake,
            ca: ca.write_pem(dir.path()),
            _dir: dir,
        }
    }

    fn helper(&self, home: &Home) -> Helper {
        home.helper()
            .env("IONOS_TOKEN", ACCOUNT_TOKEN)
            .env("HTTPS_PROXY", &self.proxy.url())
            .env("SSL_CERT_FILE", self.ca.to_str().unwrap())
    }
}

/// Runs commands that write a file of each lasting kind.
fn write_all_kinds(home: &Home, cloud: &Cloud) {
    let helper = cloud.helper(home);
    helper
        .store(TYPED_HOST, "staff", "typed-by-a-person")
        .says("");
    let _ = helper.get(DEMO_HOST).credential();
    cloud
        .fake
        .fault(Fault::status(500).on("DELETE", "/tokens").always());
    let _ = helper.erase(DEMO_HOST);
    assert_eq!(revocations(home), 1);
    let _ = helper.get(DEMO_HOST).credential();
}

/// The files of one release.
#[derive(Debug)]
struct Release(PathBuf);

fn releases() -> Vec<Release> {
    let mut dirs: Vec<PathBuf> = fs::read_dir(SAMPLES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    dirs.sort();
    assert!(!dirs.is_empty());
    dirs.into_iter().map(Release).collect()
}

impl Release {
    /// A home with the files of this release.
    fn home(&self) -> Home {
        let home = Home::new();
        self.copy(&home, "cache");
        self.copy(&home, "data");
        // The token is half an hour old. One that lives longer than the settings allow would be replaced.
        #[expect(
            clippy::disallowed_methods,
            reason = "the program has a clock of its own"
        )]
        let now = jiff::Timestamp::now().as_second();
        home.edit_entry(|entry| {
            entry["issuedAt"] = (now - 1800).into();
            entry["expiresAt"] = (now + 41_400).into();
        });
        home
    }

    fn copy(&self, home: &Home, place: &str) {
        let (_, there) = PLACES.iter().find(|(name, _)| *name == place).unwrap();
        let from = self.0.join(place);
        for path in files(&from) {
            let name = path.strip_prefix(&from).unwrap().display();
            home.file(
                &format!("{there}/{name}"),
                &fs::read_to_string(&path).unwrap(),
            );
        }
        for dir in walk(home.path()).into_iter().filter(|path| path.is_dir()) {
            make_private(&dir);
        }
    }

    /// The only JSON file with this extension below a directory.
    fn json(&self, below: &str, extension: &str) -> Value {
        let mut found = files(&self.0.join(below));
        found.retain(|path| path.extension().is_some_and(|it| it == extension));
        let [path] = &found[..] else {
            panic!("not one sample: {found:?}");
        };
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// The record of the token that is to be deleted.
    fn pending(&self) -> Value {
        let mut records = files(&self.0.join("data/revocations"));
        records.extend(files(&self.0.join("data/ledger")));
        let read = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let is_pending = |record: &Value| {
            let state = record["state"].as_str();
            record["tokenId"].is_string() && state.is_none_or(|state| state == "revoke")
        };
        records.iter().map(read).find(is_pending).unwrap()
    }

    /// Writes the files of this home, with an expiry far in the future.
    fn write(&self, home: &Home) {
        for (ours, _) in PLACES {
            if written_files(home).any(|(name, _)| name.starts_with(ours)) {
                let _ = fs::remove_dir_all(self.0.join(ours));
            }
        }
        for (name, path) in written_files(home) {
            let mut text = fs::read_to_string(&path).unwrap();
            let file: Value = serde_json::from_str(&text).unwrap();
            if let Some(end) = file["expiresAt"].as_i64() {
                text = text.replace(&end.to_string(), &FAR.to_string());
            }
            write_private(&self.0.join(name), text.as_bytes());
        }
    }
}

/// The program's files in a home: their names in a sample, and their paths.
fn written_files(home: &Home) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    home.files().into_iter().filter_map(|name| {
        let path = home.at(&name);
        let (ours, rest) = PLACES
            .iter()
            .find_map(|(ours, theirs)| Some((ours, name.strip_prefix(theirs)?)))?;
        let is_empty = path.metadata().is_ok_and(|it| it.len() == 0);
        (!is_empty).then(|| (format!("{ours}{rest}").into(), path))
    })
}

/// Files that are not empty. (Lock files are empty.)
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = walk(dir);
    files.retain(|path| path.metadata().is_ok_and(|it| it.is_file() && it.len() > 0));
    files.sort();
    files
}

/// The answer to `get` for the file of a minted or stored credential.
fn login(host: &str, file: &Value) -> Credential {
    let text = |key: &str| file[key].as_str().unwrap().to_owned();
    Credential {
        server_url: host.to_owned(),
        username: text("username"),
        secret: text("secret"),
    }
}

/// The kinds of files, their places and members. File names are left out because they contain
/// random token names.
fn shapes(files: impl Iterator<Item = (PathBuf, PathBuf)>) -> Vec<(String, Value)> {
    let mut shapes: Vec<_> = files
        .map(|(name, path)| {
            let dir = name.parent().unwrap().display().to_string();
            let dir = dir.replace('\\', "/");
            let extension = name.extension().unwrap_or_default().display();
            let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (format!("{dir}/*.{extension}"), shape(&file))
        })
        .collect();
    shapes.sort_by_key(|(place, shape)| (place.clone(), shape.to_string()));
    shapes
}

/// Replaces strings and numbers by their types, except the version.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| match key.as_str() {
                "version" => (key.clone(), value.clone()),
                _ => (key.clone(), shape(value)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "switch".into(),
        Value::Null => Value::Null,
    }
}

fn make_private(dir: &Path) {
    platform::set_mode(dir, 0o700);
}
