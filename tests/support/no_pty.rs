//! Replaces pty.rs on platforms without pseudo-terminals, where the tests that need one are ignored.

use super::helper::Helper;

pub struct Session;

impl Session {
    pub fn start(_: &Helper, _: &[&str]) -> Self {
        unimplemented!("a test that needs a pseudo-terminal");
    }

    pub fn answer(&mut self, _: &str, _: &str) {}

    pub fn end(self) -> (Option<i32>, String) {
        (None, String::new())
    }
}
