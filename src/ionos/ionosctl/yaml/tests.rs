use std::fmt::Write as _;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;

const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJraWQiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJhbGciOiJSUzI1NiJ9.eyJmYWtlIjp0cnVlfQ.ZmFrZS1zaWduYXR1cmU";
const PASSWORD: &str = "fake-password-123";

/// The first profile and environment as `ionosctl login` writes them, the second made by hand.
const SAMPLE: &str = "\
version: 1.0
currentProfile: user
profiles:
    - name: user
      environment: prod
      credentials:
        token: eyJ0eXAiOiJKV1QiLCJraWQiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAiLCJhbGciOiJSUzI1NiJ9.eyJmYWtlIjp0cnVlfQ.ZmFrZS1zaWduYXR1cmU
        s3AccessKey: \"\"
        s3SecretKey: \"\"
    - name: ci
      environment: staging
      credentials:
        username: ci-bot@example.com
        password: fake-password-123
        token: \"\"
        s3AccessKey: \"\"
        s3SecretKey: \"\"
environments:
    - name: prod
      products:
        - name: auth
          endpoints:
            - name: https://api.ionos.com/auth/v1
              skipTlsVerify: false
        - name: containerregistry
          endpoints:
            - name: https://api.ionos.com/containerregistries
              skipTlsVerify: false
    - name: staging
      products:
        - name: containerregistry
          endpoints:
            - name: https://staging-api.example.com/containerregistries
              skipTlsVerify: false
              certificateAuthData: |
                -----BEGIN CERTIFICATE-----
                MIIBfakefakefakefake
                -----END CERTIFICATE-----
";

fn ask(text: &str, profile: &str) -> Result<Found, Failure> {
    find(text, Asked::new(profile, "ionosProfile"))
}

/// `token`, or `username:password`.
fn who(found: &Found) -> String {
    match &found.credentials {
        Credentials::Token(token) => token.expose_secret().to_owned(),
        Credentials::Password { username, password } => {
            format!("{username}:{}", password.expose_secret())
        }
    }
}

fn why_not(text: &str) -> String {
    find(text, None)
        .err()
        .unwrap_or_else(|| panic!("parsed: {text}"))
        .to_string()
}

#[test]
fn the_current_profile_is_read_as_ionosctl_reads_it() {
    let found = find(SAMPLE, None).unwrap();
    assert_eq!(who(&found), TOKEN);
    assert_eq!(found.profile.as_deref(), Some("user"));
    assert_eq!(
        found.endpoint.as_deref(),
        Some("https://api.ionos.com/containerregistries")
    );
    assert_eq!(found.certificate_authority, None);
    assert!(!found.skip_tls_verify);
    assert!(!format!("{found:?}").contains(TOKEN));
}

#[test]
fn another_profile_brings_its_environment() {
    for spelling in ["ci", " CI\n"] {
        let found = ask(SAMPLE, spelling).unwrap();
        assert_eq!(who(&found), format!("ci-bot@example.com:{PASSWORD}"));
        assert_eq!(found.profile.as_deref(), Some("ci"));
        assert_eq!(
            found.endpoint.as_deref(),
            Some("https://staging-api.example.com/containerregistries")
        );
        let pem = found.certificate_authority.unwrap();
        assert!(
            pem.starts_with("-----BEGIN CERTIFICATE-----\nMIIB"),
            "{pem}"
        );
        assert!(pem.ends_with("-----END CERTIFICATE-----\n"), "{pem}");
    }
}

