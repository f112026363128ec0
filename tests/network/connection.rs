//! Unreachable and untrusted endpoints.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use crate::network::api_failures::revocations;
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, PASSWORD, USERNAME};
use crate::support::helper::{Home, write_private};
use crate::support::tls::Ca;

const NETWORK: &str = "check the network, HTTPS_PROXY and IONOS_API_URL";
const TRUST: &str =
    "behind a company proxy, add its CA to the system's or name it in SSL_CERT_FILE";

fn line(what: &str, hint: &str) -> String {
    format!("no credential for {DEMO_HOST}: {what} (account from IONOS_TOKEN); {hint}")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn closed_port_is_retried_and_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = listener.local_addr().unwrap();
    drop(listener);
    let home = Home::new();
    let helper = home
        .helper()
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .env("IONOS_CR_LOG", "debug")
        .env("IONOS_API_URL", &format!("http://{api}"));
    let done = helper.get(DEMO_HOST);
    assert_eq!(
        done.stderr.matches("debug: next attempt in ").count(),
        2,
        "{}",
        done.stderr
    );
    helper.without("IONOS_CR_LOG").get(DEMO_HOST).fails(&line(
        &format!("no connection to {api}: Connection refused"),
        NETWORK,
    ));
}

#[test]
fn unknown_host_name_is_named() {
    let home = Home::new();
    let helper = home
        .helper()
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .env("IONOS_API_URL", "https://api.ionos.invalid");
    let done = helper.get(DEMO_HOST);
    // The resolver's message depends on the system.
    let line = done.failure();
    assert!(
        line.starts_with(&format!(
            "no credential for {DEMO_HOST}: no connection to api.ionos.invalid: "
        )),
        "{line}"
    );
    assert!(
        line.ends_with(&format!(" (account from IONOS_TOKEN); {NETWORK}")),
        "{line}"
    );
    only_a_failure_is_cached(&home);
    // The second get returns the remembered failure and resolves nothing.
    let again = helper.env("IONOS_CR_LOG", "debug").get(DEMO_HOST);
    assert_eq!(again.stdout, done.stdout);
    assert!(
        !again.stderr.contains("debug: next attempt in "),
        "{again:?}"
    );
}

#[track_caller]
fn only_a_failure_is_cached(home: &Home) {
    assert!(home.entries().is_empty());
    assert_eq!(revocations(home), 0);
    let files = home.files();
    let failures = files.iter().filter(|file| file.ends_with(".failure"));
    assert_eq!(failures.count(), 1, "{files:?}");
}

#[test]
fn ssl_cert_file_ca_is_trusted() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = FakeIonos::builder().tls(&ca, &["localhost"]).start();
    let pem = ca.write_pem(home.path());
    let helper = home.helper_for(&fake).env("SSL_CERT_FILE", text(&pem));
    let credential = helper.get(DEMO_HOST).credential();
    assert!(fake.accepts(&credential.username, &credential.secret));
    assert_eq!((fake.count("GET", ""), fake.count("POST", "")), (1, 1));
    let connections: Vec<_> = fake.requests().iter().map(|it| it.connection).collect();
    assert_eq!(connections[0], connections[1]);
}

#[test]
fn truncated_answer_has_the_same_message_over_tls() {
    for fault in [Fault::close(), Fault::cut_body()] {
        let (ca, home) = (Ca::new(), Home::new());
        let fake = FakeIonos::builder().tls(&ca, &["localhost"]).start();
        let pem = ca.write_pem(home.path());
        fake.fault(fault.clone().on("GET", "/registries").always());
        let helper = home.helper_for(&fake).env("SSL_CERT_FILE", text(&pem));
        let why = " gave no usable answer: the connection was closed (account from IONOS_TOKEN)";
        let done = helper.get(DEMO_HOST);
        assert!(done.failure().contains(why), "{fault:?}: {done:?}");
    }
}

#[test]
fn untrusted_certificate_gets_no_request() {
    let (ca, other) = (Ca::new(), Ca::new());
    for (certificate, trusted, why) in [
        (
            ca.issue(&["127.0.0.1"]),
            &other,
            "its certificate is issued by an unknown CA",
        ),
        (
            ca.issue_expired(&["127.0.0.1"]),
            &ca,
            "invalid peer certificate: certificate expired",
        ),
        (
            ca.issue(&["api.ionos.com"]),
            &ca,
            "invalid peer certificate: certificate not valid for name",
        ),
    ] {
        let home = Home::new();
        let fake = FakeIonos::builder().certificate(certificate).start();
        let pem = trusted.write_pem(home.path());
        let helper = home.helper_for(&fake).env("SSL_CERT_FILE", text(&pem));
        let done = helper.get(DEMO_HOST);
        let start = format!(
            "no credential for {DEMO_HOST}: no trusted connection to {}: {why}",
            fake.address()
        );
        assert!(done.failure().starts_with(&start), "{done:?}");
        assert!(
            done.failure()
                .ends_with(&format!(" (account from IONOS_TOKEN); {TRUST}")),
            "{done:?}"
        );
        assert!(fake.requests().is_empty());
        only_a_failure_is_cached(&home);
    }
}

