//! One record: what is known of one token.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use serde::{Deserialize, Serialize};

use super::State;
use crate::credential::cache::without_scopes;
use crate::env;
use crate::http::Endpoint;
use crate::ionos::account::AccountKey;
use crate::json;
use crate::uuid::is_uuid;

const VERSION: u32 = 1;

/// Long enough for one command's repetitions.
const LATELY: i64 = 10;
/// How long a request without a usable answer may still take effect at the server.
const LATE: i64 = 15 * 60;
/// How much the clocks of servers may differ when a token expires. In seconds.
const CLOCKS_DIFFER: i64 = 60;

/// A token that this installation made or may have made. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The version of the format.
    pub version: u32,
    /// The token's name, chosen by this program.
    pub name: String,
    /// The registry's host; empty in what 0.1.0 wrote.
    #[serde(default)]
    pub host: String,
    /// The account that makes it. No other account may act on the record.
    pub account: String,
    /// The API at which it is made; `None` in what 0.1.0 wrote.
    pub api: Option<String>,
    /// The cache entry that it is for; `None` if it is not cached. A new token for an entry replaces
    /// the one before.
    pub entry: Option<String>,
    /// The registry's id at the API.
    pub registry_id: String,
    /// The token's id at the API, once it is known.
    pub token_id: Option<String>,
    /// What has to be done.
    #[serde(default)]
    pub state: State,
    /// When the record was made, in seconds since 1970 by this machine's clock.
    #[serde(default)]
    pub created_at: i64,
    /// When the request was sent, in seconds since 1970 by the API's clock, if that was known.
    pub posted_at: Option<i64>,
    /// When the token expires, in seconds since 1970 by the API's clock; `None` for never.
    pub expires_at: Option<i64>,
    /// How often the name was used. Makes each version of the file different.
    #[serde(default)]
    pub uses: u32,
    /// Whether the API refused the request to make it. It was most likely not made.
    #[serde(default)]
    pub refused: bool,
    /// Whether its name was requested again after a request without a usable answer. The server may
    /// still carry that one out, even after the token is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// How often it was looked for at the API and not found.
    #[serde(default)]
    pub looks: u32,
    /// When its deletion was last tried, in milliseconds since 1970.
    pub tried_at: Option<i64>,
    /// The HTTP status with which that failed.
    pub failed_with: Option<u16>,
    /// When an API that does not answer was last waited for, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited_at: Option<i64>,
}

impl Record {
    /// A record that is made now. What it is about is still empty.
    pub fn new() -> Self {
        Self {
            version: VERSION,
            created_at: env::now(),
            uses: 1,
            ..Self::default()
        }
    }

