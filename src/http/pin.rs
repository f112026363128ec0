//! `IONOS_PINNED_CERT`: one certificate, in place of all other verification.

use std::fmt;

use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, OtherError};

use crate::error::Failure;

pub(super) const PINNED_CERT: &str = "IONOS_PINNED_CERT";

/// SHA-256 of a certificate in DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    /// Parses 64 hexadecimal digits in either case, with or without colons, as
    /// `openssl x509 -fingerprint -sha256` prints them.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let is_kept = |c: &char| *c != ':' && !c.is_whitespace();
        let digits: Vec<char> = text.chars().filter(is_kept).collect();
        let byte =
            |pair: &[char]| u8::try_from(pair[0].to_digit(16)? << 4 | pair[1].to_digit(16)?).ok();
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| byte(pair)).collect();
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) if rest.is_empty() => Ok(Self(bytes)),
            _ => Err(Failure::new(
                format!("{PINNED_CERT} is not the SHA-256 fingerprint of a certificate"),
                format!("set {PINNED_CERT} to its 64 hexadecimal digits or unset it"),
            )),
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

/// The server showed another certificate than the pinned one.
#[derive(Debug)]
pub(super) struct OtherCertificate {
    pub(super) shown: Fingerprint,
    pub(super) pinned: Fingerprint,
}

impl OtherCertificate {
    /// This error inside the error of a handshake.
    pub(super) fn behind(err: &rustls::Error) -> Option<&Self> {
        match err {
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
            "its certificate has the fingerprint {}, {PINNED_CERT} is {}",
            self.shown, self.pinned
        )
    }
}

impl std::error::Error for OtherCertificate {}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn fingerprint_is_read_in_every_usual_form() {
        let plain = Fingerprint::parse(HEX).unwrap();
        let colons = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
        let spaces = format!(" {} \n", HEX.to_lowercase().replace("88", "88 "));
        assert_eq!(Fingerprint::parse(colons), Ok(plain));
        assert_eq!(Fingerprint::parse(&spaces), Ok(plain));
    }

    #[test]
    fn invalid_fingerprint_is_refused_without_quoting_it() {
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
