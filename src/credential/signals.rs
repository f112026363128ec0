//! Signals while a token is minted that cannot be put on record.
//!
//! Where there is a ledger, no handler is needed: the record outlives the process.

#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
#[cfg(unix)]
use signal_hook::flag;

/// Defers SIGTERM, SIGINT and SIGHUP while a token may exist that only this process knows of. A second
/// signal ends the process.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    received: Arc<AtomicBool>,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn defer() -> Self {
        let received = Arc::default();
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let done = flag::register_conditional_default(signal, Arc::clone(&received))
                .and_then(|_| flag::register(signal, Arc::clone(&received)));
            if let Err(err) = done {
                log::debug!("signal {signal} is not deferred: {err}");
            }
        }
        Self { received }
    }

    /// Whether one was deferred.
    pub(super) fn received(&self) -> bool {
        self.received.load(Ordering::SeqCst)
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(super) fn defer() -> Self {
        Self {}
    }

    pub(super) fn received(&self) -> bool {
        let _ = self;
        false
    }
}
