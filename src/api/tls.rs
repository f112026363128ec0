//! How the API proves that it is the API.
//!
//! By a certificate the system trusts, unless the account says otherwise: one certificate by its
//! fingerprint (`IONOS_PINNED_CERT`), a certificate authority beside the system's
//! (`certificateAuthData`), or no proof at all (`skipTlsVerify`). ureq has a setting for the last
//! only; for the first two `connector` makes the handshake.

use std::fmt;
use std::io;
use std::sync::Arc;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use super::connector;
use crate::env;
use crate::error::Failure;

const PINNED_CERT: &str = "IONOS_PINNED_CERT";

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
            Some(Arc::new(Pinned {
                fingerprint,
                provider: Arc::clone(provider),
            }))
        } else if self.skip_verify {
            None
        } else if let Some(pem) = &self.certificate_authority {
            let verifier = Verifier::new_with_extra_roots(authorities(pem)?, Arc::clone(provider))
                .map_err(|err| cannot_set_up(&err))?;
            Some(Arc::new(verifier))
        } else {
            None
        })
    }
}

/// An agent that talks to the API only if it shows what `trust` asks for.
pub(super) fn agent(
    config: ureq::config::ConfigBuilder<AgentScope>,
    trust: &Trust,
) -> Result<ureq::Agent, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = trust.verifier(&provider)?;
    let tls = TlsConfig::builder()
        // What the system trusts, a company's CA and SSL_CERT_FILE included.
        .root_certs(RootCerts::PlatformVerifier)
        .disable_verification(trust.skip_verify && verifier.is_none())
        .build();
    let config = config.tls_config(tls).build();
    let Some(verifier) = verifier else {
        return Ok(config.into());
    };
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|err| cannot_set_up(&err))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(connector::agent(config, tls))
}

/// The certificates in a PEM text that can vouch for others. One among many that is no good is
/// passed over, as the IONOS tools and the system's own store do.
fn authorities(pem: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .collect();
    if found.is_empty() {
        // Not quoted: a key that was put there by mistake would end up in a log.
        return Err(Failure::new(
            "certificateAuthData holds no certificate",
            "put the certificate authority's certificate there as PEM text, or remove the key",
        ));
    }
    Ok(found)
}

fn cannot_set_up(err: &rustls::Error) -> Failure {
    Failure::new(
        format!("cannot set TLS up: {err}"),
        "check certificateAuthData and the system's certificates",
    )
}

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    /// Reads 64 hexadecimal digits of either case, as `openssl x509 -fingerprint -sha256` prints
    /// them or without the colons.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut digits = text
            .chars()
            .filter(|c| *c != ':' && !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        for byte in &mut bytes {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(not_a_fingerprint());
            };
            *byte = high << 4 | low;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(not_a_fingerprint()),
        }
    }

    fn of(certificate: &CertificateDer<'_>) -> Self {
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Self(bytes)
    }
}

/// The beginning, as openssl writes it: enough to tell two certificates apart.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}:"))?;
        f.write_str("…")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn not_a_fingerprint() -> Failure {
    Failure::new(
        format!("{PINNED_CERT} is not the SHA-256 fingerprint of a certificate"),
        format!("set {PINNED_CERT} to its 64 hexadecimal digits or unset it"),
    )
}

/// Lets one certificate pass, and only with its key.
#[derive(Debug)]
struct Pinned {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(end_entity);
        if shown == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        let other = OtherCertificate {
            shown,
            pinned: self.fingerprint,
        };
        Err(CertificateError::Other(OtherError(Arc::new(other))).into())
    }

    // A certificate is public. What follows proves that the other side holds its key.

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
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Another certificate than the pinned one was shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherCertificate {
    shown: Fingerprint,
    pinned: Fingerprint,
}

impl OtherCertificate {
    /// Whether this is why a handshake failed.
    pub(super) fn behind(err: &io::Error) -> Option<&Self> {
        match err.get_ref()?.downcast_ref()? {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
                other.downcast_ref()
            }
            _ => None,
        }
    }
}

impl fmt::Display for OtherCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "its certificate has the fingerprint {}, {PINNED_CERT} asks for {}",
            self.shown, self.pinned
        )
    }
}

impl std::error::Error for OtherCertificate {}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::pki_types::PrivateKeyDer;

    use super::*;
    use crate::api::ApiError;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

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
    fn ask(url: &str, trust: &Trust) -> Result<u16, ApiError> {
        let config = ureq::Agent::config_builder().proxy(None);
        match agent(config, trust).unwrap().get(url).call() {
            Ok(response) => Ok(response.status().as_u16()),
            Err(err) => Err(ApiError::from_transport(&err)),
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
        assert!(matches!(err, ApiError::Untrusted { .. }), "{err:?}");
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
        assert!(matches!(err, ApiError::Untrusted { .. }), "{err:?}");
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
            ..pinned(Fingerprint::parse(HEX).unwrap())
        };
        let shown = Fingerprint::of(&der);
        assert_eq!(
            ask(&url, &trust).unwrap_err(),
            ApiError::Untrusted {
                why: format!(
                    "its certificate has the fingerprint {shown}, IONOS_PINNED_CERT asks for 00:11:22:33:44:55:66:77:…"
                ),
                pinned: true,
            }
        );
    }

    /// A stolen certificate without its key.
    #[test]
    fn the_key_of_a_pinned_certificate_is_asked_for() {
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
            let trust = pinned(Fingerprint::of(&shown));
            let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&[version])
                .unwrap()
                .dangerous()
                .with_custom_certificate_verifier(trust.verifier(&provider).unwrap().unwrap())
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

    #[test]
    fn a_fingerprint_is_read_in_every_usual_form() {
        let plain = Fingerprint::parse(HEX).unwrap();
        let colons = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
        let spaces = format!(" {} \n", HEX.to_lowercase().replace("88", "88 "));
        assert_eq!(Fingerprint::parse(colons), Ok(plain));
        assert_eq!(Fingerprint::parse(&spaces), Ok(plain));
    }

    #[test]
    fn what_is_no_fingerprint_is_named_and_not_quoted() {
        let long = format!("{HEX}0");
        let sha1 = "00112233445566778899aabbccddeeff00112233";
        let umlaut = HEX.replacen('a', "ä", 1);
        for text in ["", ":", "SHA256", sha1, &HEX[1..], &long, &umlaut] {
            let failure = Fingerprint::parse(text).unwrap_err().to_string();
            assert!(failure.starts_with(PINNED_CERT), "{failure}");
            assert!(text.len() < 2 || !failure.contains(text), "{failure}");
        }
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
