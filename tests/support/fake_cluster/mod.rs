//! A fake Kubernetes API server over TLS, in this process. It supports what Secrets and service
//! accounts need, with the rules measured on kube-apiserver 1.36.2.

mod answers;
mod objects;
mod patch;

use std::collections::VecDeque;
use std::fs;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::fake_ionos::http::{Reader, Request};
use super::fake_ionos::wire::Wire;
use super::helper::{Helper, Home, write_private};
use super::tls::{Ca, Issued};
pub use answers::{Answer, status};
pub use objects::{Objects, Right};

/// A running fake cluster. It stops when dropped.
pub struct FakeCluster {
    shared: Arc<Shared>,
    address: SocketAddr,
    ca: Ca,
}

struct Shared {
    objects: Mutex<Objects>,
    requests: Mutex<Vec<Request>>,
    /// Answers that replace the real ones, in order.
    faults: Mutex<VecDeque<Fault>>,
    /// Returns the part of the Secret that the message of a refused write quotes.
    echo: Mutex<Option<Quote>>,
    /// Token of the service account, a JWT with valid claims and no valid signature.
    token: String,
    stopping: AtomicBool,
    tls: Arc<rustls::ServerConfig>,
    open: Mutex<Vec<Arc<TcpStream>>>,
}

struct Fault {
    method: &'static str,
    path_contains: String,
    act: Act,
}

/// Extracts text from an object.
pub type Quote = fn(&Value) -> String;

enum Act {
    Answer(Answer),
    /// Another client's change just before the request; then the real answer.
    Meanwhile(Box<dyn FnOnce(&mut Objects) + Send>),
    /// The connection is closed after the request was carried out.
    Hangup,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeCluster {
    /// A cluster with these namespaces. Each has a service account `default`, and every request is
    /// allowed.
    pub fn start(namespaces: &[&str]) -> Self {
        let ca = Ca::new();
        let certificate = ca.issue(&["127.0.0.1", "0.0.0.0", "10.96.0.1"]);
        Self::with(namespaces, ca, &certificate)
    }

    pub fn with(namespaces: &[&str], ca: Ca, certificate: &Issued) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let claims = json!({
            "sub": "system:serviceaccount:refresher:docker-credential-ionos",
            "jti": format!("{:032x}", fastrand::u128(..)),
        });
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let shared = Arc::new(Shared {
            objects: Mutex::new(Objects::new(namespaces)),
            requests: Mutex::default(),
            faults: Mutex::default(),
            echo: Mutex::default(),
            token: format!("eyJhbGciOiJub25lIn0.{claims}.c2lnbmF0dXJl"),
            stopping: AtomicBool::new(false),
            tls: certificate.server_config(),
            open: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, tcp) in (1..).zip(listener.incoming().flatten()) {
                if accepting.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.serve(tcp, number));
            }
        });
        Self {
            shared,
            address,
            ca,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Writes the files that the kubelet mounts into a pod.
    pub fn mount(&self, dir: &Path, namespace: &str) {
        write_private(&dir.join("token"), self.shared.token.as_bytes());
        write_private(&dir.join("ca.crt"), self.ca.pem().as_bytes());
        write_private(&dir.join("namespace"), namespace.as_bytes());
    }

    /// The program as it runs in a pod of this cluster. Its arguments must name the directory.
    pub fn pod(&self, home: &Home, namespace: &str, helper: Helper) -> Helper {
        self.mount(&home.path().join("pod"), namespace);
        helper
            .without("HOME")
            .env("KUBERNETES_SERVICE_HOST", "127.0.0.1")
            .env("KUBERNETES_SERVICE_PORT", &self.address.port().to_string())
    }

    pub fn objects(&self) -> MutexGuard<'_, Objects> {
        lock(&self.shared.objects)
    }

    /// The decoded payload of a Secret.
    pub fn payload(&self, namespace: &str, name: &str) -> Value {
        let objects = self.objects();
        let secret = objects.secret(namespace, name).expect("the secret");
        let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
        serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()
    }

    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// `METHOD path?query` of every request so far.
    pub fn lines(&self) -> Vec<String> {
        let requests = self.requests();
        let line = |request: &Request| {
            let query = request.query.iter();
            let query: Vec<_> = query
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let query = query.join("&");
            let mark = if query.is_empty() { "" } else { "?" };
            format!("{} {}{mark}{query}", request.method, request.path)
        };
        requests.iter().map(line).collect()
    }

    pub fn forget_requests(&self) {
        lock(&self.shared.requests).clear();
    }

    /// Replaces one answer.
    pub fn answer(&self, method: &'static str, path_contains: &str, answer: Answer) {
        self.act(method, path_contains, Act::Answer(answer));
    }

    /// Applies a change just before the next matching request is answered.
    pub fn meanwhile(
        &self,
        method: &'static str,
        path_contains: &str,
        change: impl FnOnce(&mut Objects) + Send + 'static,
    ) {
        self.act(method, path_contains, Act::Meanwhile(Box::new(change)));
    }

    /// Carries out the next matching request and closes the connection without an answer.
    pub fn hang_up(&self, method: &'static str, path_contains: &str) {
        self.act(method, path_contains, Act::Hangup);
    }

    /// Refuses every write except dry runs from now on, with a message that quotes from the Secret.
    pub fn echo_writes(&self, quote: Quote) {
        *lock(&self.shared.echo) = Some(quote);
    }

    fn act(&self, method: &'static str, path_contains: &str, act: Act) {
        lock(&self.shared.faults).push_back(Fault {
            method,
            path_contains: path_contains.to_owned(),
            act,
        });
    }

    /// The number of faults that were not used, which a test should leave at 0.
    pub fn faults_left(&self) -> usize {
        lock(&self.shared.faults).len()
    }
}

