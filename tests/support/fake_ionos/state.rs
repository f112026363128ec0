//! What all connections of one fake share.

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
    pub on_tokens_changed: Mutex<Option<OnTokensChanged>>,
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub stopping: AtomicBool,
    pub open: Mutex<HashMap<u64, Arc<TcpStream>>>,
}

#[derive(Default)]
pub struct Data {
    pub accounts: Accounts,
    pub registries: Vec<RegistrySpec>,
    pub tokens: Vec<Token>,
    /// Every password there ever was, also of tokens that are gone.
    pub minted: Vec<String>,
}

impl Shared {
    /// The data as of now: what expired is gone, and whoever listens was told.
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

    /// Call it without holding the data.
    pub fn tokens_changed(&self) {
        // The lock makes the last call the one with the latest state.
        if let Some(listener) = &*lock(&self.on_tokens_changed) {
            let tokens = lock(&self.data).tokens.clone();
            listener(&tokens);
        }
    }
}

/// A panic in one connection's thread fails its own test, not the others'.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
