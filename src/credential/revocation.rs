//! Tokens to delete at the API, now or at the next contact.
//!
//! `DATA/revocations/NAME.json`, one file a token and no secret in any: what `erase` could not
//! delete, and what a broken connection may have made without telling us its password.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use log::debug;
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::credential::cache::CachedToken;
use crate::env;
use crate::files::PrivateDir;
use crate::ionos::account::AccountKey;
use crate::ionos::api::{Api, ApiError};
use crate::uuid::is_uuid;

const VERSION: u32 = 1;
const DIR: &str = "revocations";
/// Long enough for one command's repetitions.
const LATELY: i64 = 10;
/// The API deletes tokens that ended. An hour more is for clocks that disagree.
const SPARE: i64 = 3600;

/// A token that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    version: u32,
    /// Only the account that made it may delete it.
    account: String,
    registry_id: String,
    token_id: Option<String>,
    name: String,
    expires_at: i64,
    /// When all the time there was went by without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waited_at: Option<i64>,
}

impl Revocation {
    /// The token of an entry.
    pub fn of(entry: &CachedToken) -> Self {
        Self {
            version: VERSION,
            account: entry.account.clone(),
            registry_id: entry.registry_id.clone(),
            token_id: entry.token_id.clone(),
            name: entry.username.clone(),
            expires_at: entry.expires_at,
            waited_at: None,
        }
    }

    /// A token that may have been made and that nobody has.
    pub fn of_lost(account: &AccountKey, registry_id: &str, name: &str, expires_at: i64) -> Self {
        Self {
            version: VERSION,
            account: account.as_str().to_owned(),
            registry_id: registry_id.to_owned(),
            token_id: None,
            name: name.to_owned(),
            expires_at,
            waited_at: None,
        }
    }

    /// Ids go into paths; a file that was tampered with must not choose the path.
    fn is_sound(&self) -> bool {
        self.version == VERSION
            && is_uuid(&self.registry_id)
            && self.token_id.as_deref().is_none_or(is_uuid)
    }

    /// Whether `account` made it.
    pub fn is_of(&self, account: &AccountKey) -> bool {
        self.account == account.as_str()
    }

    /// The token's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether an API that does not answer was waited for in the last ten seconds.
    pub fn was_waited_for_lately(&self) -> bool {
        let age = self.waited_at.map(|at| env::now().saturating_sub(at));
        age.is_some_and(|age| (0..LATELY).contains(&age))
    }

    /// When time does it, in seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    fn carry_out(&self, api: &Api) -> Result<(), ApiError> {
        let id = match &self.token_id {
            Some(id) => Some(id.clone()),
            None => api.token_id(&self.registry_id, &self.name)?,
        };
        match id {
            Some(id) => api.delete_token(&self.registry_id, &id),
            None => Ok(()),
        }
    }

    /// By the token's name, which the API chose: one that is not like ours is no name for a file.
    fn file_name(&self) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if (1..=200).contains(&self.name.len()) && self.name.bytes().all(is_plain) {
            return format!("{}.json", self.name);
        }
        let hash = digest::digest(&digest::SHA256, self.name.as_bytes());
        format!("name-{}.json", URL_SAFE_NO_PAD.encode(hash))
    }
}

/// The tokens still to be deleted.
#[derive(Debug, Clone)]
pub struct Revocations {
    root: Option<PathBuf>,
}

impl Revocations {
    /// Those below the data directory.
    pub fn new(root: Option<PathBuf>) -> Self {
        Self { root }
    }

    /// Remembers one until it is done. `false` if there is no room for it.
    pub fn add(&self, revocation: &Revocation) -> bool {
        let Some(root) = &self.root else {
            return false;
        };
        let written = PrivateDir::create(root, DIR).and_then(|dir| {
            dir.sweep();
            let json = serde_json::to_vec(revocation)?;
            dir.write(&revocation.file_name(), &json)
        });
        if let Err(err) = written {
            debug!("a revocation is not remembered: {err:#}");
            return false;
        }
        true
    }

    /// Those of one account. Forgets those that time has done.
    pub fn of_account(&self, account: &AccountKey) -> Vec<Revocation> {
        let now = env::now();
        let mut revocations = self.all();
        revocations.retain(|revocation| {
            let is_over = now > revocation.expires_at.saturating_add(SPARE);
            if is_over {
                self.forget(revocation);
            }
            !is_over && revocation.is_of(account)
        });
        revocations
    }

    /// Those of every account.
    pub fn all(&self) -> Vec<Revocation> {
        let Some(dir) = self.dir() else {
            return Vec::new();
        };
        dir.names()
            .iter()
            .filter_map(|name| {
                let content = dir.read(name)?;
                let revocation: Revocation = serde_json::from_slice(&content).ok()?;
                (revocation.is_sound() && revocation.file_name() == *name).then_some(revocation)
            })
            .collect()
    }

    /// Remembers of what is still to be done that the API did not answer in time.
    pub fn waited_in_vain(&self, account: &AccountKey) {
        for mut revocation in self.of_account(account) {
            revocation.waited_at = Some(env::now());
            self.add(&revocation);
        }
    }

    /// Deletes tokens at the API as far as the time goes; what is left stays remembered.
    pub fn carry_out(&self, api: &Api, revocations: &[Revocation]) {
        for revocation in revocations {
            if api.deadline().passed() {
                return;
            }
            match revocation.carry_out(api) {
                Ok(()) => {
                    debug!("revoked {}", revocation.name);
                    self.forget(revocation);
                }
                Err(err) => {
                    debug!("{} is not revoked yet: {err:?}", revocation.name);
                    // The next would wait for the same broken connection or refused account.
                    if !matches!(err, ApiError::Refused { .. }) {
                        return;
                    }
                }
            }
        }
    }

    fn forget(&self, revocation: &Revocation) {
        if let Some(dir) = self.dir() {
            dir.remove(&revocation.file_name());
        }
    }

    fn dir(&self) -> Option<PrivateDir> {
        PrivateDir::open(self.root.as_ref()?, DIR)
    }
}
