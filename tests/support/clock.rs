//! A preloaded clock for the program: shifted, or failing after a number of readings.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use super::helper::{BIN, Helper, write_private};
use super::skip;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *time)
{
    static long left = -2, shift;
    if (left == -2) {
        const char *readings = getenv("CLOCK_READINGS"), *seconds = getenv("CLOCK_SHIFT");
        left = readings ? atol(readings) : -1;
        shift = seconds ? atol(seconds) : 0;
    }
    if (left == 0) {
        errno = EINVAL;
        return -1;
    }
    if (left > 0)
        left--;
    int result = syscall(SYS_clock_gettime, id, time);
    if (id == CLOCK_REALTIME)
        time->tv_sec += shift;
    return result;
}
"#;

/// A shared library that replaces the clock of a dynamically linked program.
pub struct Clock(PathBuf);

impl Clock {
    /// Compiles the clock. Returns `None` and reports a skip if that is not possible.
    pub fn new() -> Option<Self> {
        static LIBRARY: OnceLock<Option<(tempfile::TempDir, PathBuf)>> = OnceLock::new();
        let compiled = LIBRARY.get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            let (source, library) = (dir.path().join("clock.c"), dir.path().join("clock.so"));
            write_private(&source, SOURCE.as_bytes());
            let mut compiler = Command::new("cc");
            compiler
                .args(["-shared", "-fPIC", "-o"])
                .args([&library, &source]);
            let is_compiled = compiler.status().is_ok_and(|status| status.success());
            is_compiled.then_some((dir, library))
        });
        let Some((_, library)) = compiled else {
            skip::skip_or_fail("clock", "there is no C compiler");
            return None;
        };
        let program = std::fs::read(BIN).unwrap();
        if !program.windows(9).any(|bytes| bytes == b"/ld-linux") {
            skip::skip("clock", "the program is linked statically");
            return None;
        }
        Some(Self(library.clone()))
    }

    /// Shifts the program's clock by this number of seconds.
    pub fn shift(&self, helper: Helper, seconds: i64) -> Helper {
        self.preload(helper)
            .env("CLOCK_SHIFT", &seconds.to_string())
    }

    /// Lets the program read its clock this number of times. The next reading panics.
    pub fn readings(&self, helper: Helper, readings: usize) -> Helper {
        self.preload(helper)
            .env("CLOCK_READINGS", &readings.to_string())
    }

    fn preload(&self, helper: Helper) -> Helper {
        helper.env("LD_PRELOAD", self.0.to_str().unwrap())
    }
}
