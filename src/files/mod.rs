//! The only room that writes, and the checks that keep other users from what is read and written.
//!
//! There are two kinds of files, and each can be opened in one way only:
//!
//! - Files that this program keeps (cache, logins): a [`PrivateDir`] opens them. A file that another
//!   user could have written or read counts as missing; it is never an error.
//! - Files that users and other programs write (settings, tokens, Docker's configuration): a
//!   [`UserFile`]. Only [`UserFile::trusted`] returns content that may decide what this program does.
//!
//! `trust` decides for both which paths are safe.

#[cfg(unix)]
mod accounts;
mod lock;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod platform;
mod private_dir;
mod replace;
#[cfg_attr(unix, path = "trust_unix.rs")]
#[cfg_attr(not(unix), path = "trust_other.rs")]
mod trust;
mod user_file;

use std::io;
use std::path::Path;

use anyhow::anyhow;

use crate::error::{shown, system};
pub use lock::{Lock, Waited};
pub use platform::{is_outside_of_the_profile, link};
pub use private_dir::{PrivateDir, is_in_progress, names};
pub use replace::replace_user_file;
pub use trust::Untrusted;
pub use user_file::{UserFile, append};

/// Who can change a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Owner {
    /// This user; on unix also root.
    #[default]
    Us,
    /// The user who ran `sudo`, or whose home root uses, too. Only root accepts files of that user.
    InvokingUser(u32),
}

/// Temporary files start with this, so that the sweep removes no other program's.
const TEMPORARY: &str = ".docker-credential-ionos-";

/// An error with the path and the reason. The text of `tempfile`'s own error repeats a long path
/// before the reason.
fn failed(to: &str, path: &Path, err: &io::Error) -> anyhow::Error {
    anyhow!("failed to {to} {}: {}", shown(path), system(err))
}
