//! The way to the API: whose certificate counts, and which proxy is asked.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home, write_private};
use crate::support::proxy::Proxy;
use crate::support::skip::skip_or_fail;
use crate::support::tls::Ca;

/// A name that only a proxy finds.
const BEHIND: &str = "api.ionos.test";
/// This machine, but not one of its loopback names, which are never asked through a proxy.
const HERE: &str = "0.0.0.0";

fn fake(ca: &Ca, name: &str) -> FakeIonos {
    FakeIonos::builder().tls(ca, &[name]).start()
}

/// The program, trusting `ca` as the system would.
fn helper(home: &Home, fake: &FakeIonos, ca: &Ca) -> Helper {
    let pem = ca.write_pem(home.path());
    home.helper_for(fake)
        .env("SSL_CERT_FILE", pem.to_str().unwrap())
}

/// The program with a pin and nothing else that would vouch for the API.
fn pinning(home: &Home, fake: &FakeIonos, pin: &str) -> Helper {
    helper(home, fake, &Ca::new()).env("IONOS_PINNED_CERT", pin)
}

fn fingerprint(fake: &FakeIonos) -> String {
    fake.certificate().unwrap().fingerprint()
}

/// How openssl prints it.
fn with_colons(fingerprint: &str) -> String {
    let bytes: Vec<String> = fingerprint
        .as_bytes()
        .chunks(2)
        .map(|byte| String::from_utf8_lossy(byte).to_uppercase())
        .collect();
    bytes.join(":")
}

#[track_caller]
fn connections(fake: &FakeIonos) -> usize {
    let mut numbers: Vec<u64> = fake.requests().iter().map(|r| r.connection).collect();
    assert_eq!(numbers.len(), 2, "look-up and mint");
    numbers.dedup();
    numbers.len()
}

/// A port nobody listens on.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_pinned_certificate_needs_no_authority_and_no_name_and_one_connection() {
    let ca = Ca::new();
    let fake = FakeIonos::builder()
        .certificate(ca.issue_expired(&["elsewhere.example"]))
        .start();
    let home = Home::new();
    let pin = with_colons(&fingerprint(&fake));
    let credential = pinning(&home, &fake, &pin).get(DEMO_HOST).credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
    assert_eq!(connections(&fake), 1);
}

#[test]
fn another_certificate_than_the_pinned_one_is_named_and_told_nothing() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, "localhost"), Home::new());
    // Even one the system trusts.
    helper(&home, &fake, &ca)
        .env("IONOS_PINNED_CERT", &"ab".repeat(32))
        .get(DEMO_HOST)
        .fails(&format!(
            "no credential for {DEMO_HOST}: no trusted connection to localhost:{}: its certificate has the fingerprint {}:…, IONOS_PINNED_CERT asks for AB:AB:AB:AB:AB:AB:AB:AB:… (account from IONOS_TOKEN); check what IONOS says its certificate is, then set IONOS_PINNED_CERT to that or unset it",
            fake.address().port(),
            &with_colons(&fingerprint(&fake))[..23],
        ));
    assert!(fake.requests().is_empty());
}

#[test]
fn a_pin_that_is_no_fingerprint_is_named_before_anything_is_sent() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, "localhost"), Home::new());
    let half = &fingerprint(&fake)[..32];
    helper(&home, &fake, &ca)
        .env("IONOS_PINNED_CERT", half)
        .get(DEMO_HOST)
        .fails(&format!(
            "no credential for {DEMO_HOST}: IONOS_PINNED_CERT is not the SHA-256 fingerprint of a certificate (account from IONOS_TOKEN); set IONOS_PINNED_CERT to its 64 hexadecimal digits or unset it"
        ));
    assert!(fake.requests().is_empty());
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let (fake, home) = (fake(&Ca::new(), "localhost"), Home::new());
    let done = helper(&home, &fake, &Ca::new()).get(DEMO_HOST);
    let line = done.failure();
    assert!(line.contains("no trusted connection to"), "{line}");
    assert!(line.contains("SSL_CERT_FILE"), "{line}");
    assert!(fake.requests().is_empty());
}

#[test]
fn a_pinned_certificate_is_asked_for_within_the_deadline() {
    // Accepts, and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::new();
    let start = Instant::now();
    let done = home
        .helper()
        .env("IONOS_TOKEN", "t")
        .env(
            "IONOS_API_URL",
            &format!("https://{}", listener.local_addr().unwrap()),
        )
        .env("IONOS_PINNED_CERT", &"ab".repeat(32))
        .env("IONOS_CR_TIMEOUT", "1s")
        .get(DEMO_HOST);
    let line = done.failure();
    assert!(line.contains("in time"), "{line}");
    let took = start.elapsed();
    assert!(took < Duration::from_millis(2500), "{took:?}");
}

