//! A machine with several users. The program can run as each of them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::fake_ionos::FakeIonos;
use super::helper::{BIN, Done, Helper, Home, write_private};
use super::skip;

/// The user whose secrets are to be protected.
pub const VICTIM: u32 = 64_001;
/// Another user of the same machine.
pub const NEIGHBOUR: u32 = 64_002;
/// A third one, whose group has no members.
pub const STRANGER: u32 = 64_003;
/// The superuser.
pub const ROOT: u32 = 0;

const SETPRIV: &str = "/usr/bin/setpriv";

/// A directory that every user can enter, with a home for each user.
pub struct Machine(tempfile::TempDir);

impl Machine {
    /// Returns `None` and reports a skip if this process cannot become another user.
    pub fn new(what: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skip::skip_or_fail(what, "only root can become another user");
            return None;
        }
        if !Path::new(SETPRIV).exists() {
            skip::skip_or_fail(what, "there is no setpriv");
            return None;
        }
        // As in /home, and unlike /tmp, only root can write the directories above the homes.
        let dir = tempfile::tempdir_in("/var/lib").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Some(Self(dir))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The home directory of a user, which only that user can enter.
    pub fn home(&self, user: u32) -> PathBuf {
        let home = self.path().join(format!("home-{user}"));
        if !home.exists() {
            self.dir(&home, user, 0o700);
        }
        home
    }

    /// A directory of `user` with exactly this mode.
    pub fn dir(&self, path: &Path, user: u32, mode: u32) {
        assert!(path.starts_with(self.path()));
        if !path.exists() {
            fs::DirBuilder::new().recursive(true).create(path).unwrap();
        }
        give(path, user, mode);
    }

    /// A file of `user` with exactly this mode. Missing directories belong to the owner of the
    /// directory that they are in.
    pub fn file(&self, path: &Path, user: u32, mode: u32, content: &str) {
        assert!(path.starts_with(self.path()));
        let missing: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .take_while(|it| !it.exists())
            .collect();
        write_private(path, content.as_bytes());
        for dir in missing.into_iter().rev() {
            let parent = fs::metadata(dir.parent().unwrap()).unwrap();
            give(dir, parent.uid(), 0o700);
        }
        give(path, user, mode);
    }

    /// A symbolic link of `user`.
    pub fn link(&self, target: &Path, link: &Path, user: u32) {
        assert!(link.starts_with(self.path()));
        std::os::unix::fs::symlink(target, link).unwrap();
        std::os::unix::fs::lchown(link, Some(user), Some(user)).unwrap();
    }

    /// The program with the home of `user` and the default account of `fake`.
    pub fn helper(&self, user: u32, fake: &FakeIonos) -> Helper {
        Home::new()
            .helper_for(fake)
            .env("HOME", self.home(user).to_str().unwrap())
    }
}

/// Runs the program as `user`, with only the user's own group.
pub fn run_as(user: u32, helper: &Helper, args: &[&str], stdin: &str) -> Done {
    let user = user.to_string();
    let become_user = [
        "--reuid",
        &user,
        "--regid",
        &user,
        "--clear-groups",
        program(),
    ];
    let args: Vec<&str> = become_user
        .into_iter()
        .chain(args.iter().copied())
        .collect();
    helper.clone().program(Path::new(SETPRIV)).run(&args, stdin)
}

fn give(path: &Path, user: u32, mode: u32) {
    chown(path, Some(user), Some(user)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A copy of the program that every user can run. The directory of the sources may be private.
pub fn program() -> &'static str {
    static COPY: OnceLock<(tempfile::TempDir, String)> = OnceLock::new();
    let (_, program) = COPY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = dir.path().join("docker-credential-ionos");
        fs::copy(BIN, &program).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let program = program.display().to_string();
        (dir, program)
    });
    program
}
