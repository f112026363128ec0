//! The only reader of environment variables, platform directories and the clock.
//!
//! clippy.toml bans the raw calls elsewhere.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
#[cfg(not(windows))]
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[cfg(not(windows))]
use directories::BaseDirs;
use jiff::Timestamp;

use crate::error::Failure;
use crate::secret::Secret;

/// Keeps the account's secrets out of what is printed, also if this run does not use them.
pub fn note_secrets() {
    for name in ["IONOS_TOKEN", "IONOS_PASSWORD"] {
        drop(var(name).map(Secret::from));
    }
}

/// A variable's value. Empty counts as unset: CI systems pass undefined secrets as "".
pub fn var(name: &str) -> Option<String> {
    let lossy = |value: OsString| value.to_string_lossy().into_owned();
    raw(name).map(|value| value.into_string().unwrap_or_else(lossy))
}

/// A variable that names a file or directory.
pub fn path(name: &str) -> Option<PathBuf> {
    raw(name).map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "the only reader")]
fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A switch: on, off, or unset.
pub fn switch(name: &'static str) -> Result<Option<bool>, Failure> {
    let Some(value) = var(name) else {
        return Ok(None);
    };
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "off" => Ok(Some(false)),
        _ => Err(Failure::new(
            format!("{name} is neither true nor false"),
            format!("set {name}=true or {name}=false"),
        )),
    }
}

/// Seconds since 1970, by this machine's clock.
pub fn now() -> i64 {
    now_millis() / 1000
}

/// Milliseconds since 1970, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the only reader")]
pub fn now_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// A time in seconds since 1970 as RFC 3339 in UTC.
pub fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

/// The moment by which a command has to end.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Instant);

impl Deadline {
    /// A deadline `time` from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The time left; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether no time is left.
    pub fn passed(self) -> bool {
        self.left().is_zero()
    }

    /// The earlier of this deadline and `time` from now.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        Self(self.0.min(Instant::now() + time))
    }
}

/// The cache directory: `IONOS_CR_CACHE_DIR`, else the platform's. `None` without a home directory,
/// as under a kubelet, systemd or in minimal containers.
pub fn cache_dir() -> Result<Option<PathBuf>, Failure> {
    let Some(dir) = path("IONOS_CR_CACHE_DIR") else {
        return Ok(platform_dir(Place::Cache));
    };
    if dir.is_absolute() {
        return Ok(Some(dir));
    }
    // A client passes its working directory on, and `docker build .` would send a cache in there to
    // the daemon.
    Err(Failure::new(
        format!(
            "IONOS_CR_CACHE_DIR is not an absolute path: {}",
            dir.display()
        ),
        "set it to an absolute path or unset it",
    ))
}

/// Where root's services keep files until the next boot.
pub fn runtime_dir() -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    let run = rustix::process::geteuid()
        .is_root()
        .then(|| PathBuf::from("/run"));
    #[cfg(not(target_os = "linux"))]
    let run: Option<PathBuf> = None;
    run.filter(|run| run.is_dir())
        .map(|run| run.join("docker-credential-ionos"))
}

/// Where files are kept that must outlive a cleared cache.
pub fn data_dir() -> Option<PathBuf> {
    platform_dir(Place::Data)
}

/// Our own configuration file.
pub fn config_file() -> Option<PathBuf> {
    platform_dir(Place::Config).map(|dir| dir.join("config.json"))
}

/// The variable that names the user's home directory.
pub const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// The user's home directory: only the variable counts. A process that was started without it was
/// started so on purpose, so it has no home directory, whatever the user database says.
pub fn home() -> Option<PathBuf> {
    path(HOME).filter(|home| home.is_absolute())
}

/// Where ionosctl keeps its configuration.
pub fn ionosctl_dir() -> Option<PathBuf> {
    base_dir(Place::Config).map(|dir| dir.join("ionosctl"))
}

/// What a directory of ours is for.
#[derive(Clone, Copy)]
enum Place {
    Cache,
    Data,
    Config,
}

fn platform_dir(place: Place) -> Option<PathBuf> {
    let dir = base_dir(place)?.join(env!("CARGO_PKG_NAME"));
    // Windows has one directory for data and configuration.
    #[cfg(windows)]
    let dir = dir.join(match place {
        Place::Cache => "cache",
        Place::Data => "data",
        Place::Config => "config",
    });
    Some(dir)
}

