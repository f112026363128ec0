//! A registry's authentication endpoint, `GET /v2/`, and a token service.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::fake_ionos::Response;
use super::fake_ionos::http::{Reader, Request};
use super::fake_ionos::wire::Wire;

const BEARER: &str = "granted-by-the-token-service";

/// How the registry authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    Open,
    Basic,
    Bearer,
    /// Names a token service with plain HTTP.
    PlainHttpBearer,
    /// Two headers: one of an unknown scheme, and Bearer.
    BearerInSecondHeader,
    /// One header with Basic and Bearer.
    BasicAndBearer,
    /// The token service returns these members.
    BearerNamed(&'static [&'static str]),
    /// Answers every request with this status.
    Status(u16),
    /// The server is not a registry.
    NoRegistry,
}

/// A running registry. It stops when dropped.
pub struct Registry {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    unavailable: Arc<AtomicUsize>,
    acceptor: Option<JoinHandle<()>>,
}

impl Registry {
    /// Accepts a user name and password if `accepts` returns true.
    pub fn start(auth: Auth, accepts: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let log = Arc::clone(&seen);
        let unavailable: Arc<AtomicUsize> = Arc::default();
        let left = Arc::clone(&unavailable);
        let acceptor = thread::spawn(move || {
            for tcp in listener.incoming() {
                let Ok(tcp) = tcp else { continue };
                let mut wire = Wire::plain(Arc::new(tcp));
                let Ok(Some(request)) = Reader::new().next(&mut wire, 0) else {
                    // The connection from `drop` sends no request.
                    return;
                };
                log.lock().unwrap().push(request.clone());
                let is_down = left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok();
                let answer = if is_down {
                    Response::json(503, &json!({}))
                } else {
                    answer(auth, address, &request, &accepts)
                };
                let answer = answer.header("Connection", "close");
                let sent = wire
                    .settle()
                    .and_then(|()| std::io::Write::write_all(&mut wire, &answer.encode("")));
                drop(sent);
            }
        });
        Self {
            address,
            seen,
            unavailable,
            acceptor: Some(acceptor),
        }
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The next requests get 503.
    pub fn be_unavailable(&self, requests: usize) {
        self.unavailable.store(requests, Ordering::SeqCst);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(
    auth: Auth,
    address: SocketAddr,
    request: &Request,
    accepts: &impl Fn(&str, &str) -> bool,
) -> Response {
    let authorization = request.header("authorization").unwrap_or_default();
    let is_let_in = authorization.strip_prefix("Basic ").is_some_and(|pair| {
        let pair = String::from_utf8(BASE64_STANDARD.decode(pair).unwrap()).unwrap();
        let (username, password) = pair.split_once(':').unwrap();
        accepts(username, password)
    });
    let welcome = Response::json(200, &json!({}));
    let refusal = |challenge: &str| {
        Response::json(401, &json!({"errors": [{"code": "UNAUTHORIZED"}]}))
            .header("WWW-Authenticate", challenge)
    };
    let bearer = format!("Bearer realm=\"http://{address}/token\",service=\"the registry\"");
    let has_token = authorization == format!("Bearer {BEARER}");
    match (auth, request.path.as_str()) {
        (Auth::Status(status), _) => Response::json(status, &json!({})),
        (Auth::NoRegistry, _) => Response::json(404, &json!({})),
        (Auth::Open, "/v2/") => welcome,
        (Auth::Basic, "/v2/") if is_let_in => welcome,
        (Auth::Basic, "/v2/") => refusal("Basic realm=\"Registry\""),
        (
            Auth::Bearer | Auth::BearerInSecondHeader | Auth::BasicAndBearer | Auth::BearerNamed(_),
            "/v2/",
        ) if has_token => welcome,
        (Auth::Bearer | Auth::BearerNamed(_), "/v2/") => refusal(&bearer),
        (Auth::BearerInSecondHeader, "/v2/") => {
            refusal("Negotiate").header("WWW-Authenticate", &bearer)
        }
        (Auth::BasicAndBearer, "/v2/") => refusal(&format!("Basic realm=\"a, b\", {bearer}")),
        (Auth::PlainHttpBearer, "/v2/") => {
            refusal("Bearer realm=\"http://tokens.example.com/token\",service=\"x\"")
        }
        (Auth::BearerNamed(names), "/token") if is_let_in => {
            let members = names.iter().map(|name| ((*name).to_owned(), BEARER.into()));
            Response::json(200, &serde_json::Value::Object(members.collect()))
        }
        (_, "/token") if is_let_in => Response::json(200, &json!({"token": BEARER})),
        (_, "/token") => refusal("Basic realm=\"tokens\""),
        _ => Response::json(404, &json!({})),
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        if let Ok(wake) = TcpStream::connect(self.address) {
            drop(wake.shutdown(Shutdown::Both));
        }
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}
