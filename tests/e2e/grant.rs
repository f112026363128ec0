//! What a registry token grants, and the signed token that the registry accepts.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

use crate::support::{fake_ionos::DEMO_HOST, tls::Issued};

/// Issuer of the signed tokens, configured at the registry.
pub(crate) const ISSUER: &str = "the token service of the tests";

/// Lifetime of a signed token. Longer than a scenario; the registry accepts no shorter one.
pub(crate) const LIFE_SECS: u64 = 300;

/// The actions that `*` stands for at the registry.
const ACTIONS: [&str; 3] = ["pull", "push", "delete"];

/// The part of a request such as `repository:team/app:pull,push` that the scopes of a token allow.
/// `None` if the request is not about a repository.
pub(crate) fn granted(asked: &str, scopes: &Value) -> Option<Value> {
    let rest = asked.strip_prefix("repository:")?;
    let (repository, actions) = rest.rsplit_once(':')?;
    let allows = |action: &str| {
        scopes.as_array().into_iter().flatten().any(|scope| {
            scope["type"] == "repository"
                && scope["name"]
                    .as_str()
                    .is_some_and(|pattern| fits(pattern, repository))
                && scope["actions"]
                    .as_array()
                    .is_some_and(|actions| actions.iter().any(|it| it == action || it == "*"))
        })
    };
    let asks = |action: &str| actions.split(',').any(|it| it == action || it == "*");
    let both: Vec<&str> = ACTIONS
        .into_iter()
        .filter(|action| asks(action) && allows(action))
        .collect();
    Some(json!({"type": "repository", "name": repository, "actions": both}))
}

/// Whether a pattern matches a repository: `*` matches any text, slashes included.
fn fits(pattern: &str, repository: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == repository;
    };
    let Some(left) = repository.strip_prefix(start) else {
        return false;
    };
    let mut ends = (0..=left.len()).filter(|&at| left.is_char_boundary(at));
    ends.any(|at| fits(rest, &left[at..]))
}

/// Signs with a certificate of an authority that the registry trusts.
pub(crate) struct Signer {
    key: EcdsaKeyPair,
    certificate: String,
}

impl Signer {
    pub(crate) fn new(identity: &Issued) -> Self {
        let key = PrivatePkcs8KeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
        let certificate = CertificateDer::from_pem_slice(identity.cert_pem.as_bytes()).unwrap();
        Self {
            key: EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                key.secret_pkcs8_der(),
                &SystemRandom::new(),
            )
            .expect("rcgen's keys are of this kind"),
            certificate: STANDARD.encode(certificate),
        }
    }

    /// A JSON Web Token that grants this access to a user.
    pub(crate) fn sign(&self, user: &str, access: &[Value]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = now.as_secs();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate]});
        let claims = json!({
            "iss": ISSUER,
            "sub": user,
            "aud": DEMO_HOST,
            "iat": now,
            // The registry rounds times differently.
            "nbf": now - 5,
            "exp": now + LIFE_SECS,
            "jti": format!("{:016x}", fastrand::u64(..)),
            "access": access,
        });
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.expect("a good key"));
        format!("{text}.{signature}")
    }
}
