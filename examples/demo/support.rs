//! The part of the test support that the demo needs.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the demo uses a part of the tests' support code"
)]

#[path = "../../tests/support/fake_ionos/mod.rs"]
pub mod fake_ionos;
#[path = "../../tests/support/tls.rs"]
pub mod tls;
