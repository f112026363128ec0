//! Files that users and other programs write.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::trust::{self, Untrusted};
use super::{Owner, platform};

/// In bytes. A configuration has a few kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// The content of a file that a user or another program wrote, not yet checked.
#[derive(Debug)]
pub struct UserFile {
    path: PathBuf,
    content: Vec<u8>,
    metadata: Metadata,
}

impl UserFile {
    /// Reads it. Follows links, and does not wait for the other end of a pipe.
    pub fn read(path: &Path) -> io::Result<Self> {
        let opened = platform::without_waiting(OpenOptions::new().read(true)).open(path);
        // Windows opens no directory, and says that permission is denied.
        let file = opened.map_err(|err| if path.is_dir() { not_regular() } else { err })?;
        let metadata = regular(&file)?;
        let mut content = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LARGEST {
            let kind = io::ErrorKind::FileTooLarge;
            return Err(io::Error::new(kind, "larger than 1 MiB"));
        }
        Ok(Self {
            path: path.to_owned(),
            content,
            metadata,
        })
    }

    /// The content and who can change it, if no other user can. For files whose content decides
    /// what this program does.
    pub fn trusted(self) -> Result<(Vec<u8>, Owner), Untrusted> {
        let owner = trust::check_file(&self.path, &self.metadata)?;
        Ok((self.content, owner))
    }

    /// Whether it may be read for the owner of the file that names it.
    pub fn may_be_named_by(&self, owner: Owner) -> bool {
        trust::may_be_named_by(owner, &self.metadata)
    }

    /// The content, whoever wrote it. For files that are only shown, or that a user asked to change:
    /// [`replace_user_file`](super::replace_user_file) checks those.
    pub fn unchecked(self) -> Vec<u8> {
        self.content
    }
}

/// Adds lines to the end of a file that the environment names. Creates it if necessary, private. A
/// link is not followed, because it could lead the secret into any file.
pub fn append(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let opened = platform::private_file(options.read(true).append(true).create(true)).open(path);
    let mut file = opened.map_err(|err| match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => io::Error::other("it is a link"),
        Ok(metadata) if metadata.is_dir() => err,
        // A pipe without a reader, or a socket.
        Ok(metadata) if !metadata.is_file() => not_regular(),
        _ => err,
    })?;
    let metadata = regular(&file)?;
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    platform::has_room_for(size.saturating_add(content.len()))?;
    let mut last = [b'\n'];
    if size > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    // Another program may have written a last line without its end.
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    file.write_all(content)
}

fn regular(file: &File) -> io::Result<Metadata> {
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok(metadata)
    } else {
        Err(not_regular())
    }
}

fn not_regular() -> io::Error {
    io::Error::other("not a regular file")
}
