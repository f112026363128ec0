//! Wires the process to the library: arguments, the three streams, the exit code.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Mutex;

use docker_credential_ionos::run;

/// Where the last panic happened. The place is safe to print, the message may not be.
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

/// Clients know the exit codes 0 and 1 only (testcontainers-java takes any other for success).
fn report(panic: Box<dyn Any + Send>) -> ExitCode {
    // Dropping a payload may itself panic; leaking it at the end of the process costs nothing.
    std::mem::forget(panic);
    let at = PANIC_AT.lock().map(|at| at.clone()).unwrap_or_default();
    let line = format!(
        "docker-credential-ionos: internal error at {at}; please report it with this line and the output of `docker-credential-ionos version`\n"
    );
    // Nobody may be reading any more, and then there is nobody to tell.
    let _ = io::stdout().write_all(line.as_bytes());
    let _ = io::stderr().write_all(line.as_bytes());
    ExitCode::FAILURE
}