    /// Reads the content of a record's file, or says why it is not one.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = json::from_slice(content).map_err(|_| "it is not a record")?;
        if version != VERSION {
            return Err("another version of this program wrote it");
        }
        let record: Self = json::from_slice(content).map_err(|_| "it is damaged")?;
        // Ids go into paths of requests: a file that somebody changed must not choose the path.
        if !is_uuid(&record.registry_id) || !record.token_id.as_deref().is_none_or(is_uuid) {
            return Err("its ids are invalid");
        }
        Ok(record)
    }

    /// Whether `account` made it, at any API.
    pub fn is_of_account(&self, account: &AccountKey) -> bool {
        self.account == account.as_str()
    }

    /// Whether it is a token of the API at `endpoint`.
    pub(super) fn is_at(&self, endpoint: &Endpoint) -> bool {
        self.api
            .as_deref()
            .is_none_or(|api| api == endpoint.as_str())
    }

    /// When its deletion was last tried, in milliseconds since 1970; 0 for never. A time after
    /// `now` is ignored: the clock was set back since.
    pub(super) fn last_try(&self, now: i64) -> i64 {
        self.tried_at.filter(|at| *at <= now).unwrap_or_default()
    }

    /// Whether an API that does not answer was waited for in the last ten seconds.
    pub fn was_waited_for_lately(&self) -> bool {
        let age = self.waited_at.map(|at| env::now().saturating_sub(at));
        age.is_some_and(|age| (0..LATELY).contains(&age))
    }

    /// Whether it counts beside `newest` among the live tokens of a host, profile and account.
    /// `api_now` is by the API's clock, if known.
    pub(super) fn is_live_beside(&self, newest: &Self, api_now: Option<i64>) -> bool {
        fn group(record: &Record) -> Option<&str> {
            without_scopes(record.entry.as_deref()?)
        }
        matches!(self.state, State::Current | State::Superseded)
            && self.name != newest.name
            && group(self).is_some()
            && (&self.host, group(self)) == (&newest.host, group(newest))
            && !api_now.is_some_and(|now| self.has_expired(now))
    }

    /// Whether `newest` is for the same cache entry and was requested with a shorter lifetime.
    pub(super) fn outlives(&self, newest: &Self) -> bool {
        self.entry == newest.entry
            && newest.expires_at.is_some_and(|at| {
                self.expires_at
                    .is_none_or(|mine| mine > at.saturating_add(CLOCKS_DIFFER))
            })
    }

    /// Whether something has to be done at the API.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, State::Minting | State::Revoke)
    }

    /// Whether its request was refused and its name may be used for the request of `new`: if the token
    /// was made all the same, the API says that the name is taken.
    pub(super) fn is_reusable_for(&self, new: &Self) -> bool {
        self.state == State::Minting
            && self.refused
            && (&self.account, &self.api) == (&new.account, &new.api)
            && (&self.host, &self.entry) == (&new.host, &new.entry)
            && self.registry_id == new.registry_id
    }

    /// Uses the name again.
    pub(super) fn reuse(&mut self, posted_at: Option<i64>, expires_at: Option<i64>) {
        self.uses = self.uses.saturating_add(1);
        self.refused = false;
        self.looks = 0;
        self.created_at = env::now();
        self.posted_at = posted_at;
        self.expires_at = self.expires_at.max(expires_at);
    }

    /// Uses the name again while an earlier request may still be carried out.
    pub(super) fn repeat(&mut self, posted_at: Option<i64>) {
        self.uses = self.uses.saturating_add(1);
        self.doubtful = true;
        self.posted_at = posted_at.or(self.posted_at);
    }

    /// Notes that the token is deleted. `true` if it will not appear again.
    pub(super) fn deleted_at(&mut self, api_now: i64) -> bool {
        let posted_at = *self.posted_at.get_or_insert(api_now);
        let is_gone = !self.doubtful || api_now.saturating_sub(posted_at) > LATE;
        if !is_gone {
            self.state = State::Minting;
            self.token_id = None;
        }
        is_gone
    }

    /// Counts a look-up that did not find it. `true` if it will not appear any more. If it is not
    /// known when the request was sent by the API's clock, the time counts from the first look-up.
    pub(super) fn not_found_at(&mut self, api_now: i64) -> bool {
        self.looks = self.looks.saturating_add(1);
        api_now.saturating_sub(*self.posted_at.get_or_insert(api_now)) > LATE
    }

    /// Whether it has expired by the API's clock, at `api_now`, and its lifetime has passed by this
    /// machine's. Each may be wrong for a time: a proxy may answer with a `Date` of its own.
    pub(super) fn has_expired(&self, api_now: i64) -> bool {
        let passed = env::now().saturating_sub(self.created_at);
        self.expires_at.is_some_and(|at| {
            api_now > at.saturating_add(CLOCKS_DIFFER) && passed > at.saturating_sub(self.made_at())
        })
    }

    /// When it was requested or put on record, for the order of two records.
    pub(super) fn made_at(&self) -> i64 {
        self.posted_at.unwrap_or(self.created_at)
    }

    /// When a request without a usable answer counts as failed, by the API's clock.
    pub fn doubtful_until(&self) -> i64 {
        self.made_at().saturating_add(LATE)
    }

    /// The name of its file. Names that 0.1.0 took from the API may contain any character.
    pub(super) fn file_name(&self) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if (1..=200).contains(&self.name.len()) && self.name.bytes().all(is_plain) {
            return format!("{}.json", self.name);
        }
        let hash = digest::digest(&digest::SHA256, self.name.as_bytes());
        format!("name-{}.json", BASE64_URL_SAFE_NO_PAD.encode(hash))
    }

    /// The name of the file that is locked while a process works on it.
    pub(super) fn lock_name(&self) -> String {
        self.file_name().replace(".json", ".lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{"version":1,"name":"dci-a-b1c2d3-20261125t080101z-abcdefghij","host":"a.cr.ionos.com","account":"0","api":"https://api.ionos.com/containerregistries","entry":"e","registryId":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","tokenId":"5d3c1b1e-3a55-4c5b-9b1f-0d9c3f0f1a11","state":"current","createdAt":1,"postedAt":1,"expiresAt":9,"uses":1,"refused":false,"looks":0,"triedAt":null,"failedWith":null}"#;
    const OF_0_1_0: &str = r#"{"version":1,"account":"0","registryId":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","tokenId":null,"name":"n","expiresAt":9}"#;

    #[test]
    fn records_of_each_release_are_read() {
        assert_eq!(
            Record::parse(SAMPLE.as_bytes()).map(|it| it.state),
            Ok(State::Current)
        );
        assert_eq!(
            Record::parse(OF_0_1_0.as_bytes()).map(|it| it.state),
            Ok(State::Revoke)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_record_is_whole_or_a_miss(bytes in crate::testing::hostile::bytes(SAMPLE)) {
            crate::testing::ledger_record(&bytes);
        }
    }
}
