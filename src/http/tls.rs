//! How a server proves its identity.
//!
//! ureq verifies by the system's certificates. For the other proofs the program makes the handshake
//! itself, in `connector`: ureq's own setting for no verification would count for a proxy, too.

use std::sync::Arc;
use std::{fmt, fs};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use super::connector;
use super::pin::{Fingerprint, OtherCertificate};
use crate::env;
use crate::error::{Failure, shown, system};

/// ureq's settings before those for TLS.
pub(super) type Builder = ureq::config::ConfigBuilder<AgentScope>;

/// The proof of identity that a server must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// A certificate that the system trusts.
    System,
    /// A certificate that the system trusts, or one of a CA in this PEM text
    /// (`certificateAuthData`).
    SystemOr(String),
    /// A certificate of a CA in this PEM text.
    Only(String),
    /// This certificate, whatever its name, age and issuer (`IONOS_PINNED_CERT`).
    Pinned(Fingerprint),
    /// None (`skipTlsVerify`).
    None,
}

/// An agent that sends nothing to a server that does not give `proof`.
pub(super) fn agent(config: Builder, proof: &Proof) -> Result<ureq::Agent, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // With a handshake of our own, these settings are left for a proxy that is reached over TLS.
    let replacements = certificates_of_ssl_cert_file()?;
    let root_certs = match &replacements {
        None => RootCerts::PlatformVerifier,
        Some(certificates) => {
            let roots = certificates
                .iter()
                .map(|it| Certificate::from_der(it).to_owned());
            RootCerts::Specific(Arc::new(roots.collect()))
        }
    };
    let tls = TlsConfig::builder()
        // ureq's own choice of ring would link Mozilla's certificates, which are not used.
        .unversioned_rustls_crypto_provider(Arc::clone(&provider))
        .root_certs(root_certs)
        .build();
    let config = config.tls_config(tls).build();
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?;
    let accepted = match proof {
        Proof::System => return Ok(connector::agent(config, None)),
        Proof::Only(pem) => {
            let tls = builder
                .with_root_certificates(only(pem)?)
                .with_no_client_auth();
            return Ok(connector::agent(config, Some(tls)));
        }
        Proof::SystemOr(pem) => system_or(pem, replacements, &provider)?,
        Proof::Pinned(pinned) => Accepted::Pinned(*pinned),
        Proof::None => Accepted::Any,
    };
    let verifier = Arc::new(OwnVerifier { accepted, provider });
    let tls = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(connector::agent(config, Some(tls)))
}

/// The certificates in `SSL_CERT_FILE`, which replace those of the system. `None` on Linux, where
/// the platform verifier reads them itself.
fn certificates_of_ssl_cert_file() -> Result<Option<Vec<CertificateDer<'static>>>, Failure> {
    const VARIABLE: &str = "SSL_CERT_FILE";
    let Some(path) = env::path(VARIABLE).filter(|_| !cfg!(target_os = "linux")) else {
        return Ok(None);
    };
    let pem = fs::read_to_string(&path).map_err(|err| {
        Failure::new(
            format!("{VARIABLE}: cannot read {}: {}", shown(&path), system(&err)),
            "set it to a PEM file with CA certificates, or unset it",
        )
    })?;
    Ok(Some(certificates(&pem)))
}

fn system_or(
    pem: &str,
    replacements: Option<Vec<CertificateDer<'static>>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Accepted, Failure> {
    let certificates = certificates(pem);
    if certificates.is_empty() {
        // Not quoted: a key that was put there by mistake would end up in a log.
        return Err(Failure::new(
            "certificateAuthData contains no certificate",
            "put the CA certificate there in PEM form, or remove the key",
        ));
    }
    let provider = Arc::clone(provider);
    let verifier: Arc<dyn ServerCertVerifier> = match replacements {
        None => Verifier::new_with_extra_roots(certificates.clone(), provider)
            .map(Arc::new)
            .map_err(|err| cannot_set_up(&err))?,
        Some(others) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(others.into_iter().chain(certificates.clone()));
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|err| cannot_set_up(&err))?
        }
    };
    Ok(Accepted::SystemOr(verifier, certificates))
}

/// Accepts certificates that ureq's own verifier refuses. In every case the server must have the
/// certificate's key.
#[derive(Debug)]
struct OwnVerifier {
    accepted: Accepted,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Accepted {
    Any,
    Pinned(Fingerprint),
    /// What the platform's verifier accepts, or one of these certificates as the server's own:
    /// `openssl req -x509` makes certificates that are both a CA's and a server's. Go accepts such a
    /// server if its certificate is trusted itself; rustls refuses it.
    SystemOr(Arc<dyn ServerCertVerifier>, Vec<CertificateDer<'static>>),
}

impl ServerCertVerifier for OwnVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.accepted {
            Accepted::Any => {}
            Accepted::Pinned(pinned) => {
                let (shown, pinned) = (Fingerprint::of(end_entity), *pinned);
                if shown != pinned {
                    let other = OtherError(Arc::new(OtherCertificate { shown, pinned }));
                    return Err(CertificateError::Other(other).into());
                }
            }
            Accepted::SystemOr(verifier, own) => {
                let outcome = verifier.verify_server_cert(
                    end_entity,
                    intermediates,
                    server_name,
                    ocsp_response,
                    now,
                );
                match outcome {
                    // webpki checks this after the dates and before the name.
                    Err(err) if is_ca_as_server(&err) && own.contains(end_entity) => {
                        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                    }
                    other => return other,
                }
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// Compares the text of webpki's error, because its type needs a dependency on webpki.
fn is_ca_as_server(err: &rustls::Error) -> bool {
    matches!(err, rustls::Error::InvalidCertificate(CertificateError::Other(other))
        if other.to_string() == "CaUsedAsEndEntity")
}

fn only(pem: &str) -> Result<RootCertStore, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(pem));
    if roots.is_empty() {
        let hint = "it must contain the cluster's CA certificate";
        return Err(Failure::new("it contains no certificate", hint));
    }
    Ok(roots)
}

/// The certificates in a PEM text that can be trust anchors. One that cannot be read is skipped, as
/// the IONOS tools and the system's store do.
fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

fn cannot_set_up(err: &dyn fmt::Display) -> Failure {
    Failure::new(
        format!("cannot set up TLS: {err}"),
        "check certificateAuthData and the system's certificates",
    )
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a sender for tests")]
mod tests;
