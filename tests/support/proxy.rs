//! A proxy: CONNECT over HTTP or HTTPS, or SOCKS5.
//!
//! Every tunnel leads to the same address, so that tests can use names that only the proxy resolves.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::tls::Issued;

/// A running proxy. It runs until the test process exits.
pub struct Proxy {
    address: SocketAddr,
    scheme: &'static str,
    targets: Arc<Mutex<Vec<String>>>,
}

/// How the proxy treats its clients.
#[derive(Clone)]
struct Rules {
    to: SocketAddr,
    /// `user:password`.
    login: Option<String>,
    refusal: Option<&'static str>,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Proxy {
    /// Accepts every client and connects it to `to`.
    pub fn to(to: SocketAddr) -> Self {
        Self::with(Rules {
            to,
            login: None,
            refusal: None,
            tls: None,
        })
    }

    /// Accepts clients with this `user:password`, answers 407 to others.
    pub fn with_login(to: SocketAddr, login: &str) -> Self {
        Self::with(Rules {
            to,
            login: Some(login.to_owned()),
            refusal: None,
            tls: None,
        })
    }

    /// Accepts clients over TLS.
    pub fn over_tls(to: SocketAddr, certificate: &Issued) -> Self {
        Self::with(Rules {
            to,
            login: None,
            refusal: None,
            tls: Some(certificate.server_config()),
        })
    }

    /// Answers every CONNECT with this status line. Sends nothing if it is empty.
    pub fn refusing(status: &'static str) -> Self {
        Self::with(Rules {
            to: ([127, 0, 0, 1], 9).into(),
            login: None,
            refusal: Some(status),
            tls: None,
        })
    }

    fn with(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let targets = Arc::<Mutex<Vec<String>>>::default();
        let scheme = if rules.tls.is_some() { "https" } else { "http" };
        let log = Arc::clone(&targets);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (rules, log) = (rules.clone(), Arc::clone(&log));
                // An error means that the client closed the connection.
                thread::spawn(move || drop(serve(client, &rules, &log)));
            }
        });
        Self {
            address,
            scheme,
            targets,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Uses a host name, because proxies usually have one.
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    pub fn url_with(&self, login: &str) -> String {
        let port = self.address.port();
        format!("{}://{login}@localhost:{port}", self.scheme)
    }

    pub fn socks_url(&self) -> String {
        format!("socks5h://localhost:{}", self.address.port())
    }

    /// `host:port` of every requested tunnel, refused ones included.
    pub fn targets(&self) -> Vec<String> {
        self.targets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn serve(client: TcpStream, rules: &Rules, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let Some(tls) = &rules.tls else {
        return tunnel(client.try_clone()?, &client, rules, log);
    };
    let session = rustls::ServerConnection::new(Arc::clone(tls)).unwrap();
    let socket = client.try_clone()?;
    tunnel(
        rustls::StreamOwned::new(session, client),
        &socket,
        rules,
        log,
    )
}

fn tunnel(
    mut client: impl Read + Write,
    socket: &TcpStream,
    rules: &Rules,
    log: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut first = [0];
    client.read_exact(&mut first)?;
    let asked = |target: String| {
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(target);
    };
    if first == [5] {
        asked(socks_target(&mut client)?);
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    } else {
        let head = read_head(&mut client)?;
        asked(head.split(' ').nth(1).unwrap_or_default().to_owned());
        if let Some(refusal) = refusal(&head, rules) {
            if !refusal.is_empty() {
                write!(client, "HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n")?;
            }
            return client.flush();
        }
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    }
    client.flush()?;
    let api = TcpStream::connect(rules.to)?;
    // Short, because one thread reads from both sides alternately.
    let turn = Some(Duration::from_millis(2));
    socket.set_read_timeout(turn)?;
    api.set_read_timeout(turn)?;
    while pass_on(&mut client, &api)? && pass_on(&api, &mut client)? {}
    Ok(())
}

/// Reads a CONNECT request without its first letter.
fn read_head(client: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn refusal(head: &str, rules: &Rules) -> Option<&'static str> {
    let login = rules.login.as_ref().map(|login| {
        let value = STANDARD.encode(login);
        format!("\r\nProxy-Authorization: Basic {value}\r\n")
    });
    match login {
        Some(login) if !head.contains(&login) => Some("407 Proxy Authentication Required"),
        _ => rules.refusal,
    }
}

/// The part of RFC 1928 that the client uses: no login, destination by name.
fn socks_target(client: &mut (impl Read + Write)) -> io::Result<String> {
    let byte = |client: &mut dyn Read| {
        let mut byte = [0];
        client.read_exact(&mut byte).map(|()| byte[0])
    };
    for _ in 0..byte(client)? {
        byte(client)?;
    }
    client.write_all(&[5, 0])?;
    client.flush()?;
    let mut head = [0; 4];
    client.read_exact(&mut head)?;
    assert_eq!(head, [5, 1, 0, 3], "CONNECT to a name");
    let mut name = vec![0; byte(client)?.into()];
    client.read_exact(&mut name)?;
    let mut port = [0; 2];
    client.read_exact(&mut port)?;
    let port = u16::from_be_bytes(port);
    Ok(format!("{}:{port}", String::from_utf8_lossy(&name)))
}

/// Copies available data to the other side. Returns `false` at the end.
fn pass_on(mut from: impl Read, mut to: impl Write) -> io::Result<bool> {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            to.write_all(&buffer[..count])?;
            to.flush()?;
            Ok(true)
        }
        // SIGCONT interrupts waits with a timeout (signal(7)).
        Err(err)
            if matches!(
                err.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
            ) =>
        {
            Ok(true)
        }
        Err(err) => Err(err),
    }
}
