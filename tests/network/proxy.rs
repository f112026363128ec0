//! Which proxy is used.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::{BEHIND, HERE, closed_port, connections, fake, fingerprint, helper, pinning};
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::Home;
use crate::support::proxy::Proxy;
use crate::support::tls::Ca;

#[test]
fn requests_use_one_connection_through_the_proxy() {
    let ca = Ca::new();
    let fake = fake(&ca, BEHIND);
    let target = format!("{BEHIND}:{}", fake.address().port());
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let (proxy, home) = (Proxy::to(fake.address()), Home::new());
        fake.clear_requests();
        let _ = helper(&home, &fake, &ca)
            .env(variable, &proxy.url())
            .get(DEMO_HOST)
            .credential();
        assert_eq!(proxy.targets(), [target.as_str()], "{variable}");
        assert_eq!(connections(&fake), 1);
    }
}

#[test]
fn pinned_requests_use_one_connection_through_the_proxy() {
    let fake = fake(&Ca::new(), BEHIND);
    let (proxy, home) = (Proxy::to(fake.address()), Home::new());
    for url in [proxy.url(), proxy.socks_url()] {
        let home = Home::new();
        fake.clear_requests();
        let _ = pinning(&home, &fake, &fingerprint(&fake))
            .env("HTTPS_PROXY", &url)
            .get(DEMO_HOST)
            .credential();
        assert_eq!(connections(&fake), 1);
    }
    let target = format!("{BEHIND}:{}", fake.address().port());
    assert_eq!(proxy.targets(), [target.as_str(), &target]);
    let done = pinning(&home, &fake, &"ab".repeat(32))
        .env("HTTPS_PROXY", &proxy.url())
        .get(DEMO_HOST);
    let line = done.failure();
    let port = proxy.address().port();
    assert!(
        line.contains(&format!(
            "AB:… (proxy localhost:{port} from HTTPS_PROXY) (account"
        )),
        "{line}"
    );
}

#[test]
fn https_proxy_certificate_is_verified_separately() {
    let proxys_ca = Ca::new();
    let fake = fake(&Ca::new(), BEHIND);
    let proxy = Proxy::over_tls(fake.address(), &proxys_ca.issue(&["localhost"]));
    let home = Home::new();
    let pinning = helper(&home, &fake, &proxys_ca)
        .env("IONOS_PINNED_CERT", &fingerprint(&fake))
        .env("HTTPS_PROXY", &proxy.url());
    let _ = pinning.get(DEMO_HOST).credential();
    assert_eq!(proxy.targets().len(), 1);
    // The pin does not apply to the proxy.
    let home = Home::new();
    let stranger = Ca::new().write_pem(home.path());
    let done = pinning
        .env("HOME", home.path().to_str().unwrap())
        .env("SSL_CERT_FILE", stranger.to_str().unwrap())
        .get(DEMO_HOST);
    let line = done.failure();
    assert!(line.contains("no trusted connection to"), "{line}");
    assert!(line.contains("from HTTPS_PROXY"), "{line}");
    assert_eq!(proxy.targets().len(), 1);
}

#[test]
fn socks_proxy_is_used() {
    let ca = Ca::new();
    let fake = fake(&ca, BEHIND);
    let (proxy, home) = (Proxy::to(fake.address()), Home::new());
    let _ = helper(&home, &fake, &ca)
        .env("ALL_PROXY", &proxy.socks_url())
        .get(DEMO_HOST)
        .credential();
    let target = format!("{BEHIND}:{}", fake.address().port());
    assert_eq!(proxy.targets(), [target]);
    assert_eq!(connections(&fake), 1);
}

#[test]
fn no_proxy_connects_directly() {
    let ca = Ca::new();
    let fake = fake(&ca, HERE);
    let proxy = Proxy::refusing("403 Forbidden");
    for (variable, list) in [
        ("NO_PROXY", HERE.to_owned()),
        ("no_proxy", format!("a.example, {HERE}")),
        ("NO_PROXY", format!("{HERE}:{}", fake.address().port())),
        ("NO_PROXY", "*".to_owned()),
    ] {
        let home = Home::new();
        fake.clear_requests();
        let _ = helper(&home, &fake, &ca)
            .env("HTTPS_PROXY", &proxy.url())
            .env(variable, &list)
            .get(DEMO_HOST)
            .credential();
        assert_eq!(connections(&fake), 1, "{variable}={list}");
    }
    assert!(proxy.targets().is_empty());
}

