//! The id of this installation, which distinguishes two machines with the same name.

use log::debug;
use serde::{Deserialize, Serialize};

use super::name::{ID_LENGTH, digest, letters};
use crate::credential::ledger::Ledger;
use crate::env;
use crate::json;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Installation {
    version: u32,
    id: String,
}

/// The random id kept beside the ledger; made now if there is none. Without a place to keep one it
/// is derived from the machine and the user.
pub fn installation_id(ledger: &Ledger) -> String {
    kept(ledger).unwrap_or_else(|| {
        let user = match env::user_id() {
            Some(id) => id.to_string(),
            None => env::var("USERNAME").unwrap_or_default(),
        };
        digest(&format!("{}\0{user}", env::machine()))
    })
}

fn kept(ledger: &Ledger) -> Option<String> {
    let new = Installation {
        version: VERSION,
        id: letters(fastrand::u64(..)),
    };
    let content = ledger.read_or_write_installation(&serde_json::to_vec(&new).ok()?);
    match content {
        Ok(content) => parse(&content),
        Err(err) => {
            debug!("this installation has no id of its own: {err:#}");
            None
        }
    }
}

fn parse(content: &[u8]) -> Option<String> {
    let found: Installation = json::from_slice(content).ok()?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (found.version == VERSION && found.id.len() == ID_LENGTH && found.id.bytes().all(is_plain))
        .then_some(found.id)
}
