//! Wires the process to the library: arguments, the three streams, the exit code.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;

use docker_credential_ionos::run;

/// File and line of the last panic. The panic's message may hold a secret and is not printed.
static PANIC_AT: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    panic::set_hook(Box::new(|info| {
        if let (Some(place), Ok(mut at)) = (info.location(), PANIC_AT.lock()) {
            *at = format!("{}:{}", place.file(), place.line());
        }
    }));
    let args: Vec<_> = std::env::args_os().collect();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        run(
            &args,
            &mut io::stdin().lock(),
            &mut io::stdout(),
            &mut io::stderr(),
        )
    }));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(panic) => report(panic),
    }
}

/// Exit code 1, because testcontainers-java takes any code but 0 and 1 for success.
fn report(panic: Box<dyn Any + Send>) -> ExitCode {
    // Dropping the payload may panic again.
    std::mem::forget(panic);
    let at = PANIC_AT.lock().map(|at| at.clone()).unwrap_or_default();
    let line = format!(
        "docker-credential-ionos: internal error at {at}; please report it with this line and the output of `docker-credential-ionos version`\n"
    );
    // A closed stream is no reason for another failure.
    let _ = io::stdout().write_all(line.as_bytes());
    let _ = io::stderr().write_all(line.as_bytes());
    ExitCode::FAILURE
}