#[test]
fn loopback_api_is_connected_directly() {
    let ca = Ca::new();
    let proxy = Proxy::refusing("403 Forbidden");
    for fake in [
        FakeIonos::start(),
        fake(&ca, "localhost"),
        fake(&ca, "127.0.0.1"),
    ] {
        let home = Home::new();
        let _ = helper(&home, &fake, &ca)
            .env("ALL_PROXY", &proxy.url())
            .env("HTTPS_PROXY", &proxy.url())
            .env("HTTP_PROXY", &proxy.url())
            .env("http_proxy", &proxy.url())
            .get(DEMO_HOST)
            .credential();
        assert_eq!(connections(&fake), 1);
    }
    assert!(proxy.targets().is_empty());
}

#[test]
fn http_proxy_is_not_used_for_the_https_api() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, HERE), Home::new());
    let proxy = Proxy::refusing("403 Forbidden");
    let _ = helper(&home, &fake, &ca)
        .env("HTTP_PROXY", &proxy.url())
        .get(DEMO_HOST)
        .credential();
    assert!(proxy.targets().is_empty());
}

#[test]
fn proxy_receives_its_password() {
    let ca = Ca::new();
    let fake = fake(&ca, BEHIND);
    let proxy = Proxy::with_login(fake.address(), "user:s3cr@t");
    let home = Home::new();
    let _ = helper(&home, &fake, &ca)
        .env("HTTPS_PROXY", &proxy.url_with("user:s3cr%40t"))
        .get(DEMO_HOST)
        .credential();
    assert_eq!(proxy.targets().len(), 1);
}

#[test]
fn refusing_proxy_is_named_without_its_password() {
    let ca = Ca::new();
    let fake = fake(&ca, BEHIND);
    let locked = Proxy::with_login(fake.address(), "user:other");
    let closed = Proxy::refusing("403 Forbidden");
    let silent = Proxy::refusing("");
    let free_port = closed_port();
    for (url, port, why) in [
        (
            locked.url_with("user:s3cret"),
            locked.address().port(),
            "proxy server responded 407",
        ),
        (
            closed.url_with("user:s3cret"),
            closed.address().port(),
            "proxy server responded 403",
        ),
        (
            silent.url_with("user:s3cret"),
            silent.address().port(),
            "proxy server did not respond",
        ),
        (
            format!("http://user:s3cret@localhost:{free_port}"),
            free_port,
            "Connection refused",
        ),
    ] {
        let home = Home::new();
        let done = helper(&home, &fake, &ca)
            .env("HTTPS_PROXY", &url)
            .env("IONOS_CR_LOG", "debug")
            .get(DEMO_HOST);
        assert!(!done.stderr.contains("s3cret"), "{done:?}");
        assert_eq!(
            done.stdout,
            format!(
                "docker-credential-ionos: no credential for {DEMO_HOST}: no connection to {BEHIND}:{}: {why} (proxy localhost:{port} from HTTPS_PROXY) (account from IONOS_TOKEN); check the network, HTTPS_PROXY and IONOS_API_URL\n",
                fake.address().port()
            )
        );
    }
    assert!(fake.requests().is_empty());
}

#[test]
fn silent_proxy_fails_within_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, BEHIND), Home::new());
    let port = listener.local_addr().unwrap().port();
    for pin in ["", &"ab".repeat(32)] {
        let start = Instant::now();
        let done = helper(&home, &fake, &ca)
            .env("HTTPS_PROXY", &format!("http://localhost:{port}"))
            .env("IONOS_PINNED_CERT", pin)
            .env("IONOS_CR_TIMEOUT", "1s")
            .get(DEMO_HOST);
        let _ = done.failure();
        let took = start.elapsed();
        assert!(took < Duration::from_millis(2500), "{took:?}");
    }
}

#[test]
fn proxy_that_answers_byte_by_byte_fails_within_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\nX: ");
                // For 10 s, then the connection is closed.
                for _ in 0..100 {
                    let _ = client.write_all(b"x");
                    thread::sleep(Duration::from_millis(100));
                }
            });
        }
    });
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, BEHIND), Home::new());
    for pin in ["", &"ab".repeat(32)] {
        let done = helper(&home, &fake, &ca)
            .env("HTTPS_PROXY", &format!("http://localhost:{port}"))
            .env("IONOS_PINNED_CERT", pin)
            .env("IONOS_CR_TIMEOUT", "1s")
            .get(DEMO_HOST);
        let failure = done.failure();
        assert!(failure.contains("gave no answer in time"), "{failure}");
    }
}

#[test]
fn invalid_proxy_url_is_an_error() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, HERE), Home::new());
    helper(&home, &fake, &ca)
        .env("HTTPS_PROXY", "http://user:s3/cret@proxy.example:3128")
        .get(DEMO_HOST)
        .fails(&format!(
            "no credential for {DEMO_HOST}: HTTPS_PROXY is not the URL of a proxy (account from IONOS_TOKEN); set HTTPS_PROXY to a URL such as http://proxy.example.com:3128, with characters other than letters and digits in its password as %XX, or unset it"
        ));
    assert!(fake.requests().is_empty());
}
