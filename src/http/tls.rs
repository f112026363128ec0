//! How the API proves that it is the API.
//!
//! By a certificate the system trusts, unless the account says otherwise: one certificate by its
//! fingerprint (`IONOS_PINNED_CERT`), a certificate authority beside the system's
//! (`certificateAuthData`), or no proof at all (`skipTlsVerify`). ureq has a setting for the last
//! only; for the first two `connector` makes the handshake.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use super::connector;
use super::pin::{Fingerprint, PINNED_CERT, Pinned};
use crate::env;
use crate::error::Failure;

/// ureq's settings before those for TLS.
pub(super) type Builder = ureq::config::ConfigBuilder<AgentScope>;

/// What the API has to show. The system's certificates unless something is set; the first of
/// these that is set counts alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// This one certificate, whatever its name, age or issuer.
    pub pinned: Option<Fingerprint>,
    /// Nothing: whoever answers is the API.
    pub skip_verify: bool,
    /// PEM text with certificate authorities that vouch beside the system's.
    pub certificate_authority: Option<String>,
}

impl Trust {
    /// What `IONOS_PINNED_CERT` says, else nothing special.
    pub fn from_env() -> Result<Self, Failure> {
        let pinned = env::var(PINNED_CERT);
        Ok(Self {
            pinned: pinned.as_deref().map(Fingerprint::parse).transpose()?,
            ..Self::default()
        })
    }

    /// `None` where ureq's own settings are enough.
    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ServerCertVerifier>>, Failure> {
        Ok(if let Some(fingerprint) = self.pinned {
            Some(Arc::new(Pinned::new(fingerprint, provider)))
        } else if self.skip_verify {
            None
        } else if let Some(pem) = &self.certificate_authority {
            let authorities = authorities(pem);
            if authorities.is_empty() {
                // Not quoted: a key that was put there by mistake would end up in a log.
                return Err(Failure::new(
                    "certificateAuthData holds no certificate",
                    "put the certificate authority's certificate there as PEM text, or remove the key",
                ));
            }
            let verifier = Verifier::new_with_extra_roots(authorities, Arc::clone(provider))
                .map_err(|err| cannot_set_up(&err))?;
            Some(Arc::new(verifier))
        } else {
            None
        })
    }
}

/// An agent that talks to the API only if it shows what `trust` asks for.
pub(super) fn agent(config: Builder, trust: &Trust) -> Result<ureq::Agent, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = trust.verifier(&provider)?;
    let tls = TlsConfig::builder()
        // ureq's own choice of ring would bring Mozilla's certificates, which nothing asks for.
        .unversioned_rustls_crypto_provider(Arc::clone(&provider))
        // What the system trusts, a company's CA and SSL_CERT_FILE included.
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(trust.skip_verify && verifier.is_none())
        .build();
    let config = config.tls_config(tls).build();
    let Some(verifier) = verifier else {
        return Ok(connector::plain_agent(config));
    };
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(connector::agent(config, tls))
}

/// An agent that talks to a cluster only if the cluster's own authority vouches for it.
pub(super) fn agent_for_cluster(config: Builder, pem: &str) -> Result<ureq::Agent, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities(pem));
    if roots.is_empty() {
        return Err(Failure::new(
            "there is no certificate in it",
            "it has to hold the cluster's certificate authority",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // ureq's own part of TLS is left with a proxy, if there is one.
    let for_proxy = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::clone(&provider))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(connector::agent(config.tls_config(for_proxy).build(), tls))
}

/// The certificates in a PEM text that can vouch for others. One among many that is no good is
/// passed over, as the IONOS tools and the system's own store do.
fn authorities(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect()
}

fn cannot_set_up(err: &rustls::Error) -> Failure {
    Failure::new(
        format!("cannot set TLS up: {err}"),
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

    /// Serves one connection with a certificate for `name` that nobody knows. Answers the address
    /// and the certificate, in DER and PEM.
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
            // A client that does not trust us goes away here.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
        });
        (url, cert.der().clone(), cert.pem())
    }

    /// 204, or why not.
    fn ask(url: &str, trust: &Trust) -> Result<u16, TransportError> {
        let config = ureq::Agent::config_builder().proxy(None);
        match agent(config, trust).unwrap().get(url).call() {
            Ok(response) => Ok(response.status().as_u16()),
            Err(err) => Err(TransportError::from_ureq(&err)),
        }
    }

    fn pinned(fingerprint: Fingerprint) -> Trust {
        Trust {
            pinned: Some(fingerprint),
            ..Trust::default()
        }
    }

    #[test]
    fn a_certificate_nobody_knows_is_not_trusted() {
        let (url, _, _) = serve("127.0.0.1");
        let err = ask(&url, &Trust::default()).unwrap_err();
        assert!(matches!(err, TransportError::Untrusted { .. }), "{err:?}");
    }

    #[test]
    fn a_certificate_authority_vouches_for_its_own_names_only() {
        let trust = |pem: String| Trust {
            certificate_authority: Some(pem),
            ..Trust::default()
        };
        let (url, _, pem) = serve("127.0.0.1");
        let damaged =
            "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n".to_owned() + &pem;
        assert_eq!(ask(&url, &trust(damaged)), Ok(204));
        let (url, _, pem) = serve("elsewhere.example");
        let err = ask(&url, &trust(pem)).unwrap_err();
        assert!(matches!(err, TransportError::Untrusted { .. }), "{err:?}");
    }

    #[test]
    fn without_verification_anybody_is_the_api() {
        let (url, _, _) = serve("elsewhere.example");
        let trust = Trust {
            skip_verify: true,
            ..Trust::default()
        };
        assert_eq!(ask(&url, &trust), Ok(204));
    }

    #[test]
    fn a_pinned_certificate_needs_neither_name_nor_issuer() {
        let (url, der, _) = serve("elsewhere.example");
        assert_eq!(ask(&url, &pinned(Fingerprint::of(&der))), Ok(204));
    }

    #[test]
    fn a_pinned_certificate_rules_out_every_other_proof() {
        let (url, der, pem) = serve("127.0.0.1");
        let trust = Trust {
            skip_verify: true,
            certificate_authority: Some(pem),
            ..pinned(Fingerprint::parse(&"ab".repeat(32)).unwrap())
        };
        let shown = Fingerprint::of(&der);
        assert_eq!(
            ask(&url, &trust).unwrap_err(),
            TransportError::Untrusted {
                why: format!(
                    "its certificate has the fingerprint {shown}, IONOS_PINNED_CERT asks for AB:AB:AB:AB:AB:AB:AB:AB:…"
                ),
                pinned: true,
            }
        );
    }

    #[test]
    fn a_text_without_a_certificate_is_named_and_not_quoted() {
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let open = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n";
        let hollow = format!("{open}-----END CERTIFICATE-----\n");
        for pem in ["", "c2VjcmV0", key, open, &hollow] {
            let trust = Trust {
                certificate_authority: Some(pem.to_owned()),
                ..Trust::default()
            };
            let failure = agent(ureq::Agent::config_builder(), &trust).unwrap_err();
            assert_eq!(failure.what, "certificateAuthData holds no certificate");
        }
    }
}
