//! Wires the process to the library: arguments, the three streams, the exit code.

use std::panic;
use std::process::{self, ExitCode};

use docker_credential_ionos::{output, run};

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| {
        let location = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()));
        let ok = output::panicked(&location.unwrap_or_default());
        #[expect(
            clippy::disallowed_methods,
            reason = "an abort is another exit code than 0 and 1; testcontainers-java takes it for success"
        )]
        process::exit(i32::from(!ok));
    }));
    let args: Vec<_> = std::env::args_os().collect();
    if run(&args) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