#[test]
fn the_api_is_asked_through_the_proxy_on_one_connection() {
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
fn a_pinned_api_is_asked_through_the_proxy_on_one_connection() {
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
fn a_proxy_over_tls_shows_a_certificate_of_its_own() {
    let proxys_ca = Ca::new();
    let fake = fake(&Ca::new(), BEHIND);
    let proxy = Proxy::over_tls(fake.address(), &proxys_ca.issue(&["localhost"]));
    let home = Home::new();
    let pinning = helper(&home, &fake, &proxys_ca)
        .env("IONOS_PINNED_CERT", &fingerprint(&fake))
        .env("HTTPS_PROXY", &proxy.url());
    let _ = pinning.get(DEMO_HOST).credential();
    assert_eq!(proxy.targets().len(), 1);
    // The pin is no pass for a proxy nobody knows.
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
fn a_socks_proxy_is_used_like_any_other() {
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
fn no_proxy_means_directly() {
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
fn an_api_on_this_machine_is_asked_directly() {
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
fn a_proxy_for_plain_http_is_not_for_the_api() {
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
fn a_proxy_gets_the_password_it_wants() {
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
fn a_proxy_that_refuses_is_named_without_its_password() {
    let ca = Ca::new();
    let fake = fake(&ca, BEHIND);
    let locked = Proxy::with_login(fake.address(), "user:other");
    let closed = Proxy::refusing("403 Forbidden");
    let silent = Proxy::refusing("");
    let nobody = closed_port();
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
            format!("http://user:s3cret@localhost:{nobody}"),
            nobody,
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
fn a_proxy_that_hangs_is_given_up_within_the_deadline() {
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
fn a_proxy_that_cannot_be_understood_is_not_passed_by() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, HERE), Home::new());
    helper(&home, &fake, &ca)
        .env("HTTPS_PROXY", "http://user:s3/cret@proxy.example:3128")
        .get(DEMO_HOST)
        .fails(&format!(
            "no credential for {DEMO_HOST}: HTTPS_PROXY is not the URL of a proxy (account from IONOS_TOKEN); set HTTPS_PROXY to a URL such as http://proxy.example.com:3128, with signs other than letters and digits in its password as %XX, or unset it"
        ));
    assert!(fake.requests().is_empty());
}

/// A proxy that others wrote, so that ours and the program cannot share a mistake.
struct Tinyproxy {
    process: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Tinyproxy {
    /// `None` where it is not installed.
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

    /// How many tunnels it was asked for.
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
fn tinyproxy_lets_the_program_through() {
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

/// ionosctl's file with one environment and what it says about the API's certificate.
fn file_for(fake: &FakeIonos, certificate: &str) -> String {
    format!(
        "currentProfile: ci
profiles:
  - name: ci
    environment: staging
    credentials: {{token: {ACCOUNT_TOKEN}}}
environments:
  - name: staging
    products:
      - name: containerregistry
        endpoints:
          - name: {}/containerregistries
{certificate}
",
        fake.url()
    )
}

#[test]
fn the_files_certificate_authority_counts_beside_the_systems() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = fake(&ca, "localhost");
    let indent = "\n              ";
    let pem = format!("{indent}{}", ca.pem().trim_end().replace('\n', indent));
    home.file(
        ".ionos/config",
        &file_for(&fake, &format!("            certificateAuthData: |{pem}")),
    );
    let _ = home.helper().get(DEMO_HOST).credential();

    let stranger = Home::new();
    stranger.file(".ionos/config", &file_for(&fake, ""));
    let done = stranger.helper().get(DEMO_HOST);
    assert!(
        done.failure()
            .contains("no trusted connection to localhost:"),
        "{}",
        done.stdout
    );

    let wrong = Home::new();
    wrong.file(
        ".ionos/config",
        &file_for(&fake, "            certificateAuthData: none"),
    );
    assert!(
        wrong
            .helper()
            .get(DEMO_HOST)
            .failure()
            .contains("certificateAuthData holds no certificate")
    );
}

#[test]
fn the_file_can_leave_the_certificate_unchecked_and_a_pin_still_counts() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = fake(&ca, "elsewhere.example");
    let url = fake.url().replace("elsewhere.example", "localhost");
    let file = file_for(&fake, "            skipTlsVerify: true").replace(&fake.url(), &url);
    home.file(".ionos/config", &file);
    let pinned = home.helper().env("IONOS_PINNED_CERT", &"0".repeat(64));
    let done = pinned.get(DEMO_HOST);
    assert!(
        done.failure().contains("IONOS_PINNED_CERT asks for"),
        "{}",
        done.stdout
    );
    let _ = home.helper().get(DEMO_HOST).credential();
}
