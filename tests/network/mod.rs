//! The connection to the API.

mod account;
pub(crate) mod api_failures;
mod connection;
mod fake_api;
mod proxy;
mod registry_lookup;
mod tinyproxy;
mod tls;

use std::net::TcpListener;

use crate::support::fake_ionos::FakeIonos;
use crate::support::helper::{Helper, Home};
use crate::support::tls::Ca;

/// A name that only a proxy finds.
const BEHIND: &str = "api.ionos.test";
/// This machine, but not one of its loopback names, which are never asked through a proxy.
const HERE: &str = "0.0.0.0";

fn fake(ca: &Ca, name: &str) -> FakeIonos {
    FakeIonos::builder().tls(ca, &[name]).start()
}

/// The program, trusting `ca` as the system would.
fn helper(home: &Home, fake: &FakeIonos, ca: &Ca) -> Helper {
    let pem = ca.write_pem(home.path());
    home.helper_for(fake)
        .env("SSL_CERT_FILE", pem.to_str().unwrap())
}

/// The program with a pin and nothing else that would vouch for the API.
fn pinning(home: &Home, fake: &FakeIonos, pin: &str) -> Helper {
    helper(home, fake, &Ca::new()).env("IONOS_PINNED_CERT", pin)
}

fn fingerprint(fake: &FakeIonos) -> String {
    fake.certificate().unwrap().fingerprint()
}

/// How openssl prints it.
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

/// A port nobody listens on.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