impl Shared {
    fn serve(&self, tcp: TcpStream, number: u64) {
        drop(tcp.set_nodelay(true));
        let tcp = Arc::new(tcp);
        lock(&self.open).push(Arc::clone(&tcp));
        let mut wire = Wire::tls(Arc::clone(&tcp), Arc::clone(&self.tls));
        let mut reader = Reader::new();
        // An error means that the client closed the connection.
        while let Ok(Some(request)) = reader.next(&mut wire, number) {
            if wire.settle().is_err() {
                return;
            }
            let Some(answer) = self.answer(&request) else {
                drop(tcp.shutdown(Shutdown::Both));
                return;
            };
            if answer.send(&mut wire).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Option<Answer> {
        lock(&self.requests).push(request.clone());
        let mut faults = lock(&self.faults);
        let fault = faults.iter().position(|fault| {
            fault.method == request.method && request.path.contains(&fault.path_contains)
        });
        let fault = fault.and_then(|at| faults.remove(at));
        drop(faults);
        let mut objects = lock(&self.objects);
        match fault.map(|fault| fault.act) {
            Some(Act::Answer(answer)) => return Some(answer),
            Some(Act::Meanwhile(change)) => change(&mut objects),
            Some(Act::Hangup) => {
                objects.answer(request);
                return None;
            }
            None => {}
        }
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Some(status(401, "Unauthorized", "Unauthorized"));
        }
        if let Some(quote) = *lock(&self.echo)
            && request.method == "PATCH"
            && request.query("dryRun").is_none()
        {
            let quoted = quote(&request.json());
            let message = format!("admission webhook denied {quoted} as such");
            return Some(status(422, "Invalid", &message));
        }
        Some(objects.answer(request))
    }
}

impl Drop for FakeCluster {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        for tcp in lock(&self.shared.open).iter() {
            drop(tcp.shutdown(Shutdown::Both));
        }
    }
}

/// The content of a file in the repository.
pub fn in_repository(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
