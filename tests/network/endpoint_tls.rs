//! TLS settings of ionosctl's file apply only to the endpoint that they are set for.

use std::fmt::Write as _;

use super::{fake, fingerprint};
use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos};
use crate::support::helper::{Helper, Home};
use crate::support::proxy::Proxy;
use crate::support::tls::Ca;

/// The name of the built-in endpoint.
const BUILT_IN: &str = "api.ionos.com";
const ELSEWHERE: &str = "https://elsewhere.invalid";

/// A place in the file where a TLS setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Environment,
    Global,
    Location,
    OtherLocation,
}

/// The endpoint that a `get` for the demo registry uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Variable,
    Global,
    Location,
    BuiltIn,
}

impl Asked {
    /// The endpoints in the file that lead to this choice.
    fn endpoints(self) -> &'static [Place] {
        match self {
            Self::Variable | Self::Location => {
                &[Place::Global, Place::Location, Place::OtherLocation]
            }
            Self::Global => &[Place::OtherLocation, Place::Global],
            Self::BuiltIn => &[Place::OtherLocation],
        }
    }

    fn is_at(self, place: Place) -> bool {
        matches!(
            (self, place),
            (Self::Global, Place::Global) | (Self::Location, Place::Location)
        )
    }
}

fn file(fake: &FakeIonos, asked: Asked, place: Place, setting: &str) -> String {
    let mut file = format!(
        "currentProfile: ci
profiles: [{{name: ci, environment: prod, credentials: {{token: {ACCOUNT_TOKEN}}}}}]
environments:
- name: prod
"
    );
    if place == Place::Environment {
        file.push_str(setting);
    }
    file.push_str("  products:\n  - name: containerregistry\n    endpoints:\n");
    for endpoint in asked.endpoints() {
        let url = if asked.is_at(*endpoint) {
            fake.url()
        } else {
            ELSEWHERE.to_owned()
        };
        writeln!(file, "    - name: {url}").unwrap();
        match endpoint {
            Place::Location => file.push_str("      location: de/fra\n"),
            Place::OtherLocation => file.push_str("      location: es/vit\n"),
            _ => {}
        }
        if place == *endpoint {
            file.push_str(setting);
        }
    }
    file
}

/// The program with this endpoint.
fn helper(home: &Home, fake: &FakeIonos, asked: Asked, proxy: &Proxy) -> Helper {
    // A system that trusts another CA.
    let stranger = Ca::new().write_pem(home.path());
    let helper = home
        .helper()
        .env("SSL_CERT_FILE", stranger.to_str().unwrap());
    match asked {
        Asked::Variable => helper.env("IONOS_API_URL", &fake.url()),
        Asked::BuiltIn => helper.env("HTTPS_PROXY", &proxy.url()),
        _ => helper,
    }
}

#[test]
fn tls_setting_applies_to_its_own_endpoint_only() {
    let ca = Ca::new();
    let fake = FakeIonos::builder()
        .tls(&ca, &["localhost", BUILT_IN])
        .start();
    let proxy = Proxy::to(fake.address());
    let indent = "\n          ";
    let pem = format!("{indent}{}\n", ca.pem().trim_end().replace('\n', indent));
    let settings = [
        "      skipTlsVerify: true\n".to_owned(),
        format!("      certificateAuthData: |{pem}"),
    ];
    for asked in [
        Asked::Variable,
        Asked::Global,
        Asked::Location,
        Asked::BuiltIn,
    ] {
        let places = [&[Place::Environment], asked.endpoints()].concat();
        for (place, setting) in places
            .iter()
            .flat_map(|place| settings.iter().map(move |setting| (*place, setting)))
        {
            let case = format!("{asked:?} is asked, {setting:.20} stands at {place:?}");
            let setting = match place {
                Place::Environment => format!("  {}", setting.trim_start()),
                _ => setting.clone(),
            };
            for account in ["IONOS_TOKEN", "the file"] {
                let home = Home::new();
                home.file(".ionos/config", &file(&fake, asked, place, &setting));
                let mut helper = helper(&home, &fake, asked, &proxy);
                if account == "IONOS_TOKEN" {
                    helper = helper.env("IONOS_TOKEN", ACCOUNT_TOKEN);
                }
                fake.clear_requests();
                let done = helper.get(DEMO_HOST);
                if asked.is_at(place) {
                    let _ = done.credential();
                } else {
                    let line = done.failure();
                    assert!(line.contains("no trusted connection to "), "{case}: {line}");
                    assert!(fake.requests().is_empty(), "{case}, account from {account}");
                }
            }
        }
    }
}

