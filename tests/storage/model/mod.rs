//! Random sequences of commands, faults, clock changes and signals leave no token behind.
//!
//! `MODEL_STEPS` sets the number of steps (default 144). `MODEL_SEED` repeats one sequence.

mod rules;
mod step;
mod world;

use std::thread;

use fastrand::Rng;

use crate::support::clock::Clock;
use crate::support::{strace, tally};
use step::Step;
use world::{Violation, World};

const SEQUENCE: usize = 24;
const WORKERS: usize = 3;

#[test]
fn random_sequences_leave_no_token() {
    let Some(clock) = Clock::new() else { return };
    if !strace::is_installed() {
        return;
    }
    let steps = tally::times("MODEL_STEPS", 144);
    let repeated = tally::times("MODEL_SEED", 0) as u64;
    let sequences = if repeated == 0 {
        steps.div_ceil(SEQUENCE)
    } else {
        1
    };
    // In parallel, because a sequence mostly waits for the API.
    thread::scope(|scope| {
        for worker in 0..WORKERS.min(sequences) {
            let clock = &clock;
            scope.spawn(move || {
                for _ in (worker..sequences).step_by(WORKERS) {
                    let seed = if repeated == 0 {
                        fastrand::u64(1..)
                    } else {
                        repeated
                    };
                    check(clock, seed);
                }
            });
        }
    });
}

fn check(clock: &Clock, seed: u64) {
    let steps = sequence(seed);
    if let Err(violation) = run(clock, &steps) {
        let (shorter, last) = shorten(clock, steps.clone(), violation.clone());
        panic!(
            "{violation}\nMODEL_SEED={seed}:\n{}\n\n{last}\nafter\n{}",
            lines(&steps),
            lines(&shorter)
        );
    }
    tally::add("model sequences", 1);
    tally::add("model steps", steps.len());
    tally::add(
        "model faults",
        steps.iter().map(|step| step.faults.len()).sum(),
    );
    let signals = steps.iter().filter(|step| step.signal.is_some());
    tally::add("model signals", signals.count());
    tally::add("model orphans", 0);
}

fn sequence(seed: u64) -> Vec<Step> {
    let mut rng = Rng::with_seed(seed);
    let focus = rng.u8(..3) > 0;
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..SEQUENCE {
        let step = Step::random(&mut rng, steps.last(), focus);
        steps.push(step);
    }
    steps
}

fn run(clock: &Clock, steps: &[Step]) -> Result<(), Violation> {
    let mut world = World::new(clock);
    for (number, step) in steps.iter().enumerate() {
        let result = world.run(step);
        result.map_err(|violation| format!("{violation} in step {number}"))?;
    }
    world.end()
}

/// Removes each step that is not needed for the failure.
fn shorten(clock: &Clock, mut steps: Vec<Step>, mut last: Violation) -> (Vec<Step>, Violation) {
    for number in (0..steps.len()).rev() {
        let mut shorter = steps.clone();
        shorter.remove(number);
        if let Err(violation) = run(clock, &shorter) {
            (steps, last) = (shorter, violation);
        }
    }
    (steps, last)
}

fn lines(steps: &[Step]) -> String {
    let lines: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
    lines.join("\n")
}
