//! What ureq has no setting for: name resolution that cannot panic, and a TLS handshake with a
//! verifier of our own.
//!
//! The handshake is a connector in ureq's chain, after those that open the connection or a proxy's
//! tunnel. ureq may change `unversioned` in any minor release, so Cargo.toml pins the minor version.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::{Authority, Scheme};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout,
    RustlsConnector, SocksConnector, TcpConnector, Transport, TransportAdapter,
};

use super::endpoint::bare;
use crate::error::system;

/// An agent that uses `tls` for the handshake with the server. ureq's own settings are for a proxy's
/// handshake, and without `tls` for every handshake.
pub(super) fn agent(config: Config, tls: Option<ClientConfig>) -> ureq::Agent {
    let handshake = ServerHandshake {
        tls: tls.map(Arc::new),
        proxy: config.proxy().map(|proxy| proxy.uri().clone()),
    };
    let chain = ()
        .chain(SocksConnector::default())
        .chain(Tunnel::default())
        .chain(TcpConnector::default())
        .chain(handshake)
        // For a proxy that is reached over TLS: it needs a certificate that the system trusts. Without
        // `tls` for the server, too.
        .chain(RustlsConnector::default());
    ureq::Agent::with_parts(config, chain, CachingResolver::default())
}

/// Resolves a name once. ureq resolves it before each request, even if the connection is open.
#[derive(Debug, Default)]
struct CachingResolver {
    last: Mutex<Option<(Server, Vec<SocketAddr>)>>,
}

/// A scheme, which has the default port, and an authority.
type Server = (Option<Scheme>, Option<Authority>);

impl Resolver for CachingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let server = (uri.scheme().cloned(), uri.authority().cloned());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, addresses)) = last.as_ref().filter(|(known, _)| *known == server) {
            let mut resolved = self.empty();
            for address in addresses {
                resolved.push(*address);
            }
            return Ok(resolved);
        }
        let resolved = look_up(uri, config, timeout)?;
        *last = Some((server, resolved.to_vec()));
        Ok(resolved)
    }
}

/// Resolves a name in a thread, because the system's resolver has no timeout. ureq does so too, but
/// panics if no thread can be started (a container's limit of processes); then this resolves in the
/// calling thread.
fn look_up(
    uri: &Uri,
    config: &Config,
    timeout: NextTimeout,
) -> Result<ResolvedSocketAddrs, ureq::Error> {
    let look_up = {
        let (uri, config, mut no_timeout) = (uri.clone(), config.clone(), timeout);
        // Without a timeout, ureq starts no thread.
        no_timeout.after = Duration::NotHappening;
        move || DefaultResolver::default().resolve(&uri, &config, no_timeout)
    };
    let host = bare(uri.host().unwrap_or_default());
    if host.parse::<IpAddr>().is_ok() {
        return look_up();
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let in_a_thread = look_up.clone();
    let look_up_and_send = move || drop(sender.send(in_a_thread()));
    let resolved = match thread::Builder::new().spawn(look_up_and_send) {
        Ok(_) => receiver
            .recv_timeout(*timeout.after)
            .unwrap_or_else(|_| Err(io::Error::other("no name server answers").into())),
        Err(_) => look_up(),
    };
    resolved.map_err(|err| match err {
        ureq::Error::Io(err) => {
            let why = format!("cannot resolve '{host}': {}", resolver_words(&err));
            io::Error::other(why).into()
        }
        err => err,
    })
}

/// What the system's resolver says, without what std puts before it.
fn resolver_words(err: &io::Error) -> String {
    let words = system(err);
    match words.trim_start_matches("failed to lookup address information: ") {
        // musl's words for EAI_AGAIN.
        "Try again" => "no name server answers".into(),
        words => words.into(),
    }
}

/// The TLS handshake with the server. That with a proxy is ureq's.
#[derive(Debug)]
struct ServerHandshake {
    tls: Option<Arc<ClientConfig>>,
    proxy: Option<Uri>,
}

impl<In: Transport> Connector<In> for ServerHandshake {
    type Out = Either<In, Encrypted>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(inner) = chained else {
            return Ok(None);
        };
        let Some(tls) = &self.tls else {
            return Ok(Some(Either::A(inner)));
        };
        // ureq also runs the chain for the proxy, with its address as the target.
        let is_proxy = self.proxy.as_ref() == Some(details.uri);
        if is_proxy || !details.needs_tls() || inner.is_tls() {
            return Ok(Some(Either::A(inner)));
        }
        let mut inner = TransportAdapter::new(inner.boxed(), Arc::clone(&details.current_time));
        let now = (details.current_time)();
        inner.set_timeout(time_left(details.timeout, details.now, now));
        let name = ServerName::try_from(bare(details.uri.host().unwrap_or_default()).to_owned())
            .map_err(|_| ureq::Error::Tls("the host name cannot be in a certificate"))?;
        let mut session = ClientConnection::new(Arc::clone(tls), name)?;
        while session.is_handshaking() {
            session.complete_io(&mut inner)?;
        }
        Ok(Some(Either::B(Encrypted {
            stream: StreamOwned::new(session, inner),
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
        })))
    }
}

