//! A fake of the IONOS Cloud Container Registry API, in this process.
//!
//! It follows the rules of the real API, keeps state, and fails as a [`Fault`] says. `tests/oracle`
//! checks its answers with IONOS's SDK.
//!
//! The kernel queues at most 128 connections that are not yet accepted. In a larger burst some connections
//! wait for a second and try again, so do not measure time then.

mod account;
mod builder;
mod clock;
mod fault;
pub mod http;
mod ids;
mod registries;
mod response;
mod routes;
mod server;
mod state;
mod tokens;
pub mod wire;

use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

pub use account::{ACCOUNT_MARKER, ACCOUNT_TOKEN, OTHER_ACCOUNT_TOKEN, PASSWORD, USERNAME};
pub use builder::Builder;
pub use fault::{Fault, FaultKind, Match};
pub use http::Request;
pub use registries::{DEMO_HOST, DEMO_ID, DEMO_NAME, RegistrySpec};
pub use response::Response;
pub use tokens::{MINTED_MARKER, Token};

use super::tls::Issued;
use state::{Shared, lock};

/// A running fake. It stops when dropped.
pub struct FakeIonos {
    shared: Arc<Shared>,
    address: SocketAddr,
    url: String,
    certificate: Option<Issued>,
    acceptor: Option<JoinHandle<()>>,
}

impl FakeIonos {
    /// Starts a fake with plain HTTP, the default account and the demo registry.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Starts a fake that knows both account tokens, and the user name with its password.
    pub fn with_all_accounts() -> Self {
        Self::builder()
            .account_token(ACCOUNT_TOKEN)
            .account_token(OTHER_ACCOUNT_TOKEN)
            .basic(USERNAME, PASSWORD)
            .start()
    }

    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Scheme, host and port, without a path.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn certificate(&self) -> Option<&Issued> {
        self.certificate.as_ref()
    }

    /// All requests so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.log).clone()
    }

    pub fn count(&self, method: &str, path_contains: &str) -> usize {
        lock(&self.shared.log)
            .iter()
            .filter(|request| request.method == method && request.path.contains(path_contains))
            .count()
    }

    /// All requests so far as `METHOD PATH`, without the API's prefix and with `ID` for the id of
    /// the demo registry.
    pub fn request_lines(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|request| {
                let path = request.path.replace("/containerregistries", "");
                format!("{} {}", request.method, path.replace(DEMO_ID, "ID"))
            })
            .collect()
    }

    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }

    /// Number of open TCP connections.
    pub fn open_connections(&self) -> usize {
        lock(&self.shared.open).len()
    }

    /// The tokens that are neither deleted nor expired.
    pub fn tokens(&self) -> Vec<Token> {
        self.shared.data().tokens.clone()
    }

    /// Every password that was ever created, for leak tests.
    pub fn minted_passwords(&self) -> Vec<String> {
        let minted = self.minted_tokens().into_iter();
        minted.map(|token| token.password).collect()
    }

    /// Every token that was ever created, deleted and expired ones included.
    pub fn minted_tokens(&self) -> Vec<Token> {
        lock(&self.shared.data).minted.clone()
    }

    /// Carries out the requests that a [`Fault::late`] held back.
    pub fn finish_late_requests(&self) {
        let late = std::mem::take(&mut lock(&self.shared.data).late);
        for request in late {
            drop(routes::answer(&self.shared, &request));
        }
    }

    /// The server's time.
    pub fn now(&self) -> jiff::Timestamp {
        self.shared.clock.now()
    }

    /// Whether the registry would accept this user name and password.
    pub fn accepts(&self, username: &str, password: &str) -> bool {
        self.tokens().iter().any(|token| {
            token.name == username && token.password == password && token.status == "enabled"
        })
    }

    pub fn delete_token(&self, id: &str) {
        self.retain_tokens(|token| token.id != id);
    }

    /// Removes all tokens as if they had expired.
    pub fn expire_tokens(&self) {
        self.retain_tokens(|_| false);
    }

    fn retain_tokens(&self, keep: impl Fn(&Token) -> bool) {
        self.shared.data().tokens.retain(keep);
        self.shared.tokens_changed();
    }

    /// Adds a fault after the existing ones.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.script).push(fault);
    }

    pub fn clear_faults(&self) {
        lock(&self.shared.script).clear();
    }

    /// Delays every request after it was read and before it is carried out.
    pub fn delay(&self, time: Duration) {
        *lock(&self.shared.delay) = time;
    }

    /// Sets the server's clock to the local clock plus this offset.
    pub fn set_clock(&self, offset_secs: i64) {
        self.shared.clock.set_offset(offset_secs);
        drop(self.shared.data());
    }

    pub fn add_registry(&self, registry: RegistrySpec) {
        self.shared.data().registries.push(registry);
    }

    /// Removes a registry and its tokens.
    pub fn remove_registry(&self, id: &str) {
        self.shared.data().registries.retain(|known| known.id != id);
        self.retain_tokens(|token| token.registry_id != id);
    }

    pub fn set_registry_state(&self, id: &str, state: &str) {
        for registry in &mut self.shared.data().registries {
            if registry.id == id {
                state.clone_into(&mut registry.state);
            }
        }
    }

    /// Makes a token or user name unknown (401).
    pub fn revoke_account(&self, who: &str) {
        self.shared.data().accounts.revoke(who);
    }

    /// Takes all rights from a token or user name (403).
    pub fn forbid_account(&self, who: &str) {
        let who = who.to_owned();
        self.shared.data().accounts.forbidden.push(who);
    }
}

impl Drop for FakeIonos {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // `accept` cannot be interrupted; one more connection wakes it.
        let mut wake = self.address;
        if wake.ip().is_unspecified() {
            wake.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let woken = TcpStream::connect_timeout(&wake, Duration::from_secs(1)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            drop(acceptor.join());
        }
        for tcp in lock(&self.shared.open).values() {
            drop(tcp.shutdown(Shutdown::Both));
        }
    }
}
