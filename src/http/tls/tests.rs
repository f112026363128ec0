//! Handshakes with servers that cannot give the proof.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::http::TransportError;

/// Serves one connection with a self-signed certificate for `name`. Returns the URL and the
/// certificate in DER and PEM.
fn serve(name: &str) -> (String, CertificateDer<'static>, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        let conn = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(conn, tcp);
        // Fails if the client does not trust the certificate.
        if stream.read(&mut [0; 4096]).is_ok() {
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
        }
    });
    (url, cert.der().clone(), cert.pem())
}

/// The status, which is 204, or the error.
fn ask(url: &str, proof: &Proof) -> Result<u16, TransportError> {
    let config = ureq::Agent::config_builder().proxy(None);
    match agent(config, proof).unwrap().get(url).call() {
        Ok(response) => Ok(response.status().as_u16()),
        Err(err) => Err(TransportError::from_ureq(&err)),
    }
}

#[test]
fn certificate_of_an_unknown_issuer_is_not_trusted() {
    let (url, _, _) = serve("127.0.0.1");
    let err = ask(&url, &Proof::System).unwrap_err();
    assert!(matches!(err, TransportError::Untrusted { .. }), "{err:?}");
}

#[test]
fn extra_certificate_is_trusted_for_its_own_names_only() {
    let (url, _, pem) = serve("127.0.0.1");
    let damaged =
        "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n".to_owned() + &pem;
    assert_eq!(ask(&url, &Proof::SystemOr(damaged)), Ok(204));
    let (url, _, pem) = serve("elsewhere.example");
    let err = ask(&url, &Proof::SystemOr(pem)).unwrap_err();
    assert!(matches!(err, TransportError::Untrusted { .. }), "{err:?}");
}

#[test]
fn without_verification_any_certificate_is_accepted() {
    let (url, _, _) = serve("elsewhere.example");
    assert_eq!(ask(&url, &Proof::None), Ok(204));
}

#[test]
fn pinned_certificate_needs_neither_name_nor_issuer() {
    let (url, der, _) = serve("elsewhere.example");
    assert_eq!(ask(&url, &Proof::Pinned(Fingerprint::of(&der))), Ok(204));
}

#[test]
fn other_certificate_than_the_pinned_one_is_refused() {
    let (url, der, _) = serve("127.0.0.1");
    let pin = Fingerprint::parse(&"ab".repeat(32)).unwrap();
    let shown = Fingerprint::of(&der);
    assert_eq!(
        ask(&url, &Proof::Pinned(pin)).unwrap_err(),
        TransportError::Untrusted {
            why: format!(
                "its certificate has the fingerprint {shown}, IONOS_PINNED_CERT is AB:AB:AB:AB:AB:AB:AB:AB:…"
            ),
            pinned: true,
        }
    );
}

#[test]
fn certificate_data_without_a_certificate_is_named_and_not_quoted() {
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    let open = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n";
    let hollow = format!("{open}-----END CERTIFICATE-----\n");
    for pem in ["", "c2VjcmV0", key, open, &hollow] {
        let proof = Proof::SystemOr(pem.to_owned());
        let failure = agent(ureq::Agent::config_builder(), &proof).unwrap_err();
        assert_eq!(failure.what, "certificateAuthData contains no certificate");
    }
}

/// A stolen certificate without its key.
#[test]
fn pinned_certificate_without_its_key_is_refused() {
    let certificate = |name: &str| generate_simple_self_signed([name.to_owned()]).unwrap();
    let shown = certificate("a.example").cert.der().clone();
    let other_key = certificate("b.example").signing_key.serialize_der();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::try_from(other_key).unwrap())
        .unwrap();
    // `with_single_cert` would notice that they do not belong together.
    let certified = rustls::sign::CertifiedKey::new(vec![shown.clone()], key);
    let resolver = Arc::new(rustls::sign::SingleCertAndKey::from(certified));
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    for version in rustls::ALL_VERSIONS {
        let pinned = OwnVerifier {
            accepted: Accepted::Pinned(Fingerprint::of(&shown)),
            provider: Arc::clone(&provider),
        };
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(pinned))
            .with_no_client_auth();
        let err = handshake(client, server.clone()).unwrap_err();
        assert_eq!(
            err,
            rustls::Error::InvalidCertificate(CertificateError::BadSignature),
            "{version:?}"
        );
    }
}

/// What the client makes of the server's first flight.
fn handshake(client: ClientConfig, server: rustls::ServerConfig) -> Result<(), rustls::Error> {
    let name = ServerName::try_from("a.example").unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = rustls::ServerConnection::new(Arc::new(server)).unwrap();
    let mut wire = Vec::new();
    client.write_tls(&mut wire).unwrap();
    server.read_tls(&mut wire.as_slice()).unwrap();
    server.process_new_packets().unwrap();
    wire.clear();
    while server.wants_write() {
        server.write_tls(&mut wire).unwrap();
    }
    client.read_tls(&mut wire.as_slice()).unwrap();
    client.process_new_packets().map(drop)
}
