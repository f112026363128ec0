//! A token service for the registry.
//!
//! It accepts live tokens of the fake API and grants at most their scopes.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    grant::{self, LIFE_SECS, Signer},
    namespace::{TOKEN_SERVICE_ADDRESS, TOKEN_SERVICE_HOST},
    support::{
        fake_ionos::{
            Response, Token,
            http::{Reader, Request},
            wire::Wire,
        },
        tls::Ca,
    },
};

/// Longest wait for data of a client.
const PATIENCE: Duration = Duration::from_secs(30);

/// The live tokens at the API.
pub(crate) type LiveTokens = Arc<Mutex<Vec<Token>>>;

/// A running token service. It stops when dropped.
pub(crate) struct TokenService {
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl TokenService {
    /// Starts the service with two certificates of this authority: one for the connection, one for
    /// signing.
    pub(crate) fn start(tokens: &LiveTokens, ca: &Ca) -> Self {
        let tls = ca.issue(&[TOKEN_SERVICE_HOST]).server_config();
        let desk = Arc::new(Desk {
            tokens: Arc::clone(tokens),
            signer: Signer::new(&ca.issue(&["signer.test"])),
        });
        let listener = TcpListener::bind(TOKEN_SERVICE_ADDRESS).expect("the address is ours");
        let stopping = Arc::new(AtomicBool::new(false));
        let acceptor = thread::spawn({
            let stopping = Arc::clone(&stopping);
            move || {
                for tcp in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(tcp) = tcp else { continue };
                    let (desk, tls) = (Arc::clone(&desk), Arc::clone(&tls));
                    thread::spawn(move || {
                        let _ = tcp.set_nodelay(true);
                        let _ = tcp.set_read_timeout(Some(PATIENCE));
                        // An error means that the client closed the connection.
                        let _ = desk.serve(&mut Wire::tls(Arc::new(tcp), tls));
                    });
                }
            }
        });
        Self {
            stopping,
            acceptor: Some(acceptor),
        }
    }
}

impl Drop for TokenService {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // One more connection wakes `accept`.
        let address: SocketAddr = TOKEN_SERVICE_ADDRESS.parse().expect("an address");
        let woken = TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            let _ = acceptor.join();
        }
    }
}

struct Desk {
    tokens: LiveTokens,
    signer: Signer,
}

impl Desk {
    fn serve(&self, wire: &mut Wire) -> io::Result<()> {
        use std::io::Write as _;
        let mut reader = Reader::new();
        while let Some(request) = reader.next(wire, 0)? {
            wire.settle()?;
            wire.write_all(&self.answer(&request).encode(&now()))?;
            wire.flush()?;
        }
        Ok(())
    }

    fn answer(&self, request: &Request) -> Response {
        if (request.method.as_str(), request.path.as_str()) != ("GET", "/token") {
            return Response::json(404, &json!({"details": "no such thing here"}));
        }
        let Some(token) = self.who(request) else {
            let body = json!({"details": "incorrect username or password"});
            return Response::json(401, &body).header("WWW-Authenticate", "Basic realm=\"test\"");
        };
        let asked = request.query.iter().filter(|(name, _)| name == "scope");
        let access: Vec<Value> = asked
            .flat_map(|(_, scopes)| scopes.split(' '))
            .filter_map(|scope| grant::granted(scope, &token.scopes))
            .collect();
        let signed = self.signer.sign(&token.name, &access);
        let body = json!({"token": signed, "access_token": signed, "expires_in": LIFE_SECS});
        Response::json(200, &body)
    }

    /// The live token whose name and password the request contains.
    fn who(&self, request: &Request) -> Option<Token> {
        let given = request.header("authorization")?.strip_prefix("Basic ")?;
        let given = String::from_utf8(STANDARD.decode(given).ok()?).ok()?;
        let (name, password) = given.split_once(':')?;
        let tokens = self.tokens.lock().unwrap();
        let is_it =
            |token: &&Token| (token.name.as_str(), token.password.as_str()) == (name, password);
        tokens.iter().find(is_it).cloned()
    }
}

/// For the `Date` header.
fn now() -> String {
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    printer
        .timestamp_to_rfc9110_string(&jiff::Timestamp::now())
        .expect("this century")
}