/// A tunnel through a proxy. ureq waits the whole timeout for each part of the proxy's answer, so the
/// deadline would not apply to a proxy that sends one byte at a time.
#[derive(Debug, Default)]
struct Tunnel(ConnectProxyConnector);

impl<In: Transport> Connector<In> for Tunnel {
    type Out = <ConnectProxyConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let is_open = Arc::new(AtomicBool::new(false));
        let to_proxy = {
            let (connect, is_open) = (Arc::clone(&details.run_connector), Arc::clone(&is_open));
            let (timeout, start) = (details.timeout, details.now);
            move |details: &ConnectionDetails<'_>| {
                let current_time = Arc::clone(&details.current_time);
                let connection: Box<dyn Transport> = Box::new(ToProxy {
                    connection: connect(details)?,
                    time_left: Box::new(move || time_left(timeout, start, current_time())),
                    is_open: Arc::clone(&is_open),
                });
                Ok(connection)
            }
        };
        let details = ConnectionDetails {
            addrs: details.addrs.clone(),
            current_time: Arc::clone(&details.current_time),
            run_connector: Arc::new(to_proxy),
            register_shutdown: Arc::clone(&details.register_shutdown),
            ..*details
        };
        let tunnel = self.0.connect(&details, chained);
        is_open.store(true, Ordering::Relaxed);
        tunnel
    }
}

/// A connection to a proxy. Until the tunnel is open, it has the time that is left to open it.
struct ToProxy {
    connection: Box<dyn Transport>,
    time_left: Box<dyn Fn() -> NextTimeout + Send + Sync>,
    is_open: Arc<AtomicBool>,
}

impl Transport for ToProxy {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.connection.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.connection.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let timeout = if self.is_open.load(Ordering::Relaxed) {
            timeout
        } else {
            (self.time_left)()
        };
        self.connection.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.connection.is_open()
    }

    fn is_tls(&self) -> bool {
        self.connection.is_tls()
    }
}

impl fmt::Debug for ToProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToProxy").field(&self.connection).finish()
    }
}

/// The rest of the timeout, which counts from the start of the whole chain.
fn time_left(mut timeout: NextTimeout, start: Instant, now: Instant) -> NextTimeout {
    if let (Duration::Exact(all), Instant::Exact(start), Instant::Exact(now)) =
        (timeout.after, start, now)
    {
        timeout.after = all
            .saturating_sub(now.saturating_duration_since(start))
            .into();
    }
    timeout
}

struct Encrypted {
    stream: StreamOwned<ClientConnection, TransportAdapter>,
    buffers: LazyBuffers,
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output();
        Ok(self.stream.write_all(&output[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.sock.set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encrypted")
            .field(self.stream.sock.get_ref())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use ureq::Timeout;

    use super::*;

    #[test]
    fn name_is_resolved_once() {
        let names = CachingResolver::default();
        let resolve = |url: &str| {
            let timeout = NextTimeout {
                after: Duration::from_secs(5),
                reason: Timeout::Resolve,
                per_read: None,
                per_write: None,
            };
            let uri = url.parse().unwrap();
            names.resolve(&uri, &Config::default(), timeout).unwrap()[0].to_string()
        };
        assert_eq!(resolve("https://127.0.0.1/a"), "127.0.0.1:443");
        names.last.lock().unwrap().as_mut().unwrap().1 = vec![([127, 0, 0, 9], 9).into()];
        assert_eq!(resolve("https://127.0.0.1/b"), "127.0.0.9:9");
        assert_eq!(resolve("http://127.0.0.1/b"), "127.0.0.1:80");
        assert_eq!(resolve("https://127.0.0.2/b"), "127.0.0.2:443");
    }
}