#[test]
fn values_are_texts_however_they_look() {
    for (written, read) in [
        ("0123", "0123"),
        ("1.0", "1.0"),
        ("1e5", "1e5"),
        ("true", "true"),
        ("2024-01-01", "2024-01-01"),
        ("'null'", "null"),
        ("\"a#b: c\"", "a#b: c"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
    ] {
        let text = format!(
            "currentProfile: {written}\nprofiles: [{{name: {written}, credentials: {{token: {written}}}}}]"
        );
        let found = find(&text, None).unwrap_or_else(|why| panic!("{written}: {why}"));
        assert_eq!(who(&found), read);
    }
}

#[test]
fn what_is_empty_or_null_is_not_there() {
    for empty in ["", " null", " ~", " \"\"", " ' '"] {
        let text = format!(
            "currentProfile: a\nenvironments:{}\nprofiles:\n- name: a\n  environment:{empty}\n  credentials:\n    token:{empty}\n    username: u\n    password: p\n    s3AccessKey:{empty}\n",
            if empty.contains(['"', '\'']) {
                ""
            } else {
                empty
            },
        );
        let found = find(&text, None).unwrap_or_else(|why| panic!("{empty}: {why}"));
        assert_eq!(who(&found), "u:p");
        assert_eq!(found.endpoint, None);
    }
}

#[test]
fn the_environment_decides_about_the_endpoint() {
    let endpoint = |environment: &str, environments: &str| {
        let text = format!(
            "currentProfile: a\nprofiles: [{{name: a, environment: {environment}, credentials: {{token: t}}}}]\nenvironments: {environments}"
        );
        find(&text, None).unwrap().endpoint.unwrap_or_default()
    };
    let two = "[{name: x}, {name: y, products: [{name: dns, endpoints: [{name: d}]}, {name: ' ContainerRegistry ', endpoints: [{location: de, name: p}, {name: q}, {name: r}]}]}, {name: z, products: [{name: containerregistry, endpoints: [{location: de, name: s}]}]}]";
    assert_eq!(endpoint("y", two), "q");
    assert_eq!(endpoint("", two), "q", "the first that has the product");
    assert_eq!(endpoint("z", two), "s", "better than the public API");
    assert_eq!(endpoint("x", two), "");
    assert_eq!(endpoint("Y", two), "", "an exact match");
}

#[test]
fn tls_settings_come_with_the_endpoint() {
    let text = "currentProfile: a\nprofiles: [{name: a, credentials: {token: t}}]\nenvironments: [{name: e, certificateAuthData: unused, products: [{name: containerregistry, endpoints: [{skipTlsVerify: true, failover: {strategy: none}}]}]}]";
    let found = find(text, None).unwrap();
    assert!(found.skip_tls_verify);
    assert_eq!((found.endpoint, found.certificate_authority), (None, None));
}

#[test]
fn anchors_comments_and_line_ends_are_fine() {
    let text = "# c\r\n---\r\ncurrentProfile: b # c\r\nprofiles:\r\n- &a\r\n  name: a\r\n  credentials: {token: t}\r\n- <<: *a\r\n  name: b\r\n...\r\n";
    assert_eq!(who(&find(text, None).unwrap()), "t");
}

#[test]
fn a_profile_is_never_guessed() {
    let none = SAMPLE.replace("currentProfile: user\n", "");
    assert_eq!(
        why_not(&none),
        "no profile is current; set currentProfile there, or IONOS_CURRENT_PROFILE; profiles are 'user', 'ci'"
    );
    assert_eq!(
        ask(SAMPLE, "prod").unwrap_err().to_string(),
        "there is no profile 'prod', which ionosProfile names; profiles are 'user', 'ci'"
    );
    assert_eq!(
        why_not("currentProfile: a"),
        "there is no profile 'a', which currentProfile names; there are no profiles; run \"ionosctl login\""
    );
    for credentials in [
        "",
        "{}",
        "{token: ''}",
        "{username: u}",
        "{password: s3cret}",
    ] {
        assert_eq!(
            why_not(&format!(
                "currentProfile: a\nprofiles: [{{name: a, credentials: {credentials}}}]"
            )),
            "profile 'a' holds neither a token nor a username with a password; run \"ionosctl login\", or name another profile"
        );
    }
}

#[test]
fn many_and_long_names_are_not_all_listed() {
    let mut text = format!("profiles:\n- name: {TOKEN}\n");
    for n in 0..20 {
        let _ = writeln!(text, "- name: p{n}");
    }
    let said = why_not(&text);
    assert!(said.contains("(a long name), 'p0', 'p1', "), "{said}");
    assert!(said.ends_with("'p8', …"), "{said}");
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_without_a_value() {
    let kind = "a value of another kind than ionosctl writes there";
    for (text, what) in [
        ("# nothing\n", "it is empty; "),
        ("---\n", "it is empty; "),
        ("~", "it is empty; "),
        ("s3cret", kind),
        ("[s3cret]", kind),
        ("profiles: s3cret", kind),
        ("profiles: {a: s3cret}", kind),
        ("profiles:\n- s3cret", kind),
        ("profiles:\n- credentials: s3cret", kind),
        ("profiles:\n- credentials: [s3cret]", kind),
        ("profiles:\n- credentials:\n    token: [s3cret]", kind),
        (
            "profiles:\n- credentials:\n    token: {s3cret: s3cret}",
            kind,
        ),
        ("profiles:\n- name: [s3cret]", kind),
        (
            "environments: [{products: [{endpoints: [{skipTlsVerify: s3cret}]}]}]",
            kind,
        ),
        (
            "profiles:\n- credentials:\n    token: !!binary s3cret!",
            kind,
        ),
        (
            "profiles:\n- credentials:\n    token: s3cret\n    token: s3cret",
            "a key is there twice",
        ),
        ("s3cret: 1\ns3cret: 2", "a key is there twice"),
        (
            "currentProfile: s3cret\n---\na: s3cret",
            "a second document begins",
        ),
        (
            "profiles:\n- credentials:\n\ttoken: s3cret",
            "indented with a tab",
        ),
        (
            "a:\n  b:\n  \t- s3cret: [",
            "line 3, column 1: indented with a tab",
        ),
        // Only where the tab can be the reason.
        (
            "a: |\n  x\n  \ty\nb: [s3cret]\nb: 1",
            "a key is there twice",
        ),
        ("a: [s3cret\nb: |\n \ty", "not valid YAML"),
        ("profiles: *s3cret", "an alias without an anchor"),
        ("token: \"s3cret", "not valid YAML"),
        ("token: 's3cret", "not valid YAML"),
        ("a: [s3cret", "not valid YAML"),
        ("a: {s3cret: ", "not valid YAML"),
        ("a: s3cret: b", "not valid YAML"),
        ("a: \"\\s3cret\"", "not valid YAML"),
        ("a: @s3cret", "not valid YAML"),
        ("a: b\n s3cret\nc", "not valid YAML"),
        ("%s3cret\n---\n", "it is empty; "),
        ("a: |s3cret\n  b", "not valid YAML"),
        ("a: \u{1}s3cret", "not valid YAML"),
    ] {
        let said = why_not(text);
        assert!(said.contains(what), "{text:?}: {said}");
        assert!(
            what.starts_with("it is") || said.starts_with("line "),
            "{text:?}: {said}"
        );
        assert!(!said.contains("s3cret"), "{text:?}: {said}");
        assert!(!said.contains(['\n', '\r', '\t']), "{text:?}: {said}");
    }
}

#[test]
fn a_file_full_of_aliases_is_refused_at_once() {
    let too_much = "than a configuration can be";
    // Every level is ten of the one before.
    let mut laughs = String::from("a0: &a0 [s3cret]\n");
    for n in 1..10 {
        let before = vec![format!("*a{}", n - 1); 10].join(", ");
        let _ = writeln!(laughs, "a{n}: &a{n} [{before}]");
    }
    // One large text, over and over.
    let mut texts = format!("version: &v {}\nprofiles:\n", "x".repeat(500_000));
    for _ in 0..10_000 {
        texts.push_str("- name: *v\n");
    }
    let deep = format!("a: {}", "[".repeat(100_000));
    let block = format!("a:\n{}", "- ".repeat(100_000));
    let me = "profiles: &a [*a]";
    for text in [laughs.as_str(), &texts, &deep, &block, me] {
        let said = why_not(text);
        assert!(
            said.contains(too_much) || said.contains("not valid"),
            "{said}"
        );
        assert!(!said.contains("s3cret"), "{said}");
    }
}

proptest! {
    #[test]
    fn no_content_panics_or_speaks(content in "\\PC{0,200}|[-:\\[\\]{}&*!|>'\"%@#?, \na-z\\t]{0,200}") {
        crate::testing::ionosctl_files(content.as_bytes());
    }

    /// Cut, overwritten and with lines moved: what is left of the secrets stays unsaid.
    #[test]
    fn a_damaged_file_does_not_give_its_secrets_away(
        edits in prop::collection::vec((0..SAMPLE.len(), 0..80_usize, "[-:\\[\\]{}&*!|>'\"%@#?, \na-z\\t]{0,4}"), 1..6),
        asked in prop::option::of("ci|user|x"),
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, length, with) in edits {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &with);
        }
        let asked = asked.as_deref().and_then(|name| Asked::new(name, "ionosProfile"));
        if let Err(failure) = find(&text, asked) {
            let said = failure.to_string();
            prop_assert!(!said.contains("eyJ") && !said.contains("ZmFrZS"), "{said}");
            prop_assert!(!said.contains(['\n', '\r', '\t']), "{said}");
        }
    }
}