#[test]
fn pin_applies_to_every_endpoint_and_overrides_the_file() {
    let ca = Ca::new();
    let fake = fake(&ca, "localhost");
    let proxy = Proxy::to(fake.address());
    let skip = "      skipTlsVerify: true\n";
    for (asked, place) in [
        (Asked::Variable, Place::Global),
        (Asked::Global, Place::Global),
        (Asked::Location, Place::Location),
        (Asked::BuiltIn, Place::OtherLocation),
    ] {
        for (pin, is_let_in) in [(fingerprint(&fake), true), ("ab".repeat(32), false)] {
            let home = Home::new();
            home.file(".ionos/config", &file(&fake, asked, place, skip));
            fake.clear_requests();
            let done = helper(&home, &fake, asked, &proxy)
                .env("IONOS_PINNED_CERT", &pin)
                .get(DEMO_HOST);
            if is_let_in {
                let _ = done.credential();
            } else {
                let line = done.failure();
                assert!(line.contains("IONOS_PINNED_CERT is "), "{line}");
                assert!(fake.requests().is_empty(), "{asked:?}");
            }
        }
    }
}

#[test]
fn skipped_verification_does_not_apply_to_a_proxy() {
    let proxys_ca = Ca::new();
    let fake = fake(&Ca::new(), BUILT_IN);
    let proxy = Proxy::over_tls(fake.address(), &proxys_ca.issue(&["localhost"]));
    let home = Home::new();
    let url = format!("https://{BUILT_IN}");
    let skip = "      skipTlsVerify: true\n";
    let content = file(&fake, Asked::Global, Place::Global, skip).replace(&fake.url(), &url);
    home.file(".ionos/config", &content);
    let untrusting = helper(&home, &fake, Asked::BuiltIn, &proxy);
    let line = untrusting.get(DEMO_HOST).failure().to_owned();
    assert!(line.contains("no trusted connection to "), "{line}");
    assert!(proxy.targets().is_empty());
    let trusting = Home::new();
    trusting.file(".ionos/config", &content);
    let helper = helper(&trusting, &fake, Asked::BuiltIn, &proxy);
    let pem = proxys_ca.write_pem(trusting.path());
    let _ = helper
        .env("SSL_CERT_FILE", pem.to_str().unwrap())
        .get(DEMO_HOST)
        .credential();
}

#[test]
fn endpoint_is_not_read_for_a_cached_credential() {
    let ca = Ca::new();
    let fake = fake(&ca, "localhost");
    let proxy = Proxy::to(fake.address());
    let home = Home::new();
    let skip = "      skipTlsVerify: true\n";
    let content = file(&fake, Asked::Global, Place::Global, skip);
    home.file(".ionos/config", &content);
    let helper = helper(&home, &fake, Asked::Global, &proxy).env("IONOS_TOKEN", ACCOUNT_TOKEN);
    let minted = helper.get(DEMO_HOST).credential();
    home.file(".ionos/config", "profiles: {");
    assert_eq!(helper.get(DEMO_HOST).credential(), minted);
    home.age_entry(13 * 3600);
    let path = home.at(".ionos/config").display().to_string();
    helper.get(DEMO_HOST).fails(&format!(
        "no credential for {DEMO_HOST}: cannot tell which API to ask: {path}: line 1, column 11: a value of another type than ionosctl writes there (account from IONOS_TOKEN); fix the file, or set IONOS_API_URL"
    ));
    // A remembered failure does not apply to another file.
    home.file(".ionos/config", &content);
    assert_ne!(helper.get(DEMO_HOST).credential(), minted);
}
