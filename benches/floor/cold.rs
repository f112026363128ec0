//! The minimum cost of a cold `get`: ureq makes the same two requests with the same TLS.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "nothing but the work itself"
)]

use std::sync::Arc;

use serde_json::{Value, json};
use ureq::tls::{RootCerts, TlsConfig};

fn main() {
    let mut args = std::env::args_os()
        .skip(1)
        .map(|arg| arg.into_string().unwrap());
    let (api, account) = (args.next().unwrap(), args.next().unwrap());
    let account = format!("Bearer {account}");
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
    let registries: Value = agent
        .get(format!("{api}/containerregistries/registries"))
        .header("Authorization", &account)
        .call()
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    let id = registries["items"][0]["id"].as_str().unwrap();
    let scopes = json!([{"type": "repository", "name": "*", "actions": ["pull", "push"]}]);
    let name = format!("floor-{}", std::process::id());
    let order = json!({"properties": {
        "name": name, "expiryDate": "2099-01-01T00:00:00Z", "scopes": scopes,
    }});
    let token: Value = agent
        .post(format!("{api}/containerregistries/registries/{id}/tokens"))
        .header("Authorization", &account)
        .send_json(order)
        .unwrap()
        .body_mut()
        .read_json()
        .unwrap();
    println!("{}", token["properties"]["credentials"]);
}
