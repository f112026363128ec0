//! The identity that an account had when it was last read, so that a warm `get` parses no file and
//! runs no command.
//!
//! `CACHE/.accounts/HASH.account`, one file for each configuration file and profile, or command. Four
//! lines without a secret: the version, the stamp of what was read, and the kind and name of the
//! identity.

use std::path::PathBuf;

use log::debug;
use siphasher::sip128::SipHasher13;

use super::Identity;
use crate::files::PrivateDir;

const VERSION: &str = "1";
/// No host has this name.
const DIR: &str = ".accounts";

/// The notes of one user; without a directory there are none.
#[derive(Debug, Clone)]
pub struct Notes {
    root: Option<PathBuf>,
}

impl Notes {
    /// The notes below the cache's directory.
    pub fn new(cache: Option<PathBuf>) -> Self {
        Self { root: cache }
    }

    /// The identity noted for `subject`, if `stamp` is the same as then.
    pub(super) fn read(&self, subject: &str, stamp: &str) -> Option<Identity> {
        let dir = PrivateDir::open(self.root.as_ref()?, DIR)?;
        let content = String::from_utf8(dir.read(&file_name(subject))?).ok()?;
        let mut lines = content.lines();
        if lines.next()? != VERSION || lines.next()? != stamp {
            return None;
        }
        let (kind, name) = (lines.next()?, lines.next()?);
        let kind = ["claims", "hash", "username"]
            .into_iter()
            .find(|it| *it == kind)?;
        let name = name.to_owned();
        Some(Identity { kind, name })
    }

    pub(super) fn write(&self, subject: &str, stamp: &str, identity: &Identity) {
        let Some(root) = &self.root else {
            return;
        };
        if identity.name.contains(['\n', '\r']) {
            return;
        }
        let content = format!("{VERSION}\n{stamp}\n{}\n{}\n", identity.kind, identity.name);
        let written = PrivateDir::create(root, DIR)
            .and_then(|dir| dir.write_unsynced(&file_name(subject), content.as_bytes()));
        if let Err(err) = written {
            debug!("the account is not noted: {err:#}");
        }
    }
}

fn file_name(subject: &str) -> String {
    format!(
        "{:032x}.account",
        SipHasher13::new().hash(subject.as_bytes()).as_u128()
    )
}
