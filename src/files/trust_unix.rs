//! Which paths are safe from other users: unix.
//!
//! A path is safe if only this user and root can change what it leads to: each directory on the
//! way, each link and the file itself belong to this user or to root, and no other user can write
//! them. A directory that others can write counts as safe if it is sticky, as `/tmp` is: there no
//! other user can rename or remove what belongs to this user.
//!
//! The check walks from the root directory down. When a step is checked, only this user and root can
//! still change the steps before it, so no other user can win a race.

use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use rustix::fs::{FileType, Mode, Stat, lstat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::{Owner, accounts};
use crate::env;
use crate::error::{Failure, quoted_for_shell, shown};

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;
const ROOT: u32 = 0;

static ME: LazyLock<u32> = LazyLock::new(|| geteuid().as_raw());

/// The user id of this process.
pub(super) fn me() -> u32 {
    *ME
}

/// Whether a file that `owner` names may be read. Root's files are not read for another user, who also
/// chooses the API that gets the content.
pub(super) fn may_be_named_by(owner: Owner, file: &Metadata) -> bool {
    match owner {
        Owner::Us => true,
        Owner::InvokingUser(uid) => file.uid() == uid,
    }
}

/// Why a path is not safe.
#[derive(Debug)]
pub struct Untrusted {
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// It belongs to this other user.
    Owner(u32),
    /// It belongs to this other user, for whom root reads files and creates none.
    NewFile(u32),
    /// Others can write it; it belongs to this user.
    Writable(u32),
    /// Its metadata cannot be read.
    Io(io::Error),
}

impl Untrusted {
    fn new(path: &Path, reason: Reason) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }

    /// The line for a person, about a `file` that this path leads to.
    pub fn failure(&self, file: &Path) -> Failure {
        let what = if self.path == std::path::absolute(file).unwrap_or_default() {
            format!("cannot use {}: {}", shown(file), self.why("it"))
        } else {
            format!("cannot use {}: {self}", shown(file))
        };
        let path = quoted_for_shell(&shown(&self.path));
        let hint = match &self.reason {
            Reason::Owner(_) => {
                let (sudo, me) = match me() {
                    ROOT => ("", "root".to_owned()),
                    me => (
                        "sudo ",
                        accounts::user_name(me).unwrap_or_else(|| me.to_string()),
                    ),
                };
                // Without -h, chown changes what a link leads to.
                let option = if self.path.is_symlink() { "-h " } else { "" };
                let chown = format!("run \"{sudo}chown {option}{me} {path}\"");
                match (option, self.path.is_dir()) {
                    // It may be the home of the other user.
                    ("", true) => {
                        format!("use a directory of {me}, or {chown} if it is to be {me}'s")
                    }
                    _ => format!("check it, then {chown}"),
                }
            }
            Reason::NewFile(_) => "run this as that user, or use a directory of root".into(),
            Reason::Writable(owner) if *owner == me() || me() == ROOT => {
                format!("check it, then run \"chmod go-w {path}\"")
            }
            Reason::Writable(_) => format!("check it, then run \"sudo chmod go-w {path}\""),
            Reason::Io(_) => "check the path and its permissions".into(),
        };
        Failure::new(what, hint)
    }

    fn why(&self, path: &str) -> String {
        match &self.reason {
            Reason::Owner(owner) | Reason::NewFile(owner) => {
                format!("{path} belongs to {}", accounts::shown_user(*owner))
            }
            Reason::Writable(owner) => format!(
                "others can write {path} (owner {})",
                accounts::shown_user(*owner)
            ),
            Reason::Io(err) => format!("{path}: {}", crate::error::system(err)),
        }
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why(&shown(&self.path)))
    }
}

impl std::error::Error for Untrusted {}

/// A path that was checked.
struct CheckedPath {
    /// Where it leads: absolute, without links.
    end: PathBuf,
    /// A directory or link on the way that belongs to the user who ran `sudo`.
    of_invoking_user: Option<(PathBuf, u32)>,
}

/// Checks the directory `dir` for files of this program. It need not exist yet.
pub(super) fn check_place(dir: &Path) -> Result<(), Untrusted> {
    /// The last one that passed. Only this user and root can have changed it since.
    static SAFE: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut safe = SAFE.lock().unwrap_or_else(PoisonError::into_inner);
    if safe.as_deref().map(Path::as_os_str) != Some(dir.as_os_str()) {
        walk(dir, None)?;
        *safe = Some(dir.to_owned());
    }
    Ok(())
}

/// Checks the directories and links that lead to a file of a user that is to be written and need not
/// exist yet. Returns where it is: absolute, without links.
pub(super) fn check_target(path: &Path) -> Result<PathBuf, Untrusted> {
    let checked = walk(path, invoking_user())?;
    if let Some((path, uid)) = checked.of_invoking_user {
        match fs::metadata(&checked.end).map(|file| file.uid()) {
            // That user may have put a link to another user's file.
            Ok(owner) if owner != uid => {
                return Err(Untrusted::new(&checked.end, Reason::Owner(owner)));
            }
            Ok(_) => {}
            // It would belong to root, and that user could neither use nor remove it.
            Err(_) => return Err(Untrusted::new(&path, Reason::NewFile(uid))),
        }
    }
    Ok(checked.end)
}

