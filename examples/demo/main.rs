//! Shows the main steps without an account: the real program against a fake IONOS API in this process.
//!
//! `cargo run --example demo`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the demo prints and may panic"
)]

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};

const PROGRAM: &str = "docker-credential-ionos";

fn main() {
    let program = build();
    let home = tempfile::tempdir().unwrap();
    let fake = FakeIonos::start();
    let mut demo = Demo {
        program,
        home: home.path().to_owned(),
        token: ACCOUNT_TOKEN.to_owned(),
        fake,
    };

    say("The IONOS API is simulated inside this demo: no account and no network are needed.");
    say("The program is the real one. Its environment:");
    println!("    IONOS_API_URL={}", demo.fake.url());
    println!("    IONOS_TOKEN={}…", &ACCOUNT_TOKEN[..24]);

    say("docker pull runs the program. No token is cached yet, so it mints one:");
    demo.run("get", DEMO_HOST);
    let token = demo.fake.tokens().remove(0);
    println!("    # the API now has the token {}", token.name);
    println!("    #   it may: {}", token.scopes);

    say("The next pull, push or build gets the cached token:");
    demo.run("get", DEMO_HOST);

    say("For a registry of another provider, the answer is \"not found\", without a request:");
    demo.run("get", "ghcr.io");

    say("What is cached:");
    demo.run("list", "");

    say("docker logout deletes the cached token, also at the API:");
    demo.run("erase", DEMO_HOST);
    println!("    # tokens left at the API: {}", demo.fake.tokens().len());

    say("With a wrong IONOS token, the message says what is wrong and what to do:");
    demo.token = "expired-or-mistyped".into();
    demo.run("get", DEMO_HOST);

    say(
        "To use the program: put it on your PATH, set IONOS_TOKEN, and add to ~/.docker/config.json",
    );
    println!("    {{\"credHelpers\": {{\"YOUR-REGISTRY.cr.de-fra.ionos.com\": \"ionos\"}}}}");
}

struct Demo {
    program: PathBuf,
    home: PathBuf,
    token: String,
    fake: FakeIonos,
}

impl Demo {
    fn run(&self, verb: &str, input: &str) {
        if input.is_empty() {
            println!("    $ {PROGRAM} {verb}");
        } else {
            println!("    $ echo {input} | {PROGRAM} {verb}");
        }
        self.fake.clear_requests();
        let mut child = Command::new(&self.program)
            .arg(verb)
            .env_clear()
            .env("HOME", &self.home)
            .env("IONOS_API_URL", self.fake.url())
            .env("IONOS_TOKEN", &self.token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // `list` does not read stdin and may have exited already.
        let _ = writeln!(child.stdin.take().unwrap(), "{input}");
        let output = child.wait_with_output().unwrap();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            println!("    {line}");
        }
        println!("    # exit {}", output.status.code().unwrap());
        let requests = self.fake.requests();
        if requests.is_empty() {
            println!("    # requests to the API: none");
        }
        for request in requests {
            println!(
                "    # request to the API: {} {}",
                request.method, request.path
            );
        }
    }
}

fn say(text: &str) {
    println!("\n{text}");
}

/// Builds the program with the profile of this example. Cargo builds no binaries for an example.
#[expect(
    clippy::disallowed_methods,
    reason = "Cargo passes its own path in CARGO"
)]
fn build() -> PathBuf {
    let demo = std::env::current_exe().unwrap();
    let dir = demo
        .parent()
        .and_then(Path::parent)
        .expect("target/PROFILE/examples/demo");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--bin", PROGRAM]).args([
        "--manifest-path",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    if dir.file_name().is_some_and(|name| name == "release") {
        cargo.arg("--release");
    }
    assert!(
        cargo.status().unwrap().success(),
        "the program does not build"
    );
    dir.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX))
}
