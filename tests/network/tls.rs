//! Which certificates are trusted.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{connections, fake, fingerprint, helper, pinning, with_colons};
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::Home;
use crate::support::tls::Ca;

#[test]
fn pinned_certificate_needs_no_ca_and_no_matching_name() {
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
fn other_certificate_than_the_pinned_one_gets_no_request() {
    let ca = Ca::new();
    let (fake, home) = (fake(&ca, "localhost"), Home::new());
    // Also if the system trusts the certificate.
    helper(&home, &fake, &ca)
        .env("IONOS_PINNED_CERT", &"ab".repeat(32))
        .get(DEMO_HOST)
        .fails(&format!(
            "no credential for {DEMO_HOST}: no trusted connection to localhost:{}: its certificate has the fingerprint {}:…, IONOS_PINNED_CERT is AB:AB:AB:AB:AB:AB:AB:AB:… (account from IONOS_TOKEN); check which certificate IONOS publishes, then set IONOS_PINNED_CERT to its fingerprint or unset it",
            fake.address().port(),
            &with_colons(&fingerprint(&fake))[..23],
        ));
    assert!(fake.requests().is_empty());
}

#[test]
fn invalid_pin_is_refused_before_any_request() {
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
fn certificate_of_an_unknown_ca_is_not_trusted() {
    let (fake, home) = (fake(&Ca::new(), "localhost"), Home::new());
    let done = helper(&home, &fake, &Ca::new()).get(DEMO_HOST);
    let line = done.failure();
    assert!(line.contains("no trusted connection to"), "{line}");
    assert!(line.contains("SSL_CERT_FILE"), "{line}");
    assert!(fake.requests().is_empty());
}

#[test]
fn silent_server_with_a_pin_fails_within_the_deadline() {
    // Accepts connections and sends nothing.
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

/// An ionosctl configuration with one environment and these certificate settings.
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
fn certificate_authority_data_is_trusted_beside_the_system() {
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
            .contains("certificateAuthData contains no certificate")
    );
}

#[test]
fn skip_tls_verify_does_not_disable_a_pin() {
    let (ca, home) = (Ca::new(), Home::new());
    let fake = fake(&ca, "elsewhere.example");
    let url = fake.url().replace("elsewhere.example", "localhost");
    let file = file_for(&fake, "            skipTlsVerify: true").replace(&fake.url(), &url);
    home.file(".ionos/config", &file);
    let pinned = home.helper().env("IONOS_PINNED_CERT", &"0".repeat(64));
    let done = pinned.get(DEMO_HOST);
    assert!(
        done.failure().contains("IONOS_PINNED_CERT is "),
        "{}",
        done.stdout
    );
    let _ = home.helper().get(DEMO_HOST).credential();
}

fn pem_lines(certificate: &str) -> String {
    let indent = "\n              ";
    let pem = certificate.trim_end().replace('\n', indent);
    format!("            certificateAuthData: |{indent}{pem}")
}

#[test]
fn certificate_authority_data_may_be_the_certificate_of_the_server() {
    for (issued, trouble) in [
        (Ca::own_certificate(&["localhost"], 2125), None),
        (
            Ca::own_certificate(&["localhost"], 2021),
            Some("certificate expired: "),
        ),
        (
            Ca::own_certificate(&["elsewhere.example"], 2125),
            Some("certificate not valid for name \"localhost\""),
        ),
    ] {
        let pem = issued.cert_pem.clone();
        let fake = FakeIonos::builder().certificate(issued).start();
        let url = format!("https://localhost:{}", fake.address().port());
        let file = |pem: &str| file_for(&fake, &pem_lines(pem)).replace(&fake.url(), &url);
        let home = Home::new();
        home.file(".ionos/config", &file(&pem));
        let done = home.helper().get(DEMO_HOST);
        match trouble {
            None => drop(done.credential()),
            Some(trouble) => assert!(done.failure().contains(trouble), "{}", done.stdout),
        }
        // Another certificate of this kind is not trusted.
        let other = Ca::own_certificate(&["localhost"], 2125);
        let home = Home::new();
        home.file(".ionos/config", &file(&other.cert_pem));
        let line = home.helper().get(DEMO_HOST).failure().to_owned();
        assert!(
            line.contains("no trusted connection to localhost"),
            "{line}"
        );
    }
}

#[test]
fn untrusted_certificate_is_explained() {
    let ca = Ca::new();
    for (issued, why) in [
        (
            Ca::new().issue(&["localhost"]),
            "its certificate is issued by an unknown CA",
        ),
        (
            Ca::own_certificate(&["localhost"], 2125),
            "its certificate is that of a CA (basicConstraints CA:TRUE), not of a server",
        ),
        (
            ca.issue_for_clients(&["localhost"]),
            "its certificate is not for servers (extendedKeyUsage)",
        ),
    ] {
        let (fake, home) = (
            FakeIonos::builder().certificate(issued).start(),
            Home::new(),
        );
        let port = fake.address().port();
        helper(&home, &fake, &ca)
            .env("IONOS_API_URL", &format!("https://localhost:{port}"))
            .get(DEMO_HOST)
            .fails(&format!("no credential for {DEMO_HOST}: no trusted connection to localhost:{port}: {why} (account from IONOS_TOKEN); behind a company proxy, add its CA to the system's or name it in SSL_CERT_FILE"));
    }
}
