//! What holds for each parser, whatever it is given: one function a parser, which panics if it
//! does not. The fuzz targets in `fuzz/` and the generated input of the tests go by these, so that
//! both ask for the same. Not in the library otherwise.

mod api_answer;
#[cfg(test)]
pub(crate) mod hostile;
mod token_claims;

pub use api_answer::answer as api_answer;
pub use token_claims::token_claims;

use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::client_config::{Change, ClientConfig, Draft};
use crate::config::ConfigFile;
use crate::credential::cache::{self, Age, CachedToken};
use crate::credential::ledger;
use crate::docker::{self, GetResponse, StoreRequest};
use crate::error::Failure;
use crate::ionos::api::Credentials;
use crate::ionos::ionosctl::{Format, Located, ProfileName};
use crate::kubernetes::kubelet;
use crate::registry_host::RegistryHost;
use crate::uuid::is_uuid;

/// A secret to look for in what is said. Longer than any name that a message may quote, so it has
/// no place in one, wherever it stands in the input.
pub const SECRET: &str = "not-to-be-told-not-to-be-told-not-to-be-told-abc";

/// What a client sends as server URL: an address that reads as itself, and ours only under our
/// domain.
pub fn server_url(text: &str) {
    let Ok(registry) = RegistryHost::parse(text) else {
        return;
    };
    assert_eq!(
        RegistryHost::parse(registry.as_str()).as_ref(),
        Ok(&registry)
    );
    if registry.is_ionos() {
        let host = registry.as_str();
        assert!(host.ends_with(".ionos.com") && host.contains(".cr."));
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        assert!(host.bytes().all(plain), "{host}");
    }
}

/// What a kubelet sends on stdin: a request whose address is that of its registry, or one line.
pub fn kubelet_request(bytes: &[u8]) {
    match kubelet::Request::parse(bytes) {
        Ok(request) => assert_eq!(
            RegistryHost::parse(&request.address).as_ref(),
            Ok(&request.registry)
        ),
        Err(failure) => one_line(&failure),
    }
}

/// A kubelet's configuration: each problem is one line.
pub fn kubelet_config(bytes: &[u8]) {
    let mut report = kubelet::check::Report::default();
    kubelet::check::check("providers.yaml", bytes, &mut report);
    report
        .errors
        .iter()
        .chain(&report.warnings)
        .for_each(one_line);
}

/// The input of `store`: a login that `get` can return unchanged, or nothing.
pub fn store_json(bytes: &[u8]) {
    let input = docker::input::read_text(&mut &*bytes);
    let Some(login) = input.as_deref().and_then(StoreRequest::parse) else {
        return;
    };
    let answer = |login: &StoreRequest| {
        docker::to_line(&GetResponse {
            server_url: &login.server_url,
            username: &login.username,
            secret: login.secret.expose_secret(),
        })
    };
    let Some(line) = answer(&login) else {
        return;
    };
    assert!(!line.contains('\n'), "{line}");
    let again = StoreRequest::parse(&line);
    assert_eq!(again.as_ref().and_then(answer), Some(line));
}

/// The file of a minted credential: one that is valid and not expired, or a miss.
pub fn cache_entry(bytes: &[u8]) {
    let parse = |bytes: &[u8]| cache::parse("x", bytes);
    let Some(entry) = parse(bytes) else {
        return;
    };
    assert!(!entry.username.is_empty() && !entry.secret.expose_secret().is_empty());
    let (issued, expires) = (entry.issued_at, entry.expires_at);
    for now in [i64::MIN, 0, issued, entry.refresh_at(), expires, i64::MAX] {
        for now in [now.saturating_sub(1), now, now.saturating_add(1)] {
            match entry.age(now) {
                Age::Expired => {}
                age => {
                    assert!(now < expires, "{age:?} at {now}, which is past {expires}");
                    assert_eq!(age == Age::Fresh, now < entry.refresh_at());
                }
            }
        }
    }
    let written = |entry: &CachedToken| serde_json::to_vec(entry).unwrap_or_default();
    let again = parse(&written(&entry));
    assert_eq!(again.as_ref().map(written), Some(written(&entry)));
}

