//! `config.json` of ionosctl up to 6.8: one flat object, one account.
//!
//! Called by [`Located::read`](super::Located::read). Must never print an error of serde: they
//! quote values.

use secrecy::SecretString;
use serde::Deserialize;

use super::{Asked, Credentials, Found, MEND, malformed, non_empty};
use crate::error::Failure;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "userdata.token")]
    token: Option<SecretString>,
    #[serde(rename = "userdata.name")]
    name: Option<String>,
    #[serde(rename = "userdata.password")]
    password: Option<SecretString>,
    #[serde(rename = "userdata.api-url")]
    api_url: Option<String>,
}

pub(super) fn find(text: &str, asked: Option<Asked>) -> Result<Found, Failure> {
    let file: File = serde_json::from_str(text).map_err(|err| {
        let why = if err.is_data() {
            "not what ionosctl writes: an object whose values are strings"
        } else {
            "not valid JSON"
        };
        // usize is at most 64 bits wherever this runs.
        let place = |n: usize| u64::try_from(n).unwrap_or_default();
        malformed(why, place(err.line()), place(err.column()), MEND)
    })?;
    // Somebody who names a profile means that account and no other.
    if let Some(Asked { by, .. }) = asked {
        return Err(Failure::new(
            format!("it is in ionosctl's old format, which has no profiles, but {by} names one"),
            format!("run \"ionosctl login\" with a current ionosctl, or unset {by}"),
        ));
    }
    let Some(credentials) = Credentials::choose(file.token, file.name, file.password) else {
        return Err(Failure::new(
            "it holds neither a token nor a name with a password",
            "run \"ionosctl login\"",
        ));
    };
    Ok(Found {
        profile: None,
        credentials,
        endpoint: non_empty(file.api_url),
        certificate_authority: None,
        skip_tls_verify: false,
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const SAMPLE: &str = r#"{
  "userdata.name": "jane@example.com",
  "userdata.password": "fake-password-123",
  "userdata.token": "eyJ0eXAiOiJKV1QifQ.eyJmYWtlIjp0cnVlfQ.ZmFrZQ",
  "userdata.api-url": "https://api.ionos.com"
}"#;

    #[test]
    fn the_token_wins() {
        let found = find(SAMPLE, None).unwrap();
        let Credentials::Token(token) = &found.credentials else {
            panic!("{found:?}")
        };
        assert_eq!(
            token.expose_secret(),
            "eyJ0eXAiOiJKV1QifQ.eyJmYWtlIjp0cnVlfQ.ZmFrZQ"
        );
        assert_eq!(found.endpoint.as_deref(), Some("https://api.ionos.com"));
        assert_eq!(found.profile, None);
        assert!(!format!("{found:?}").contains("ZmFrZQ"));
    }

    #[test]
    fn name_and_password_do_where_the_token_is_empty() {
        for token in [r#""""#, r#""  ""#, "null"] {
            let text = format!(
                r#"{{"userdata.token":{token},"userdata.name":"n","userdata.password":"p","userdata.api-url":"","x":[1]}}"#
            );
            let found = find(&text, None).unwrap();
            let Credentials::Password { username, password } = &found.credentials else {
                panic!("{found:?}")
            };
            assert_eq!((username.as_str(), password.expose_secret()), ("n", "p"));
            assert_eq!(found.endpoint, None);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_a_value() {
        for (text, line) in [
            (
                "{\"userdata.token\": \"s3cret",
                "line 1, column 26: not valid JSON; ",
            ),
            ("s3cret", "line 1, column 1: not valid JSON; "),
            (
                "{\n\"userdata.token\": 831831}",
                "line 2, column 24: not what ionosctl writes",
            ),
            ("[\"s3cret\", 831831]", "line 1, column "),
            ("\"s3cret\"", "line 1, column 8: not what ionosctl writes"),
            (
                "{}",
                "it holds neither a token nor a name with a password; ",
            ),
            ("{\"userdata.password\":\"s3cret\"}", "it holds neither"),
        ] {
            let said = find(text, None).unwrap_err().to_string();
            assert!(said.starts_with(line), "{text}: {said}");
            assert!(
                !said.contains("s3cret") && !said.contains("831831"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_profile_that_is_asked_for_is_not_replaced_by_another_account() {
        let asked = Asked::new("ci", "IONOS_CURRENT_PROFILE");
        assert_eq!(
            find(SAMPLE, asked).unwrap_err().to_string(),
            "it is in ionosctl's old format, which has no profiles, but IONOS_CURRENT_PROFILE names one; run \"ionosctl login\" with a current ionosctl, or unset IONOS_CURRENT_PROFILE"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_content_is_an_account_or_one_line(bytes in crate::testing::hostile::bytes(r#"{"userdata.name":"u","userdata.password":"p","userdata.token":"t","userdata.api-url":"https://api.ionos.com"}"#)) {
            crate::testing::ionosctl_files(&bytes);
        }
    }
}