/// Checks the open file at `path`, whose content decides what this program does.
pub(super) fn check_file(path: &Path, file: &Metadata) -> Result<Owner, Untrusted> {
    let invoker = invoking_user();
    let checked = walk(path, invoker)?;
    let owner = owner(&checked.end, file.uid(), invoker)?;
    if is_writable_by_others(&checked.end, file.uid(), file.gid(), file.mode()) {
        return Err(Untrusted::new(&checked.end, Reason::Writable(file.uid())));
    }
    Ok(match checked.of_invoking_user {
        Some((_, uid)) => Owner::InvokingUser(uid),
        None => owner,
    })
}

/// If this process is root: who ran `sudo`, else the owner of `HOME`. A container often runs as root
/// with a home that was mounted from the host, as GitHub's container jobs do.
fn invoking_user() -> Option<u32> {
    if me() != ROOT {
        return None;
    }
    let uid = match env::var("SUDO_UID") {
        Some(uid) => uid.parse().ok()?,
        None => fs::metadata(env::home()?).ok()?.uid(),
    };
    Some(uid).filter(|uid| *uid != ROOT)
}

fn owner(path: &Path, uid: u32, invoker: Option<u32>) -> Result<Owner, Untrusted> {
    if uid == me() || uid == ROOT {
        Ok(Owner::Us)
    } else if Some(uid) == invoker {
        Ok(Owner::InvokingUser(uid))
    } else {
        Err(Untrusted::new(path, Reason::Owner(uid)))
    }
}

/// Follows `path` from the root directory and checks each directory and each link, but not a file at
/// the end. Stops where something does not exist.
fn walk(path: &Path, invoker: Option<u32>) -> Result<CheckedPath, Untrusted> {
    let io = |path: &Path, err: io::Error| Untrusted::new(path, Reason::Io(err));
    let mut path = std::path::absolute(path).map_err(|err| io(path, err))?;
    let mut links = 0;
    let mut of_invoking_user = None;
    'again: loop {
        // Without links in it, so that `..` is its parent.
        let mut at = PathBuf::with_capacity(path.as_os_str().len());
        let mut in_sticky = false;
        let mut rest = path.components();
        while let Some(component) = rest.next() {
            if component == Component::ParentDir {
                at.pop();
                continue;
            }
            at.push(component);
            let stat = match lstat(&at) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => {
                    at.extend(rest);
                    break;
                }
                Err(err) => return Err(io(&at, err.into())),
            };
            let kind = FileType::from_raw_mode(stat.st_mode);
            if !matches!(kind, FileType::Directory | FileType::Symlink) {
                continue;
            }
            match owner(&at, stat.st_uid, invoker) {
                Ok(Owner::Us) => {}
                Ok(Owner::InvokingUser(uid)) => of_invoking_user = Some((at.clone(), uid)),
                Err(_) if !in_sticky && is_unmapped_root(stat.st_uid) => {}
                Err(err) => return Err(err),
            }
            if kind == FileType::Symlink {
                links += 1;
                if links > MOST_LINKS {
                    return Err(io(&at, Errno::LOOP.into()));
                }
                let target = fs::read_link(&at).map_err(|err| io(&at, err))?;
                at.pop();
                path = at.join(target).join(rest.as_path());
                continue 'again;
            }
            in_sticky = check_mode(&at, &stat)?;
        }
        return Ok(CheckedPath {
            end: at,
            of_invoking_user,
        });
    }
}

/// Whether others can write a directory, which is safe only if it is sticky.
#[cfg_attr(
    not(target_os = "macos"),
    expect(clippy::useless_conversion, reason = "the mode is an u16 on macOS")
)]
fn check_mode(dir: &Path, stat: &Stat) -> Result<bool, Untrusted> {
    let (uid, mode) = (stat.st_uid, stat.st_mode);
    if !is_writable_by_others(dir, uid, stat.st_gid, mode.into()) {
        Ok(false)
    } else if Mode::from_raw_mode(mode).contains(Mode::SVTX) {
        Ok(true)
    } else {
        Err(Untrusted::new(dir, Reason::Writable(uid)))
    }
}

/// Whether anybody but the owner, this user and root can write it.
fn is_writable_by_others(path: &Path, uid: u32, gid: u32, mode: u32) -> bool {
    const GROUP: u32 = 0o020;
    const OTHERS: u32 = 0o002;
    mode & OTHERS != 0
        // Many distributions give each user a group of their own, and a umask that lets it write.
        || (mode & GROUP != 0
            && (has_acl(path) || !accounts::is_private_group(gid, &[uid, me(), ROOT])))
}

/// Whether an access control list lets more users in than the mode says. With a list the mode's
/// group bits are the most that any user or group in the list may do.
fn has_acl(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    return rustix::fs::getxattr_query(path, super::platform::ACL).is_ok();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// Whether `uid` stands for users that do not exist in this user namespace, root among them. A
/// rootless podman runs this program in such a namespace: `/` and `/home` belong to that id there.
fn is_unmapped_root(uid: u32) -> bool {
    #[cfg(target_os = "linux")]
    {
        let unmapped = fs::read_to_string("/proc/sys/kernel/overflowuid").ok();
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        let maps_all = map.split_whitespace().eq(["0", "0", "4294967295"]);
        unmapped.is_some_and(|it| it.trim() == uid.to_string()) && !map.is_empty() && !maps_all
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = uid;
        false
    }
}
