//! Requests through tinyproxy.

use std::io::Read as _;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{HERE, closed_port, connections, fake, fingerprint, helper, pinning};
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{Home, write_private};
use crate::support::skip::skip_or_fail;
use crate::support::tls::Ca;

/// tinyproxy finds mistakes that the program and our proxy have in common.
struct Tinyproxy {
    process: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Tinyproxy {
    /// Returns `None` if it is not installed.
    fn start(home: &Home, login: Option<(&str, &str)>) -> Option<Self> {
        let port = closed_port();
        let log = home.path().join("tinyproxy.log");
        let login = login.map_or_else(String::new, |(user, password)| {
            format!("BasicAuth {user} {password}\n")
        });
        let config = home.path().join("tinyproxy.conf");
        write_private(
            &config,
            format!(
                "Listen 127.0.0.1\nPort {port}\nTimeout 20\nMaxClients 10\nLogLevel Connect\nLogFile \"{}\"\n{login}",
                log.display()
            )
            .as_bytes(),
        );
        let process = Command::new("tinyproxy")
            .arg("-d")
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let started = Self { process, port, log };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "tinyproxy does not listen"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Some(started)
    }

    /// Number of requested tunnels.
    fn tunnels(&self) -> usize {
        let mut log = String::new();
        let mut file = std::fs::File::open(&self.log).unwrap();
        file.read_to_string(&mut log).unwrap();
        log.lines()
            .filter(|line| line.contains("): CONNECT "))
            .count()
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn requests_pass_through_tinyproxy() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, HERE), Home::new());
    let Some(proxy) = Tinyproxy::start(&home, Some(("user", "s3cret"))) else {
        return skip_or_fail("tinyproxy", "not installed");
    };
    let address = format!("localhost:{}", proxy.port);
    let url = format!("http://user:s3cret@{address}");
    let plain = helper(&home, &fake, &ca).env("HTTPS_PROXY", &url);
    let _ = plain.get(DEMO_HOST).credential();
    assert_eq!((connections(&fake), proxy.tunnels()), (1, 1));

    let pinned = Home::new();
    fake.clear_requests();
    let _ = pinning(&pinned, &fake, &fingerprint(&fake))
        .env("HTTPS_PROXY", &url)
        .get(DEMO_HOST)
        .credential();
    assert_eq!((connections(&fake), proxy.tunnels()), (1, 2));

    let direct = Home::new();
    let _ = helper(&direct, &fake, &ca)
        .env("HTTPS_PROXY", &url)
        .env("NO_PROXY", HERE)
        .get(DEMO_HOST)
        .credential();
    assert_eq!(proxy.tunnels(), 2);

    let refused = Home::new();
    let done = helper(&refused, &fake, &ca)
        .env("HTTPS_PROXY", &format!("http://user:wr0ng@{address}"))
        .get(DEMO_HOST);
    let line = done.failure();
    let expected = format!("(proxy {address} from HTTPS_PROXY)");
    assert!(line.contains(&expected), "{line}");
    assert!(!line.contains("wr0ng"), "{line}");
}
