//! How a server proves its identity.
//!
//! ureq verifies by the system's certificates. For the other proofs the program makes the handshake
//! itself, in `connector`: ureq's own setting for no verification would count for a proxy, too.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use super::connector;
use super::pin::{AnyIssuer, Fingerprint};
use crate::error::Failure;

/// ureq's settings before those for TLS.
pub(super) type Builder = ureq::config::ConfigBuilder<AgentScope>;

/// The proof of identity that a server must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// A certificate that the system trusts.
    BySystem,
    /// A certificate that the system or the certificates in this PEM text vouch for
    /// (`certificateAuthData`).
    ByAlso(String),
    /// A certificate that a CA in this PEM text vouches for, and nobody else.
    ByOnly(String),
    /// This certificate, whatever its name, age and issuer (`IONOS_PINNED_CERT`).
    Pinned(Fingerprint),
    /// None (`skipTlsVerify`).
    None,
}

/// An agent that sends nothing to a server that does not give `proof`.
pub(super) fn agent(config: Builder, proof: &Proof) -> Result<ureq::Agent, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // With a handshake of our own, these settings are left for a proxy that is reached over TLS.
    let tls = TlsConfig::builder()
        // ureq's own choice of ring would link Mozilla's certificates, which are not used.
        .unversioned_rustls_crypto_provider(Arc::clone(&provider))
        // What the system trusts, a company's CA and SSL_CERT_FILE included.
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = config.tls_config(tls).build();
    let handshake = match proof {
        Proof::BySystem => return Ok(connector::plain_agent(config)),
        Proof::ByAlso(pem) => with_verifier(also(pem, &provider)?, provider)?,
        Proof::Pinned(pin) => {
            with_verifier(Arc::new(AnyIssuer::new(Some(*pin), &provider)), provider)?
        }
        Proof::None => with_verifier(Arc::new(AnyIssuer::new(None, &provider)), provider)?,
        Proof::ByOnly(pem) => only(pem, provider)?,
    };
    Ok(connector::agent(config, handshake))
}

fn with_verifier(
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
) -> Result<ClientConfig, Failure> {
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn also(pem: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Failure> {
    let certificates = certificates(pem);
    if certificates.is_empty() {
        // Not quoted: a key that was put there by mistake would end up in a log.
        return Err(Failure::new(
            "certificateAuthData contains no certificate",
            "put the CA certificate there in PEM form, or remove the key",
        ));
    }
    let by_issuer = Verifier::new_with_extra_roots(certificates.clone(), Arc::clone(provider))
        .map_err(|err| cannot_set_up(&err))?;
    Ok(Arc::new(Also {
        by_issuer,
        certificates,
    }))
}

/// The platform's verifier with extra certificates, one of which may be the server's own.
///
/// `openssl req -x509` makes certificates that are both a CA's and a server's. Go accepts such a
/// server if its certificate is trusted itself; rustls refuses it.
#[derive(Debug)]
struct Also {
    by_issuer: Verifier,
    certificates: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Also {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.by_issuer.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // webpki checks this after the dates and before the name.
            Err(err) if is_ca_as_server(&err) && self.certificates.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_issuer.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_issuer.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_issuer.supported_verify_schemes()
    }
}

/// webpki's error is only reachable as words without a dependency on webpki.
fn is_ca_as_server(err: &rustls::Error) -> bool {
    matches!(err, rustls::Error::InvalidCertificate(CertificateError::Other(other))
        if other.to_string() == "CaUsedAsEndEntity")
}

fn only(pem: &str, provider: Arc<CryptoProvider>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem));
    if roots.is_empty() {
        return Err(Failure::new(
            "it contains no certificate",
            "it must contain the cluster's CA certificate",
        ));
    }
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The certificates in a PEM text that can be trust anchors. One that cannot be read is skipped, as
/// the IONOS tools and the system's store do.
fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

fn cannot_set_up(err: &rustls::Error) -> Failure {
    Failure::new(
        format!("cannot set up TLS: {err}"),
        "check certificateAuthData and the system's certificates",
    )
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a sender for tests")]
mod tests {
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
        let err = ask(&url, &Proof::BySystem).unwrap_err();
        assert!(matches!(err, TransportError::Untrusted { .. }), "{err:?}");
    }

    #[test]
    fn extra_certificate_vouches_for_its_own_names_only() {
        let (url, _, pem) = serve("127.0.0.1");
        let damaged =
            "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n".to_owned() + &pem;
        assert_eq!(ask(&url, &Proof::ByAlso(damaged)), Ok(204));
        let (url, _, pem) = serve("elsewhere.example");
        let err = ask(&url, &Proof::ByAlso(pem)).unwrap_err();
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
                    "its certificate has the fingerprint {shown}, IONOS_PINNED_CERT asks for AB:AB:AB:AB:AB:AB:AB:AB:…"
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
            let proof = Proof::ByAlso(pem.to_owned());
            let failure = agent(ureq::Agent::config_builder(), &proof).unwrap_err();
            assert_eq!(failure.what, "certificateAuthData contains no certificate");
        }
    }
}
