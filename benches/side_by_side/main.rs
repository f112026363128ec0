//! What a `get` costs beside the least it could cost and beside a peer: `cargo bench`.
//!
//! Prints tables and judges nothing, because times belong to the machine. What does not depend on
//! it, bytes and instructions, is judged by `tests/project/budget.rs`.
//! Needs Linux; valgrind, GNU time and apt-get for what they measure and fetch. No network but
//! Debian's mirror.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark that cannot measure has nothing to say"
)]

mod peer;
mod run;
mod site;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use run::{Program, children_cpu, interleave};
use site::Site;

const ROUNDS: usize = 500;
const COLD_ROUNDS: usize = 100;

fn main() {
    build(&["--bin", "docker-credential-ionos"]);
    build(&["--example", "floor_warm", "--example", "floor_cold"]);
    let floors = Floors {
        warm: built("examples/floor_warm"),
        cold: built("examples/floor_cold"),
    };
    println!("docker-credential-ionos {}", env!("CARGO_PKG_VERSION"));
    sizes(&floors);
    warm(&floors);
    cold(&floors);
    growth();
    crowd();
}

/// The least that the same work costs, built with the same profile.
struct Floors {
    warm: PathBuf,
    cold: PathBuf,
}

impl Floors {
    fn warm_get(&self, site: &Site) -> Program {
        let entry = site.entry().display().to_string();
        Program::new("floor: read, parse, print", &self.warm)
            .args(&[&entry])
            .stdin(site::HOST)
    }
}

/// The released build: cargo gives a benchmark's own build more features.
fn build(targets: &[&str]) {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet"])
        .args(targets)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.unwrap().success());
}

fn built(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_BIN_EXE_docker-credential-ionos"));
    own.with_file_name(name)
}

fn ours() -> PathBuf {
    built("docker-credential-ionos")
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn sizes(floors: &Floors) {
    println!("\nsize, stripped, in bytes");
    println!("{:>10}  docker-credential-ionos", bytes(&ours()));
    println!("{:>10}  floor of a warm get", bytes(&floors.warm));
    println!("{:>10}  floor of a cold get", bytes(&floors.cold));
}

fn warm(floors: &Floors) {
    let site = Site::with_hosts(10);
    let peer_home = tempfile::tempdir().unwrap();
    let mut programs = vec![floors.warm_get(&site), site.get()];
    programs.extend(peer::ecr(peer_home.path()));
    programs.push(Program::new("/bin/true", "/bin/true"));
    let programs: Vec<&Program> = programs.iter().collect();
    println!("\nwarm get, ten hosts cached, median of {ROUNDS} rounds in shuffled order");
    compare(&programs, ROUNDS);
}

fn cold(floors: &Floors) {
    let site = Site::over_tls();
    let program = site.cold_get();
    let seen = site.requests_of(&program);
    println!("\ncold get over TLS, median of {COLD_ROUNDS} rounds in shuffled order");
    println!(
        "  first: {} requests on {} connection(s), once the registry is known: {} on {}",
        seen.first.0, seen.first.1, seen.again.0, seen.again.1
    );
    let floor = site.floor(&floors.cold);
    compare(&[&floor, &program], COLD_ROUNDS);
}

/// A table with ratios to each program, in the order they came.
fn compare(programs: &[&Program], rounds: usize) {
    let walls = interleave(programs, rounds);
    let instructions: Vec<_> = programs.iter().map(|it| it.instructions()).collect();
    let memory: Vec<_> = programs.iter().map(|it| it.peak_memory()).collect();
    println!(
        "  {:<28} {:>9} {:>13} {:>8}   docker-credential-ionos to it: wall, instructions, memory",
        "", "wall/us", "instructions", "peak/kB"
    );
    let ours = programs
        .iter()
        .position(|it| it.path == self::ours())
        .unwrap();
    for (at, program) in programs.iter().enumerate() {
        let ratios = [
            ratio(
                u64::try_from(walls[ours]).ok(),
                u64::try_from(walls[at]).ok(),
            ),
            ratio(instructions[ours], instructions[at]),
            ratio(memory[ours], memory[at]),
        ];
        println!(
            "  {:<28} {:>9} {:>13} {:>8}   {}",
            program.name,
            walls[at],
            or_dash(instructions[at]),
            or_dash(memory[at]),
            ratios.join("  ")
        );
    }
}

fn ratio(ours: Option<u64>, theirs: Option<u64>) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two digits")]
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => format!("{:.2}", ours as f64 / theirs as f64),
        _ => "-".into(),
    }
}

fn or_dash(number: Option<u64>) -> String {
    number.map_or_else(|| "-".into(), |number| number.to_string())
}

/// What more hosts, and more entries in `config.json`, add.
fn growth() {
    println!("\ninstructions by part");
    println!("  {:<26} {:>12} {:>12} {:>12}", "", 1, 100, 10_000);
    let sites = [1, 100, 10_000].map(Site::with_hosts);
    for (name, program) in [
        ("get, hosts cached", Site::get as fn(&Site) -> Program),
        ("list, hosts cached", Site::list),
        ("status, hosts cached", Site::status),
    ] {
        let [one, hundred, many] = sites
            .each_ref()
            .map(|site| or_dash(program(site).instructions()));
        println!("  {name:<26} {one:>12} {hundred:>12} {many:>12}");
    }
    println!("  {:<26} {:>12} {:>12}", "", 1, 1000);
    let [one, many] = [1, 1000].map(|entries| {
        let site = Site::with_hosts(1);
        site.configure(entries);
        or_dash(site.get().instructions())
    });
    println!("  {:<26} {one:>12} {many:>12}", "get, registries in config");
}

/// Two hundred processes that find nothing cached, at once.
fn crowd() {
    const CROWD: usize = 200;
    let site = Site::over_tls();
    let program = site.crowd_get();
    let (start, cpu) = (Instant::now(), children_cpu());
    let children: Vec<_> = (0..CROWD).map(|_| program.start()).collect();
    let answers: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let (took, cpu) = (start.elapsed(), children_cpu().saturating_sub(cpu));
    let equal = answers
        .iter()
        .filter(|it| it.status.success() && it.stdout == answers[0].stdout)
        .count();
    println!("\n{CROWD} at once on an empty cache");
    println!(
        "  {equal} equal answers, {} token(s) minted, last answer after {} ms, {} ms of processor time",
        site.minted(),
        took.as_millis(),
        cpu.as_millis()
    );
}
