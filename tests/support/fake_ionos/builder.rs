//! Settings of a fake API.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use super::account::{ACCOUNT_TOKEN, PASSWORD, USERNAME};
use super::registries::{DEMO_NAME, RegistrySpec};
use super::server;
use super::state::{Data, Oddities, OnTokensChanged, Shared};
use super::tokens::Token;
use super::{
    super::tls::{Ca, Issued},
    FakeIonos,
};

pub struct Builder {
    listen: String,
    certificate: Option<Issued>,
    name: Option<String>,
    data: Data,
    page_size: usize,
    created_status: u16,
    oddities: Oddities,
    on_tokens_changed: Option<OnTokensChanged>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            certificate: None,
            name: None,
            data: Data::default(),
            page_size: 100,
            created_status: 201,
            oddities: Oddities::default(),
            on_tokens_changed: None,
        }
    }

    pub fn listen(mut self, address: &str) -> Self {
        address.clone_into(&mut self.listen);
        self
    }

    /// Serves HTTPS under these names. The first one is the host in [`FakeIonos::url`].
    pub fn tls(mut self, ca: &Ca, names: &[&str]) -> Self {
        self.name = names.first().map(ToString::to_string);
        self.certificate(ca.issue(names))
    }

    /// Serves HTTPS with a certificate that need not match. The URL keeps the IP address.
    pub fn certificate(mut self, issued: Issued) -> Self {
        self.certificate = Some(issued);
        self
    }

    /// Adds an account. The first call replaces the default token.
    pub fn account_token(mut self, token: &str) -> Self {
        self.data.accounts.tokens.push(token.to_owned());
        self
    }

    /// Adds a user. The first call replaces the default user.
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        let pair = (user.to_owned(), password.to_owned());
        self.data.accounts.basic.push(pair);
        self
    }

    /// Refuses users that send another contract number.
    pub fn contract(mut self, number: &str) -> Self {
        self.data.accounts.contract = Some(number.to_owned());
        self
    }

    /// Adds a token or user that is valid and gets 403 for every request.
    pub fn forbidden(mut self, who: &str) -> Self {
        self.data.accounts.forbidden.push(who.to_owned());
        self
    }

    /// Shows an account only the tokens that it created; others are 404.
    pub fn private_tokens(mut self) -> Self {
        self.data.accounts.tokens_are_private = true;
        self
    }

    /// Adds a registry. The first call replaces the demo registry.
    pub fn registry(mut self, registry: RegistrySpec) -> Self {
        self.data.registries.push(registry);
        self
    }

    /// Maximum number of items on a page, for registries and tokens, whatever `limit` says.
    pub fn page_size(mut self, size: usize) -> Self {
        self.page_size = size.max(1);
        self
    }

    /// The `total` of lists of tokens; left out for null.
    pub fn total(mut self, total: &serde_json::Value) -> Self {
        self.oddities.total = Some(total.clone());
        self
    }

    /// Lists have endless pages with different items.
    pub fn endless(mut self) -> Self {
        self.oddities.is_endless = true;
        self
    }

    /// The status of a created token: 201 in the specification, 200 in the documentation.
    pub fn created_status(mut self, status: u16) -> Self {
        self.created_status = status;
        self
    }

    /// Calls the listener with the live tokens after each change and before the answer. The
    /// listener must not call the fake.
    pub fn on_tokens_changed(
        mut self,
        listener: impl Fn(&[Token]) + Send + Sync + 'static,
    ) -> Self {
        self.on_tokens_changed = Some(Box::new(listener));
        self
    }

    pub fn start(mut self) -> FakeIonos {
        let accounts = &mut self.data.accounts;
        if accounts.tokens.is_empty() {
            accounts.tokens.push(ACCOUNT_TOKEN.to_owned());
        }
        if accounts.basic.is_empty() {
            let default = (USERNAME.to_owned(), PASSWORD.to_owned());
            accounts.basic.push(default);
        }
        if self.data.registries.is_empty() {
            self.data.registries.push(RegistrySpec::new(DEMO_NAME));
        }
        let listener = TcpListener::bind(&self.listen)
            .unwrap_or_else(|error| panic!("cannot listen on {}: {error}", self.listen));
        let address = listener.local_addr().unwrap();
        let url = url(self.certificate.is_some(), self.name.as_deref(), address);
        let tls = self.certificate.as_ref().map(Issued::server_config);
        let shared = Arc::new(Shared {
            data: Mutex::new(self.data),
            log: Mutex::default(),
            script: Mutex::default(),
            delay: Mutex::default(),
            clock: super::clock::Clock::default(),
            page_size: self.page_size,
            created_status: self.created_status,
            oddities: self.oddities,
            on_tokens_changed: Mutex::new(self.on_tokens_changed),
            tls,
            stopping: false.into(),
            open: Mutex::default(),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || server::accept(&listener, &shared)
        });
        FakeIonos {
            shared,
            address,
            url,
            certificate: self.certificate,
            acceptor: Some(acceptor),
        }
    }
}

fn url(tls: bool, name: Option<&str>, address: SocketAddr) -> String {
    let scheme = if tls { "https" } else { "http" };
    let host = name.map_or_else(|| address.ip().to_string(), ToOwned::to_owned);
    match (tls, address.port()) {
        (true, 443) | (false, 80) => format!("{scheme}://{host}"),
        (_, port) => format!("{scheme}://{host}:{port}"),
    }
}
