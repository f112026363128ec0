//! Reading a client's file, and what to do if that fails.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::env;
use crate::error::{Failure, system};
use crate::files::UserFile;

/// The content of a client's file; `None` if the file does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let is_below_a_file = || path.parent().is_some_and(Path::is_file);
    match UserFile::read(path) {
        Ok(file) => Ok(Some(file.unchecked())),
        // Windows says that a path below a file does not exist.
        Err(err) if err.kind() == ErrorKind::NotFound && !is_below_a_file() => Ok(None),
        Err(err) => Err(unreadable(path, &err)),
    }
}

fn unreadable(path: &Path, err: &io::Error) -> Failure {
    let is_named_by = |name, path| env::path(name).is_some_and(|named| named == path);
    let mut parents = path.ancestors().skip(1);
    let (why, hint) = match parents.find(|it| it.exists()).filter(|it| !it.is_dir()) {
        Some(file) if is_named_by("DOCKER_CONFIG", file) => {
            let parent = file.parent().unwrap_or(file).display();
            (
                "DOCKER_CONFIG is a file".into(),
                format!("set it to the directory of config.json: DOCKER_CONFIG={parent}"),
            )
        }
        Some(file) => (
            format!("{} is not a directory", file.display()),
            "move that file away".into(),
        ),
        None if path.is_dir() && is_named_by("REGISTRY_AUTH_FILE", path) => (
            "REGISTRY_AUTH_FILE is a directory".into(),
            format!(
                "set it to a file, such as {}",
                path.join("auth.json").display()
            ),
        ),
        // `docker run -v` makes a directory of a missing file.
        None if path.is_dir() => ("it is a directory".into(), "remove that directory".into()),
        None => {
            let hint = match err.kind() {
                ErrorKind::FileTooLarge => {
                    "remove what is no longer needed from it, or add the host to credHelpers with an editor"
                }
                ErrorKind::PermissionDenied => "make the file and its directory readable for you",
                _ => "make it a file that you can read",
            };
            (system(err), hint.into())
        }
    };
    Failure::new(format!("cannot read {}: {why}", path.display()), hint)
}