/// The directory that all programs share.
#[cfg(not(windows))]
fn base_dir(place: Place) -> Option<PathBuf> {
    /// `directories` reads the user database when HOME is unset, so it is asked only if HOME is
    /// set. Cached, because each call computes every directory.
    static DIRS: LazyLock<Option<BaseDirs>> = LazyLock::new(|| {
        home()?;
        BaseDirs::new()
    });
    let (xdg, dir): (_, fn(&BaseDirs) -> &Path) = match place {
        Place::Cache => ("XDG_CACHE_HOME", BaseDirs::cache_dir),
        Place::Data => ("XDG_DATA_HOME", BaseDirs::data_dir),
        Place::Config => ("XDG_CONFIG_HOME", BaseDirs::config_dir),
    };
    match &*DIRS {
        Some(dirs) => Some(dir(dirs).to_owned()),
        None => path(xdg).filter(|dir| dir.is_absolute()),
    }
}

/// The directory that all programs share, by the variables that Docker and ionosctl read too.
/// `directories` asks `SHGetKnownFolderPath`, which ignores them, so a moved profile would split the
/// three programs.
#[cfg(windows)]
fn base_dir(place: Place) -> Option<PathBuf> {
    let (variable, below_home) = match place {
        Place::Cache => ("LOCALAPPDATA", r"AppData\Local"),
        Place::Data | Place::Config => ("APPDATA", r"AppData\Roaming"),
    };
    let moved = path(variable).filter(|dir| dir.is_absolute());
    moved.or_else(|| Some(home()?.join(below_home)))
}

/// The variables that decide how the API is reached. A change of one invalidates remembered
/// failures.
pub fn network() -> String {
    [
        "IONOS_PINNED_CERT",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ]
    .map(|name| var(name).unwrap_or_default())
    .join("\0")
}

/// What changes about a file when it is written or replaced.
#[derive(Debug, Default)]
pub struct FileStamp {
    /// Device, inode, size and times; empty if there is no file.
    pub text: String,
    /// Whether the file has not changed for two seconds. A second write within the resolution of the
    /// file system's clock does not change the stamp.
    pub is_settled: bool,
}

/// The stamp of a file, without opening it.
pub fn file_stamp(path: &Path) -> FileStamp {
    let Ok(metadata) = std::fs::metadata(path) else {
        return FileStamp::default();
    };
    #[cfg(unix)]
    let (device, inode, changed, changed_nanos) = {
        use std::os::unix::fs::MetadataExt as _;
        (
            metadata.dev(),
            metadata.ino(),
            metadata.ctime(),
            metadata.ctime_nsec(),
        )
    };
    #[cfg(not(unix))]
    let (device, inode, changed, changed_nanos) = (0, 0, 0, 0);
    let size = metadata.len();
    let modified = metadata.modified().ok();
    let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let modified = modified.unwrap_or_default();
    let (seconds, nanos) = (modified.as_secs(), modified.subsec_nanos());
    let last = i64::try_from(seconds).unwrap_or(i64::MAX).max(changed);
    // Allocated once, because growing the string costs more than formatting it.
    let mut text = String::with_capacity(128);
    let _ = write!(
        text,
        "{device}-{inode}-{size}-{seconds}-{nanos}-{changed}-{changed_nanos}"
    );
    FileStamp {
        text,
        is_settled: now().saturating_sub(last) > 2,
    }
}

/// The first executable of this name on `PATH`, which a client would run.
pub fn on_path(name: &str) -> Option<PathBuf> {
    search_path()
        .into_iter()
        .map(|dir| dir.join(name))
        .find(|program| is_executable(program))
}

/// The absolute directories on `PATH`. Clients run nothing from a relative one.
pub fn search_path() -> Vec<PathBuf> {
    let dirs = raw("PATH").unwrap_or_default();
    std::env::split_paths(&dirs)
        .filter(|dir| dir.is_absolute())
        .collect()
}

fn is_executable(path: &Path) -> bool {
    let Ok(metadata) = std::fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    let permitted = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let permitted = true;
    metadata.is_file() && permitted
}

/// Whether this user may write to a file or socket.
pub fn can_write(path: &Path) -> bool {
    #[cfg(unix)]
    return rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    #[cfg(not(unix))]
    return path.exists();
}

/// The path of the running program.
pub fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The user id of this process, on unix.
pub fn user_id() -> Option<u32> {
    #[cfg(unix)]
    return Some(rustix::process::getuid().as_raw());
    #[cfg(not(unix))]
    return None;
}

/// This machine's host name, for token names. Not necessarily unique.
pub fn machine() -> String {
    #[cfg(unix)]
    return rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    return var("COMPUTERNAME").unwrap_or_default();
}
