//! SIGKILL at a random moment leaves whole files or none, and the next run works.
//!
//! `KILLS` sets the number of kills (default 60).

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home, walk};
use crate::support::platform;
use crate::support::tally;

const TEMPORARY: &str = ".docker-credential-ionos-";
const TAKEN: &str = ".taken-docker-credential-ionos-";

/// The run that is killed.
#[derive(Debug, Clone, Copy)]
enum Run {
    /// A cold `get`: looks up the registry, mints, saves.
    Mint,
    /// A `get` past half life: replaces the cached credential.
    Refresh,
    Store,
    Erase,
}

impl Run {
    const ALL: [Self; 4] = [Self::Mint, Self::Refresh, Self::Store, Self::Erase];

    fn prepare(self, home: &Home, helper: &Helper) {
        match self {
            Self::Mint => {}
            Self::Refresh => {
                let _ = helper.get(DEMO_HOST).credential();
                home.age_entry(7 * 3600);
            }
            Self::Store => helper.store(DEMO_HOST, "before", "old").says(""),
            Self::Erase => {
                let _ = helper.get(DEMO_HOST).credential();
                helper.store(DEMO_HOST, "before", "old").says("");
            }
        }
    }

    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Mint | Self::Refresh => &["get"],
            Self::Store => &["store"],
            Self::Erase => &["erase"],
        }
    }

    fn stdin(self) -> String {
        match self {
            Self::Store => {
                format!(r#"{{"ServerURL":"{DEMO_HOST}","Username":"after","Secret":"new"}}"#)
            }
            _ => DEMO_HOST.to_owned(),
        }
    }
}

/// Duration of a run without a kill.
fn measure(run: Run) -> Duration {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    run.prepare(&home, &helper);
    let start = Instant::now();
    let done = helper.run(run.args(), run.stdin());
    assert_eq!(done.code, Some(0), "{done:?}");
    start.elapsed()
}

#[track_caller]
pub(super) fn is_whole(home: &Home, what: &str) {
    for path in walk(home.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            continue;
        }
        platform::assert_mode(&path, 0o600);
        let content = fs::read(&path).unwrap();
        let is_work = name.starts_with(TEMPORARY) || name.starts_with(TAKEN);
        let is_lock = path.extension().is_some_and(|it| it == "lock");
        if !is_work && !is_lock {
            let whole = serde_json::from_slice::<serde_json::Value>(&content);
            assert!(whole.is_ok(), "{what}: {}: {content:?}", path.display());
        }
    }
}

fn work_left(dir: &Path) -> Vec<String> {
    let paths = walk(dir).into_iter();
    paths
        .map(|path| path.display().to_string())
        .filter(|path| path.contains(TEMPORARY))
        .collect()
}

#[test]
fn kill_at_any_moment_leaves_whole_files() {
    let kills = tally::times("KILLS", 60);
    let took = Run::ALL.map(measure);
    let mut killed = 0;
    for round in 0..kills {
        let (run, took) = (Run::ALL[round % 4], took[round % 4]);
        let (fake, home) = (FakeIonos::start(), Home::new());
        let helper = home.helper_for(&fake);
        run.prepare(&home, &helper);
        let mut running = helper.start(run.args(), run.stdin());
        // A random moment. Some runs end before it.
        std::thread::sleep(took.mul_f64(fastrand::f64()));
        running.kill();
        // A process that is killed has the exit code 1 on Windows, and none on unix.
        let code_of_killed = cfg!(windows).then_some(1);
        killed += usize::from(running.finish().code == code_of_killed);
        let what = format!("{run:?} in round {round}");
        is_whole(&home, &what);
        // The next get returns a credential, cached or new: no lock is left.
        let served = helper.get(DEMO_HOST).credential();
        let typed = [("before", "old"), ("after", "new")];
        let is_typed = typed.contains(&(served.username.as_str(), served.secret.as_str()));
        assert!(
            is_typed || fake.accepts(&served.username, &served.secret),
            "{what}"
        );
        if let Run::Store = run {
            assert!(is_typed, "{what}: a login was lost");
        }
        // The next write removes temporary files, and erase removes everything.
        helper.store(DEMO_HOST, "person", "typed").says("");
        helper.erase(DEMO_HOST).says("");
        let last = helper.get(DEMO_HOST).credential();
        assert!(fake.accepts(&last.username, &last.secret), "{what}");
        helper.erase(DEMO_HOST).says("");
        assert_eq!(work_left(&home.cache()), [""; 0], "{what}");
        assert_eq!(work_left(&home.data().join("logins")), [""; 0], "{what}");
        is_whole(&home, &what);
        // A token whose process died before writing its result is orphaned, and a superseded one
        // stays until it expires.
        let most = if let Run::Refresh = run { 2 } else { 1 };
        assert!(fake.tokens().len() <= most, "{what}: {:?}", fake.tokens());
    }
    assert!(killed * 4 > kills, "only {killed} of {kills} died of it");
    tally::add("kills", kills);
}
