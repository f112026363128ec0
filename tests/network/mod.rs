//! The connection to the API.

mod account;
pub(crate) mod api_failures;
mod connection;
mod endpoint_tls;
mod fake_api;
mod hostile_server;
mod lists;
#[cfg(target_os = "linux")]
pub(crate) mod memory;
mod proxy;
mod registry_lookup;
mod tinyproxy;
mod tls;
mod words;

use std::net::TcpListener;

use crate::support::fake_ionos::FakeIonos;
use crate::support::helper::{Helper, Home};
use crate::support::tls::Ca;

/// A host name that only the proxy can resolve.
const BEHIND: &str = "api.ionos.test";
/// This machine under an address that is not loopback, because proxies are not used for loopback.
const HERE: &str = "0.0.0.0";

fn fake(ca: &Ca, name: &str) -> FakeIonos {
    FakeIonos::builder().tls(ca, &[name]).start()
}

/// The program with `ca` as the system's trusted authority.
fn helper(home: &Home, fake: &FakeIonos, ca: &Ca) -> Helper {
    let pem = ca.write_pem(home.path());
    home.helper_for(fake)
        .env("SSL_CERT_FILE", pem.to_str().unwrap())
}

/// The program with a pinned certificate and no trusted authority.
fn pinning(home: &Home, fake: &FakeIonos, pin: &str) -> Helper {
    helper(home, fake, &Ca::new()).env("IONOS_PINNED_CERT", pin)
}

fn fingerprint(fake: &FakeIonos) -> String {
    fake.certificate().unwrap().fingerprint()
}

/// The fingerprint as openssl prints it.
fn with_colons(fingerprint: &str) -> String {
    let bytes: Vec<String> = fingerprint
        .as_bytes()
        .chunks(2)
        .map(|byte| String::from_utf8_lossy(byte).to_uppercase())
        .collect();
    bytes.join(":")
}

#[track_caller]
fn connections(fake: &FakeIonos) -> usize {
    let mut numbers: Vec<u64> = fake.requests().iter().map(|r| r.connection).collect();
    assert_eq!(numbers.len(), 2, "look-up and mint");
    numbers.dedup();
    numbers.len()
}

/// A port without a listener.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
