//! Support code that the test binaries share.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each of the binaries that include this uses another part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "test support: a broken fixture should panic, and a skip should be seen"
)]

pub mod clock;
pub mod damage;
pub mod fake_cluster;
pub mod fake_ionos;
pub mod helper;
pub mod mounts;
pub mod platform;
pub mod process;
pub mod proxy;
#[cfg_attr(not(unix), path = "no_pty.rs")]
pub mod pty;
pub mod registry;
pub mod skip;
#[cfg(unix)]
pub mod strace;
pub mod tally;
pub mod tls;
#[cfg(unix)]
pub mod users;
