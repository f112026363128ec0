//! `cargo bench`: the cost of a `get`, compared with the minimum and with a peer.
//!
//! It prints tables and checks no limits, because times depend on the machine.
//! `tests/project/budget.rs` checks the size and the instructions.
//! Needs Linux. Columns need valgrind and GNU time, and the peer needs apt-get, which downloads it from
//! Debian's mirror.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark may panic"
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
    for build in BUILDS {
        build.make();
    }
    println!("docker-credential-ionos {}", env!("CARGO_PKG_VERSION"));
    sizes();
    warm();
    cold();
    growth();
    crowd();
}

const BUILDS: [Build; 2] = [Build::Static, Build::Dynamic];

/// How the program and its floors (the minimum that the same work costs) are built.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// As released: musl.
    Static,
    /// As `cargo install` builds it.
    Dynamic,
}

impl Build {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Static => "static build",
            Self::Dynamic => "dynamic build",
        }
    }

    fn target(self) -> Option<String> {
        let arch = std::env::consts::ARCH;
        matches!(self, Self::Static).then(|| format!("{arch}-unknown-linux-musl"))
    }

    /// Builds with the release profile. For a benchmark, cargo would enable more features.
    fn make(self) {
        for what in [
            &["--bin", "docker-credential-ionos"][..],
            &["--package", "floor"],
        ] {
            let target = self.target();
            let target = target.iter().flat_map(|it| ["--target", it.as_str()]);
            let status = Command::new("bash")
                .args([
                    "-c",
                    ". packaging/flags; exec \"$CARGO\" build --release --locked --quiet \"$@\"",
                    "bash",
                ])
                .args(target)
                .args(what)
                .env("CARGO", env!("CARGO"))
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            assert!(status.unwrap().success());
        }
    }

    fn built(self, name: &str) -> PathBuf {
        let own = Path::new(env!("CARGO_BIN_EXE_docker-credential-ionos"));
        match self.target() {
            None => own.with_file_name(name),
            Some(target) => own
                .ancestors()
                .nth(2)
                .unwrap()
                .join(target)
                .join("release")
                .join(name),
        }
    }

    pub(crate) fn program(self) -> PathBuf {
        self.built("docker-credential-ionos")
    }

    fn floor(self, kind: &str) -> (String, PathBuf) {
        let name = format!("its floor, {}", self.name());
        (name, self.built(&format!("floor_{kind}")))
    }

    /// The same run with this build of the program.
    fn of(self, program: &Program) -> Program {
        program.clone().by(self.name(), &self.program())
    }
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn sizes() {
    println!("\nsize, stripped, in bytes");
    for build in BUILDS {
        println!("{:>10}  {}", bytes(&build.program()), build.name());
        for kind in ["warm", "cold"] {
            let (name, path) = build.floor(kind);
            println!("{:>10}  {name}, {kind} get", bytes(&path));
        }
    }
}

fn warm() {
    let site = Site::with_hosts(10);
    let peer_home = tempfile::tempdir().unwrap();
    let entry = site.entry().display().to_string();
    let mut programs: Vec<_> = BUILDS.map(|build| build.of(&site.get())).into();
    programs.extend(BUILDS.map(|build| {
        let (name, path) = build.floor("warm");
        Program::new(&name, path).args(&[&entry]).stdin(site::HOST)
    }));
    programs.extend(peer::ecr(peer_home.path()));
    programs.push(Program::new("/bin/true", "/bin/true"));
    println!("\nwarm get, ten hosts cached, {ROUNDS} rounds");
    compare(&programs, ROUNDS);
}

fn cold() {
    let site = Site::over_tls();
    let program = site.cold_get();
    let seen = site.requests();
    println!("\ncold get over TLS, {COLD_ROUNDS} rounds");
    println!(
        "  first: {} requests on {} connection(s), once the registry is known: {} on {}",
        seen.first.0, seen.first.1, seen.again.0, seen.again.1
    );
    let mut programs: Vec<_> = BUILDS.map(|build| build.of(&program)).into();
    programs.extend(BUILDS.map(|build| {
        let (name, path) = build.floor("cold");
        site.floor(&name, &path)
    }));
    compare(&programs, COLD_ROUNDS);
}

/// Prints a table. The first two programs are ours; each row ends with their ratios to its program.
fn compare(programs: &[Program], rounds: usize) {
    let all: Vec<&Program> = programs.iter().collect();
    let costs = interleave(&all, rounds);
    let columns: Vec<[Option<u64>; 4]> = programs
        .iter()
        .zip(&costs)
        .map(|(program, cost)| {
            [
                u64::try_from(cost.wall).ok(),
                u64::try_from(cost.cpu).ok(),
                program.instructions(),
                program.peak_memory(),
            ]
        })
        .collect();
    println!(
        "  {:<28} {:>8} {:>8} {:>13} {:>8}   static to it: wall, cpu, instructions, memory; dynamic to it",
        "", "wall/us", "cpu/us", "instructions", "peak/kB"
    );
    for (program, theirs) in programs.iter().zip(&columns) {
        let [wall, cpu, instructions, memory] = theirs.map(or_dash);
        let ratios = columns[..2].iter().map(|ours| {
            let ratios: Vec<_> = ours.iter().zip(theirs).map(ratio).collect();
            ratios.join(" ")
        });
        let ratios: Vec<_> = ratios.collect();
        println!(
            "  {:<28} {wall:>8} {cpu:>8} {instructions:>13} {memory:>8}   {}",
            program.name,
            ratios.join("; ")
        );
    }
}

fn ratio((ours, theirs): (&Option<u64>, &Option<u64>)) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a ratio of two digits")]
    match (*ours, *theirs) {
        (Some(ours), Some(theirs)) => format!("{:.2}", ours as f64 / theirs as f64),
        _ => "-".into(),
    }
}

fn or_dash(number: Option<u64>) -> String {
    number.map_or_else(|| "-".into(), |number| number.to_string())
}

/// The cost of more hosts and of more entries in `config.json`.
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

/// Two hundred concurrent processes on an empty cache.
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
