//! One cached token: its content, its file format, and how long it is used.

use log::debug;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::config::{Settings, Target};
use crate::files::PrivateDir;
use crate::json;
use crate::registry_host::RegistryHost;
use crate::scope::Scope;

/// Raised if an older release would misread an entry. Another version is a cache miss.
pub const VERSION: u32 = 1;

/// A token this close to its expiry is not returned: the client still has to use it. In seconds.
const MARGIN: i64 = 60;

/// A minted token, as written in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedToken {
    /// [`VERSION`].
    pub version: u32,
    /// The registry it is for.
    pub host: String,
    /// The profile it was minted under.
    pub profile: String,
    /// The account that minted it.
    pub account: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How its registry was found: with another setting it may be another registry.
    pub target: Target,
    /// For its revocation.
    pub registry_id: String,
    /// For its revocation. The API does not promise to return it.
    pub token_id: Option<String>,
    /// The token's name is its user name.
    pub username: String,
    /// The token's password.
    #[serde(serialize_with = "crate::secret::expose")]
    pub secret: SecretString,
    /// Seconds since 1970 by this machine's clock.
    pub issued_at: i64,
    /// Seconds since 1970 by this machine's clock, computed from the API's clock.
    pub expires_at: i64,
}

/// How a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Younger than half its lifetime.
    Fresh,
    /// Valid, but past half its lifetime: the next one is minted.
    Ageing,
    /// Never returned.
    Expired,
}

impl CachedToken {
    /// Whether it is for this host, profile, scopes and target, whichever account minted it.
    pub fn is_for(&self, host: &RegistryHost, settings: &Settings) -> bool {
        self.host == host.as_str()
            && self.profile == settings.profile
            && self.scopes == settings.scopes
            && self.target == settings.target
    }

    /// When the next token is minted, in seconds since 1970.
    pub fn refresh_at(&self) -> i64 {
        let life = self.expires_at.saturating_sub(self.issued_at);
        self.issued_at.saturating_add(life / 2)
    }

    /// Its age at `now`.
    pub fn age(&self, now: i64) -> Age {
        // If the clock was set back, the age of the entry is unknown.
        if now < self.issued_at.saturating_sub(MARGIN)
            || now >= self.expires_at.saturating_sub(MARGIN)
        {
            Age::Expired
        } else if now < self.refresh_at() {
            Age::Fresh
        } else {
            Age::Ageing
        }
    }
}

/// Reads an entry. Anything else in the file is a cache miss.
pub(super) fn load(dir: &PrivateDir, name: &str) -> Option<CachedToken> {
    parse(name, &dir.read(name)?)
}

/// Reads the content of an entry's file.
pub(crate) fn parse(name: &str, content: &[u8]) -> Option<CachedToken> {
    // serde_json's error would quote the value that it refuses.
    match json::from_slice::<CachedToken>(content) {
        // Clients take an empty user name or secret for "no credentials".
        Ok(entry)
            if entry.version == VERSION
                && !entry.username.is_empty()
                && !entry.secret.expose_secret().is_empty() =>
        {
            Some(entry)
        }
        _ => {
            debug!("ignored {name}: not an entry of this version");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(issued_at: i64, expires_at: i64) -> CachedToken {
        CachedToken {
            version: VERSION,
            host: "h".into(),
            profile: "default".into(),
            account: "a".into(),
            scopes: Vec::new(),
            target: Target::Hostname,
            registry_id: "r".into(),
            token_id: None,
            username: "u".into(),
            secret: "s".into(),
            issued_at,
            expires_at,
        }
    }

    #[test]
    fn entry_is_fresh_for_half_its_lifetime_and_expired_in_its_last_minute() {
        let entry = entry(1000, 11000);
        for (now, age) in [
            (1000, Age::Fresh),
            (5999, Age::Fresh),
            (6000, Age::Ageing),
            (10939, Age::Ageing),
            (10940, Age::Expired),
            (i64::MAX, Age::Expired),
        ] {
            assert_eq!(entry.age(now), age, "{now}");
        }
    }

    #[test]
    fn entry_from_the_future_is_not_trusted() {
        assert_eq!(entry(1000, 11000).age(941), Age::Fresh);
        assert_eq!(entry(1000, 11000).age(939), Age::Expired);
        assert_eq!(entry(i64::MAX, i64::MIN).age(0), Age::Expired);
        assert_eq!(entry(i64::MIN, i64::MAX).age(0), Age::Ageing);
    }

    const SAMPLE: &str = r#"{"version":1,"host":"a.cr.ionos.com","profile":"default","account":"0","scopes":[{"type":"repository","name":"*","actions":["pull"]}],"target":"hostname","registryId":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","tokenId":null,"username":"u","secret":"s","issuedAt":1,"expiresAt":9}"#;

    #[test]
    fn sample_is_an_entry() {
        assert!(parse("x", SAMPLE.as_bytes()).is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_entry_is_whole_or_a_miss(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::cache_entry(&bytes);
        }
    }
}
