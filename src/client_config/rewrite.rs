//! Changing a client's file while others may do the same.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::Draft;
use crate::error::{Failure, one_line, system};
use crate::files;

/// Every process of ours that gets in between has made its change, so this is as many of them.
const TRIES: u32 = 200;

/// What was made of a file.
#[derive(Debug)]
pub struct Rewritten<T> {
    /// The text before; `None` if there was no file.
    pub before: Option<String>,
    /// The text after.
    pub after: String,
    /// What the change returned.
    pub outcome: T,
}

/// Makes a change to a client's file, unless it is only to be shown. What another program writes
/// meanwhile is read again, so neither change is lost.
pub fn rewrite<T>(
    path: &Path,
    only_show: bool,
    change: impl Fn(&mut Draft) -> Result<T, Failure>,
) -> Result<Rewritten<T>, Failure> {
    for _ in 0..TRIES {
        let content = super::read(path)?;
        let mut draft = Draft::new(path, content.as_deref().unwrap_or_default())?;
        let before = draft.text().to_owned();
        let outcome = change(&mut draft)?;
        let after = draft.text();
        let done = after == before
            || only_show
            || files::replace_foreign(path, content.as_deref(), after.as_bytes())
                .map_err(|err| not_written(&err))?;
        if done {
            return Ok(Rewritten {
                before: content.map(|_| before),
                after: after.to_owned(),
                outcome,
            });
        }
    }
    Err(Failure::new(
        format!("another program keeps writing {}", path.display()),
        "try again in a moment",
    ))
}

fn not_written(err: &anyhow::Error) -> Failure {
    let what = one_line(&err.to_string());
    let why = err.root_cause().downcast_ref::<io::Error>();
    let is_mount = why.is_some_and(|why| why.kind() == ErrorKind::ResourceBusy);
    Failure::new(
        why.map_or_else(|| what.clone(), |why| format!("{what}: {}", system(why))),
        if is_mount {
            "the file is a mount of its own, as in a container: change it where it comes from, or mount its directory"
        } else {
            "make sure that the file and its directory are yours and can be written"
        },
    )
}
