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

fn contents(text: &str) -> Contents {
    read(text, None, None).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn account(text: &str, profile: &str) -> Result<Credentials, Failure> {
    read(text, ProfileName::new(profile, "ionosProfile"), None)?.credentials
}

/// `token`, or `username:password`.
fn who(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Token(token) => token.expose_secret().to_owned(),
        Credentials::Password { username, password } => {
            format!("{username}:{}", password.expose_secret())
        }
    }
}

fn why_not(text: &str) -> String {
    account(text, "")
        .err()
        .unwrap_or_else(|| panic!("parsed: {text}"))
        .to_string()
}

#[test]
fn current_profile_is_read_as_ionosctl_reads_it() {
    let contents = contents(SAMPLE);
    assert!(!format!("{contents:?}").contains(TOKEN));
    assert_eq!(who(&contents.credentials.unwrap()), TOKEN);
    let endpoint = contents.endpoint.unwrap();
    assert_eq!(endpoint.url, "https://api.ionos.com/containerregistries");
    assert_eq!((endpoint.certificates, endpoint.skip_verify), (None, false));
}

#[test]
fn other_profile_brings_its_environment() {
    for spelling in ["ci", " CI\n"] {
        let asked = ProfileName::new(spelling, "ionosProfile");
        let contents = read(SAMPLE, asked, None).unwrap();
        assert_eq!(
            who(&contents.credentials.unwrap()),
            format!("ci-bot@example.com:{PASSWORD}")
        );
        let endpoint = contents.endpoint.unwrap();
        assert_eq!(
            endpoint.url,
            "https://staging-api.example.com/containerregistries"
        );
        let pem = endpoint.certificates.unwrap();
        assert!(
            pem.starts_with("-----BEGIN CERTIFICATE-----\nMIIB"),
            "{pem}"
        );
        assert!(pem.ends_with("-----END CERTIFICATE-----\n"), "{pem}");
    }
}

#[test]
fn scalar_is_read_as_written() {
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
        assert_eq!(who(&contents(&text).credentials.unwrap()), read);
    }
}

#[test]
fn empty_or_null_value_counts_as_missing() {
    for empty in ["", " null", " ~", " \"\"", " ' '"] {
        let text = format!(
            "currentProfile: a\nenvironments:{}\nprofiles:\n- name: a\n  environment:{empty}\n  credentials:\n    token:{empty}\n    username: u\n    password: p\n    s3AccessKey:{empty}\n",
            if empty.contains(['"', '\'']) {
                ""
            } else {
                empty
            },
        );
        let contents = contents(&text);
        assert_eq!(who(&contents.credentials.unwrap()), "u:p");
        assert_eq!(contents.endpoint, None);
    }
}

#[test]
fn anchors_comments_and_line_ends_are_accepted() {
    let text = "# c\r\n---\r\ncurrentProfile: b # c\r\nprofiles:\r\n- &a\r\n  name: a\r\n  credentials: {token: t}\r\n- <<: *a\r\n  name: b\r\n...\r\n";
    assert_eq!(who(&contents(text).credentials.unwrap()), "t");
}

#[test]
fn profile_is_never_guessed() {
    let none = SAMPLE.replace("currentProfile: user\n", "");
    assert_eq!(
        why_not(&none),
        "no profile is current; set currentProfile there, or IONOS_CURRENT_PROFILE; profiles are 'user', 'ci'"
    );
    assert_eq!(
        account(SAMPLE, "prod").unwrap_err().to_string(),
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
            "profile 'a' has neither a token nor a username with a password; run \"ionosctl login\", or name another profile"
        );
    }
}

#[test]
fn list_of_profile_names_is_short() {
    let mut text = format!("profiles:\n- name: {TOKEN}\n");
    for n in 0..20 {
        let _ = writeln!(text, "- name: p{n}");
    }
    let said = why_not(&text);
    assert!(said.contains("(a long name), 'p0', 'p1', "), "{said}");
    assert!(said.ends_with("'p8', …"), "{said}");
}

#[test]
fn error_gives_the_place_and_no_value() {
    let kind = "a value of another type than ionosctl writes there";
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
            "line 1, column 57: skipTlsVerify is not a boolean; write true or false there",
        ),
        (
            "environments:\n- products:\n  - endpoints:\n    - skipTlsVerify: 'true'",
            "line 4, column 22: skipTlsVerify is not a boolean; write true or false there",
        ),
        (
            "environments: [{products: [{endpoints: [{skipTlsVerify: [s3cret]}]}]}]",
            "line 1, column 57: skipTlsVerify is not a boolean",
        ),
        (
            "profiles:\n- credentials:\n    token: !!binary s3cret!",
            kind,
        ),
        (
            "profiles:\n- credentials:\n    token: s3cret\n    token: s3cret",
            "a duplicate key",
        ),
        ("s3cret: 1\ns3cret: 2", "a duplicate key"),
        (
            "profiles:\n- credentials:\n\ttoken: s3cret",
            "indented with a tab",
        ),
        (
            "a:\n  b:\n  \t- s3cret: [",
            "line 3, column 1: indented with a tab",
        ),
        // Only where the tab can be the reason.
        ("a: |\n  x\n  \ty\nb: [s3cret]\nb: 1", "a duplicate key"),
        ("a: [s3cret\nb: |\n \ty", "not valid YAML"),
        ("profiles: *s3cret", "an alias without an anchor"),
        ("token: \"s3cret", "not valid YAML"),
        ("token: 's3cret", "not valid YAML"),
        ("a: [s3cret", "not valid YAML"),
        ("a: {s3cret: ", "not valid YAML"),
        ("profiles: [{name: s3cret", "not valid YAML"),
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
fn file_full_of_aliases_or_brackets_is_refused_at_once() {
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
        assert!(said.contains(too_much), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

proptest! {
    #[test]
    fn any_content_is_an_account_or_one_line(content in "\\PC{0,200}|[-:\\[\\]{}&*!|>'\"%@#?, \na-z\\t]{0,200}") {
        crate::testing::ionosctl_files(content.as_bytes());
    }

    /// Cut, overwritten and with lines moved.
    #[test]
    fn error_about_a_damaged_file_has_no_secret(
        edits in prop::collection::vec((0..SAMPLE.len(), 0..80_usize, "[-:\\[\\]{}&*!|>'\"%@#?, \na-z\\t]{0,4}"), 1..6),
        asked in prop::option::of("ci|user|x"),
    ) {
        let mut text = SAMPLE.to_owned();
        for (at, length, with) in edits {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &with);
        }
        if let Err(failure) = account(&text, asked.as_deref().unwrap_or_default()) {
            let said = failure.to_string();
            prop_assert!(!said.contains("eyJ") && !said.contains("ZmFrZS"), "{said}");
            prop_assert!(!said.contains(['\n', '\r', '\t']), "{said}");
        }
    }
}
