//! A signal at every write of a mint leaves whole files and no token.
//!
//! `MINT_KILLS` sets the number of signals (default: one at each write).

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;

use super::kills::is_whole;
use crate::support::clock::Clock;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::{Helper, Home};
use crate::support::strace::{self, Write};
use crate::support::tally;

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const MINUTE: i64 = 60;
const WORKERS: usize = 4;

/// The cache before the mint.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cached {
    Nothing,
    /// A token past half its life.
    Ageing,
    /// The same, without a record: 0.1.0 minted it.
    Unrecorded,
}

struct Machine<'a> {
    api: FakeIonos,
    home: Home,
    clock: &'a Clock,
    time: i64,
}

impl<'a> Machine<'a> {
    fn new(clock: &'a Clock, cached: Cached) -> Self {
        let api = FakeIonos::builder()
            .registry(RegistrySpec::new("demo"))
            .registry(RegistrySpec::new("other"))
            .start();
        let home = Home::new();
        let mut machine = Self {
            api,
            home,
            clock,
            time: 0,
        };
        if cached != Cached::Nothing {
            let name = machine.helper().get(DEMO_HOST).credential().username;
            if cached == Cached::Unrecorded {
                fs::remove_file(machine.home.record(&name)).unwrap();
            }
            machine.wait(7 * 60 * MINUTE);
        }
        machine
    }

    fn wait(&mut self, seconds: i64) {
        self.time += seconds;
        self.api.set_clock(self.time);
    }

    fn helper(&self) -> Helper {
        let helper = self.home.helper_for(&self.api);
        self.clock.shift(helper, self.time)
    }
}

#[test]
fn signal_at_every_write_of_a_mint_leaves_no_token() {
    if !strace::is_installed() {
        return;
    }
    let Some(clock) = Clock::new() else { return };
    let mut points = Vec::new();
    for cached in [Cached::Nothing, Cached::Ageing, Cached::Unrecorded] {
        let writes = strace::writes(&Machine::new(&clock, cached).helper(), DEMO_HOST);
        assert!(
            writes.iter().any(|(name, _)| name == "sendto"),
            "{writes:?}"
        );
        points.extend(writes.into_iter().map(|write| (cached, write)));
    }
    let signals = tally::times("MINT_KILLS", points.len());
    let interrupted = AtomicUsize::new(0);
    // In parallel, because a run mostly waits for the disk.
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (clock, points, interrupted) = (&clock, &points, &interrupted);
            scope.spawn(move || {
                for round in (worker..signals).step_by(WORKERS) {
                    let (cached, write) = &points[round % points.len()];
                    let is_first_pass = (round / points.len()) % 2 == 0;
                    let signal = if is_first_pass {
                        Signal::KILL
                    } else {
                        Signal::TERM
                    };
                    let was_interrupted = interrupt_mint(clock, *cached, write, signal);
                    interrupted.fetch_add(usize::from(was_interrupted), Ordering::Relaxed);
                }
            });
        }
    });
    let interrupted = interrupted.into_inner();
    assert!(interrupted * 2 > signals, "only {interrupted} of {signals}");
    tally::add("signals at writes of a mint", signals);
}

/// Interrupts a `get` and returns whether that ended it.
fn interrupt_mint(clock: &Clock, cached: Cached, write: &Write, signal: Signal) -> bool {
    let mut machine = Machine::new(clock, cached);
    let at = (write.0.as_str(), write.1);
    let done = strace::interrupt(&machine.helper(), &["get"], DEMO_HOST, at, signal).finish();
    let what = format!("{signal:?} at {write:?}, cached: {cached:?}");
    is_whole(&machine.home, &what);
    let next = machine.helper().get(DEMO_HOST).credential();
    assert!(machine.api.accepts(&next.username, &next.secret), "{what}");
    machine.wait(16 * MINUTE);
    for host in [OTHER_HOST, DEMO_HOST] {
        let credential = machine.helper().get(host).credential();
        assert!(
            machine
                .api
                .accepts(&credential.username, &credential.secret)
        );
    }
    for host in [OTHER_HOST, DEMO_HOST] {
        machine.helper().erase(host).says("");
    }
    let orphans: Vec<_> = machine.api.tokens().into_iter().map(|it| it.name).collect();
    assert_eq!(orphans, [""; 0], "{what}: {:#?}", machine.home.files());
    done.code != Some(0)
}
