//! `IONOS_PINNED_CERT`: one certificate, in place of all other verification.

use std::fmt;
use std::io;
use std::sync::Arc;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, SignatureScheme};

use crate::error::Failure;

pub(super) const PINNED_CERT: &str = "IONOS_PINNED_CERT";

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    /// Parses 64 hexadecimal digits in either case, with or without colons, as
    /// `openssl x509 -fingerprint -sha256` prints them.
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

    pub(super) fn of(certificate: &CertificateDer<'_>) -> Self {
        let mut bytes = [0; SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Self(bytes)
    }
}

/// The first eight bytes, as openssl prints them: enough to tell two certificates apart.
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

/// Accepts the pinned certificate, or any certificate if none is pinned, and only from a server that
/// has its key.
#[derive(Debug)]
pub(super) struct AnyIssuer {
    pinned: Option<Fingerprint>,
    provider: Arc<CryptoProvider>,
}

impl AnyIssuer {
    pub(super) fn new(pinned: Option<Fingerprint>, provider: &Arc<CryptoProvider>) -> Self {
        let provider = Arc::clone(provider);
        Self { pinned, provider }
    }
}

impl ServerCertVerifier for AnyIssuer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(end_entity);
        match self.pinned {
            Some(pinned) if pinned != shown => {
                let other = OtherCertificate { shown, pinned };
                Err(CertificateError::Other(OtherError(Arc::new(other))).into())
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    // Certificates are public. The signatures prove that the server has the key.

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

/// The server showed another certificate than the pinned one.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherCertificate {
    shown: Fingerprint,
    pinned: Fingerprint,
}

impl OtherCertificate {
    /// This error inside the error of a handshake.
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
    use rcgen::generate_simple_self_signed;
    use rustls::ClientConfig;
    use rustls::pki_types::PrivateKeyDer;

    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

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
            let pinned = AnyIssuer::new(Some(Fingerprint::of(&shown)), &provider);
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
}