#[test]
fn api_without_tls_gets_no_credentials() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let api = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut heard = vec![0; 16 * 1024];
        let count = tcp.read(&mut heard).unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        heard.truncate(count);
        heard
    });
    let done = Home::new()
        .helper()
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .env("IONOS_API_URL", &format!("https://{api}"))
        .get(DEMO_HOST);
    let heard = String::from_utf8_lossy(&heard.join().unwrap()).into_owned();
    assert!(!heard.contains("account-secret-") && !heard.contains("Bearer"));
    let what = format!("no trusted connection to {api}: it does not speak TLS");
    let hint = "check IONOS_API_URL, and HTTPS_PROXY if it is set";
    done.fails(&line(&what, hint));
}

#[test]
fn broken_handshake_is_retried() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = FakeIonos::builder().tls(&ca, &["localhost"]).start();
    let pem = ca.write_pem(home.path());
    fake.fault(Fault::reset_before_read().times(2));
    let helper = home.helper_for(&fake).env("SSL_CERT_FILE", text(&pem));
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(fake.tokens().len(), 1);
}

#[test]
fn refused_password_has_its_own_hint() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home
        .helper_for(&fake)
        .without("IONOS_TOKEN")
        .env("IONOS_USERNAME", USERNAME)
        .env("IONOS_PASSWORD", "account-secret-wrong");
    helper.get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: {} refused the account: 401 \"Unauthorized, wrong or no api key provided to process this request\" (account from IONOS_USERNAME and IONOS_PASSWORD); check that user name and password are those of the IONOS account, not of a registry token; an account with two-factor authentication needs an API token (IONOS_TOKEN) instead",
        fake.address()
    ));
    let _ = helper
        .env("IONOS_PASSWORD", PASSWORD)
        .get(DEMO_HOST)
        .credential();
}

#[test]
fn unsafe_endpoint_is_refused_before_any_request() {
    let home = Home::new();
    let in_the_clear = |host: &str| {
        format!("is plain http to {host}, which would send the account's credentials in the clear")
    };
    for (url, why) in [
        ("http://api.ionos.com", in_the_clear("api.ionos.com")),
        ("HTTP://api.ionos.com", in_the_clear("api.ionos.com")),
        (
            "http://127.0.0.1.nip.example",
            in_the_clear("127.0.0.1.nip.example"),
        ),
        (
            "http://localhost.example",
            in_the_clear("localhost.example"),
        ),
        ("http://0.0.0.0:1", in_the_clear("0.0.0.0")),
        ("http://128.0.0.1", in_the_clear("128.0.0.1")),
        ("http://[::2]", in_the_clear("[::2]")),
        ("ftp://api.ionos.com", "is neither http nor https".into()),
        ("file:///etc/passwd", "is not a URL".into()),
        ("https://", "is not a URL".into()),
        ("https://a b", "is not a URL".into()),
        (
            "https://api.ionos.com:99999",
            "names no port between 1 and 65535".into(),
        ),
        (
            "http://127.0.0.1:0",
            "names no port between 1 and 65535".into(),
        ),
        (
            "https://jane:s3cret@api.ionos.com",
            "holds a user or a query".into(),
        ),
        (
            "https://api.ionos.com?key=s3cret",
            "holds a user or a query".into(),
        ),
    ] {
        let helper = home.helper().env("IONOS_TOKEN", ACCOUNT_TOKEN);
        helper.env("IONOS_API_URL", url).get(DEMO_HOST).fails(&format!(
            "no credential for {DEMO_HOST}: IONOS_API_URL {why}; set it to a URL such as https://api.ionos.com or unset it"
        ));
    }
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn invalid_certificate_file_is_named() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = FakeIonos::builder().tls(&ca, &["localhost"]).start();
    let file = home.path().join("ca.pem");
    for content in [None, Some(""), Some("not a certificate")] {
        if let Some(content) = content {
            write_private(&file, content.as_bytes());
        }
        let helper = home.helper_for(&fake).env("IONOS_CR_DISABLE_CACHE", "true");
        let done = helper.env("SSL_CERT_FILE", text(&file)).get(DEMO_HOST);
        let line = done.failure();
        // On Linux the platform's verifier reads the file.
        let is_linux = cfg!(target_os = "linux");
        assert!(
            line.contains("no trusted connection to localhost") || (content.is_none() && !is_linux),
            "{line}"
        );
        let hint = "no CA certificates were found (account from IONOS_TOKEN); install the package ca-certificates; SSL_CERT_FILE, if it is set, must name a PEM file with CA certificates";
        assert!(line.ends_with(hint) || !is_linux, "{line}");
        assert!(line.contains("SSL_CERT_FILE"), "{line}");
        assert!(fake.requests().is_empty());
    }
}
