//! State that all connections of a fake share.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::account::Accounts;
use super::clock::Clock;
use super::fault::Script;
use super::http::Request;
use super::registries::RegistrySpec;
use super::tokens::Token;

pub type OnTokensChanged = Box<dyn Fn(&[Token]) + Send + Sync>;

pub struct Shared {
    pub data: Mutex<Data>,
    pub log: Mutex<Vec<Request>>,
    pub script: Mutex<Script>,
    pub delay: Mutex<Duration>,
    pub clock: Clock,
    pub page_size: usize,
    pub created_status: u16,
    pub oddities: Oddities,
    pub on_tokens_changed: Mutex<Option<OnTokensChanged>>,
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub stopping: AtomicBool,
    pub open: Mutex<HashMap<u64, Arc<TcpStream>>>,
}

/// Lists that differ from the API's description.
#[derive(Default)]
pub struct Oddities {
    /// `total` of a list of tokens; left out for null.
    pub total: Option<serde_json::Value>,
    /// There is always another page.
    pub is_endless: bool,
}

#[derive(Default)]
pub struct Data {
    pub accounts: Accounts,
    pub registries: Vec<RegistrySpec>,
    pub tokens: Vec<Token>,
    /// Every token that was ever created, deleted ones included.
    pub minted: Vec<Token>,
    /// Requests to be carried out later.
    pub late: Vec<Request>,
}

impl Shared {
    /// Locks the data after removing expired tokens and notifying the listener.
    pub fn data(&self) -> MutexGuard<'_, Data> {
        let mut data = lock(&self.data);
        let now = self.clock.now();
        let before = data.tokens.len();
        data.tokens.retain(|token| token.is_live(now));
        if data.tokens.len() == before {
            return data;
        }
        drop(data);
        self.tokens_changed();
        lock(&self.data)
    }

    /// Notifies the listener. The caller must not hold the data lock.
    pub fn tokens_changed(&self) {
        // The listener's lock keeps the calls in order, so the last call has the latest state.
        if let Some(listener) = &*lock(&self.on_tokens_changed) {
            let tokens = lock(&self.data).tokens.clone();
            listener(&tokens);
        }
    }
}

/// Ignores poisoning: a panic in a connection thread fails only its own test.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