/// A record of the ledger: ids that may stand in the path of a request, and the same record when it
/// is written again, or a miss.
pub fn ledger_record(bytes: &[u8]) {
    let Ok(record) = ledger::Record::parse(bytes) else {
        return;
    };
    assert!(is_uuid(&record.registry_id));
    assert!(record.token_id.as_deref().is_none_or(is_uuid));
    let written = serde_json::to_vec(&record).unwrap_or_default();
    assert_eq!(ledger::Record::parse(&written).as_ref(), Ok(&record));
}

/// Our `config.json`: settings for every registry and profile it names, or one line.
pub fn config(bytes: &[u8]) {
    match ConfigFile::parse(PathBuf::from("config.json"), bytes) {
        Err(failure) => one_line(&failure),
        Ok(config) => {
            let profiles = config.profiles.keys().map(|name| Some(name.as_str()));
            for profile in profiles.chain([None, Some("pull"), Some("no such")]) {
                if let Err(failure) = config.general_settings(profile) {
                    one_line(&failure);
                }
                for host in config.registries.keys() {
                    assert!(config.is_ours(host));
                    match config.settings(host, profile) {
                        Ok(settings) => assert!(!settings.scopes.is_empty()),
                        Err(failure) => one_line(&failure),
                    }
                }
            }
        }
    }
}

/// The files of ionosctl and the SDKs, in both formats: an account, or one line without the
/// [`SECRET`].
pub fn ionosctl_files(bytes: &[u8]) {
    for format in [Format::Yaml, Format::LegacyJson] {
        let path = PathBuf::from("config");
        let located = Located { path, format };
        for profile in [None, Some("ci")] {
            let asked = profile.and_then(|name| ProfileName::new(name, "ionosProfile"));
            let contents = located.parse(bytes, asked, Some("de-fra"));
            match contents.and_then(|contents| contents.credentials) {
                Ok(credentials) => {
                    let (Credentials::Token(secret)
                    | Credentials::Password {
                        password: secret, ..
                    }) = &credentials;
                    assert!(!secret.expose_secret().trim().is_empty());
                }
                Err(failure) => {
                    one_line(&failure);
                    assert!(!failure.to_string().contains(SECRET), "{failure}");
                }
            }
        }
    }
}

/// The configuration of Docker or podman: a helper is put in and taken out and all else is as it
/// was, or one line.
pub fn docker_config(bytes: &[u8]) {
    const HOST: &str = "a.cr.ionos.com";
    let (Ok(mut draft), Ok(host)) = (Draft::new(bytes), RegistryHost::parse(HOST)) else {
        return Draft::new(bytes).err().iter().for_each(one_line);
    };
    let helper_in = |text: &str| {
        let config = ClientConfig::parse(text.as_bytes());
        config.map(|config| config.helper_for(HOST).map(ToOwned::to_owned))
    };
    let before = draft.text().to_owned();
    let change = draft.set(&host, "ionos");
    assert_eq!(helper_in(draft.text()), Ok(Some("ionos".into())));
    assert_eq!(
        without_helper(draft.text(), HOST),
        without_helper(&before, HOST)
    );
    assert_eq!((change == Change::Unchanged), draft.text() == before);
    let removed = draft.remove(|key, _| key == HOST);
    assert!(removed.contains(&HOST.to_owned()));
    assert_eq!(helper_in(draft.text()), Ok(None));
    assert_eq!(
        without_helper(draft.text(), HOST),
        without_helper(&before, HOST)
    );
}

/// What a file says beside the one entry.
fn without_helper(text: &str, host: &str) -> Value {
    let value = serde_json::from_str(text).unwrap_or_default();
    // An empty file becomes an object.
    let Value::Object(mut root) = value else {
        return Value::Object(serde_json::Map::default());
    };
    let is_helpers = |key: &&String| key.eq_ignore_ascii_case("credHelpers");
    if let Some(key) = root.keys().find(is_helpers).cloned() {
        let helpers = root.get_mut(&key).and_then(Value::as_object_mut);
        let is_left = helpers.is_some_and(|helpers| {
            helpers.remove(host);
            !helpers.is_empty()
        });
        if !is_left {
            root.remove(&key);
        }
    }
    Value::Object(root)
}

/// Nothing in a message may end its line or move the cursor of a terminal.
pub(crate) fn one_line(failure: &Failure) {
    let line = failure.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
}
