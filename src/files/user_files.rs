//! Files that other programs and people own, changed as those would like it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{TEMPORARY, platform, read_foreign, sweep};
use crate::env::Deadline;

/// More links than this lead in a circle.
const MOST_LINKS: usize = 40;
/// Holders only compare and rename.
const TO_HOLD: Duration = Duration::from_secs(5);

/// Replaces the content of a file, or makes a private one, so that readers see the old content or
/// the new. Links stay links; the file keeps its mode and owner. `false` if it is no longer what
/// was read `before`: somebody else wrote it meanwhile, and then nothing is changed.
pub fn replace_foreign(path: &Path, before: Option<&[u8]>, content: &[u8]) -> Result<bool> {
    let path = behind_links(path)?;
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    if before.is_none() {
        if let Some(stranger) = platform::owned_by_another_user(dir) {
            bail!("{} belongs to another user", stranger.display());
        }
        platform::private(DirBuilder::new().recursive(true))
            .create(dir)
            .with_context(|| format!("cannot create {}", dir.display()))?;
    }
    let replaced = replace(&path, dir, before, content)
        .with_context(|| format!("cannot write {}", path.display()))?;
    sweep(dir);
    Ok(replaced)
}

fn replace(path: &Path, dir: &Path, before: Option<&[u8]>, content: &[u8]) -> io::Result<bool> {
    platform::has_room_for(content.len())?;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(dir)?;
    // Tells the sweep that somebody is at it.
    let _ = file.as_file().try_lock();
    file.write_all(content)?;
    match fs::metadata(path) {
        Ok(metadata) => platform::make_alike(file.as_file(), &metadata)?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(err),
    }
    file.as_file().sync_all()?;
    let held = hold(dir);
    let now = match read_foreign(path) {
        Ok(now) => Some(now),
        Err(err) if err.kind() == io::ErrorKind::NotFound => None,
        Err(err) => return Err(err),
    };
    if now.as_deref() != before {
        return Ok(false);
    }
    match file.persist(path) {
        Ok(_) => {}
        // A sweep took it in the instant before it was locked.
        Err(err) if err.error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(err) => return Err(err.error),
    }
    drop(held);
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    Ok(true)
}

/// The file that a link leads to, whether it is there or not.
fn behind_links(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            // Relative to where the link is, and as it is if it is absolute.
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    bail!("{} is a link that leads in a circle", path.display());
}

/// Keeps other processes of ours from writing in a directory. Where that cannot be had in time,
/// comparing before the rename has to do.
fn hold(dir: &Path) -> Option<File> {
    let deadline = Deadline::after(TO_HOLD);
    let dir = File::open(dir).ok()?;
    loop {
        match dir.try_lock() {
            Ok(()) => return Some(dir),
            Err(fs::TryLockError::WouldBlock) if !deadline.passed() => {
                thread::sleep(Duration::from_millis(fastrand::u64(2..10)));
            }
            Err(_) => return None,
        }
    }
}

/// Makes `link` another name for the program at `target`.
pub fn link(target: &Path, link: &Path) -> io::Result<()> {
    platform::link(target, link)
}

/// Adds to the end of a file that somebody else made for it.
pub fn append(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let so_far = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    platform::has_room_for(so_far.saturating_add(content.len()))?;
    file.write_all(content)
}
