//! `IONOS_CR_LOG=debug`: our own debug lines on stderr. Off by default, because clients merge
//! stderr into the answer (Spring Boot) or show it to the user (docker).
//!
//! Only messages of this crate are let through: what libraries log may hold request headers.

use log::{LevelFilter, Log, Metadata, Record};

use crate::error::clean;
use crate::secret::redact;

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        use std::io::Write as _;
        if self.enabled(record.metadata()) {
            let message = record.args().to_string();
            let line = format!(
                "docker-credential-ionos: debug: {}\n",
                redact(&clean(&message))
            );
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Turns debug lines on if `IONOS_CR_LOG` asks for them.
pub fn init() {
    if crate::env::var("IONOS_CR_LOG").is_some_and(|level| level.eq_ignore_ascii_case("debug"))
        && log::set_logger(&Stderr).is_ok()
    {
        log::set_max_level(LevelFilter::Debug);
    }
}
