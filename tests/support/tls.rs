//! A temporary certificate authority for the fake servers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority that is trusted only where a test says so, for example with `SSL_CERT_FILE`.
pub struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server certificate with its key.
#[derive(Clone)]
pub struct Issued {
    pub cert_pem: String,
    pub key_pem: String,
    names: Vec<String>,
    cert_der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Ca {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // A unique name: verifiers find issuers by name, and a test may trust two authorities.
        let name = format!("Test CA {:08x}", fastrand::u32(..));
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a certificate for DNS names or IP addresses.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 2125)
    }

    pub fn issue_expired(&self, names: &[&str]) -> Issued {
        self.issue_until(names, 2021)
    }

    /// A certificate for a purpose other than servers.
    pub fn issue_for_clients(&self, names: &[&str]) -> Issued {
        let mut params = params(names, 2125);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        Issued::new(names, &cert, &key)
    }

    /// A self-signed certificate of a CA, as `openssl req -x509` makes it.
    pub fn own_certificate(names: &[&str], until_year: i32) -> Issued {
        let mut params = params(names, until_year);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages = Vec::new();
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        Issued::new(names, &cert, &key)
    }

    fn issue_until(&self, names: &[&str], year: i32) -> Issued {
        let key = KeyPair::generate().unwrap();
        let cert = params(names, year).signed_by(&key, &self.issuer).unwrap();
        Issued::new(names, &cert, &key)
    }

    /// Writes `ca.pem` into `dir` and returns its path.
    pub fn write_pem(&self, dir: &Path) -> PathBuf {
        write(dir, "ca.pem", &self.pem())
    }
}

/// A server's certificate from 2020 to the given year.
fn params(names: &[&str], until_year: i32) -> CertificateParams {
    let owned: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(owned).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until_year, 1, 1);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, *name);
    }
    params
}

impl Default for Ca {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    fn new(names: &[&str], cert: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
            names: names.iter().map(ToString::to_string).collect(),
            cert_der: cert.der().clone(),
            key_der: key.serialize_der(),
        }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The value for `IONOS_PINNED_CERT`: SHA-256 of the certificate in lower-case hex.
    pub fn fingerprint(&self) -> String {
        use std::fmt::Write as _;
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.cert_der);
        digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    /// Writes `cert.pem` and `key.pem` into `dir` and returns their paths.
    pub fn write_pem(&self, dir: &Path) -> (PathBuf, PathBuf) {
        (
            write(dir, "cert.pem", &self.cert_pem),
            write(dir, "key.pem", &self.key_pem),
        )
    }

    pub fn server_config(&self) -> Arc<rustls::ServerConfig> {
        // Explicit, because the process-wide default would depend on the order of the tests.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key_der.clone()));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.cert_der.clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a public certificate in a test's own directory"
)]
fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
