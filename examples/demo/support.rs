//! The part of the tests' support that a demonstration needs.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "made for the tests; this uses a part of it"
)]

#[path = "../../tests/support/fake_ionos/mod.rs"]
pub mod fake_ionos;
#[path = "../../tests/support/tls.rs"]
pub mod tls;
