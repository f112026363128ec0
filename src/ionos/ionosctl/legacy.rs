//! `config.json` of ionosctl up to 6.8: one flat object, one account, no profiles.
//!
//! An error of serde must not get into a message: it quotes values.

use serde::Deserialize;

use super::{Contents, Credentials, FIX, FileEndpoint, ProfileName, malformed, non_empty};
use crate::error::Failure;
use crate::json;
use crate::secret::Secret;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "userdata.token")]
    token: Option<Secret>,
    #[serde(rename = "userdata.name")]
    name: Option<String>,
    #[serde(rename = "userdata.password")]
    password: Option<Secret>,
    #[serde(rename = "userdata.api-url")]
    api_url: Option<String>,
}

pub(super) fn read(text: &str, selected: Option<ProfileName>) -> Result<Contents, Failure> {
    let file = parse(text)?;
    // ionosctl ignores IONOS_CURRENT_PROFILE here. Our own `ionosProfile` stands for one account,
    // which is not in this file.
    if let Some(ProfileName { by, .. }) = selected.filter(ProfileName::is_ours) {
        return Err(Failure::new(
            format!("it is in ionosctl's old format, which has no profiles, but {by} names one"),
            format!("run \"ionosctl login\" with a current ionosctl, or remove {by}"),
        ));
    }
    Ok(Contents {
        endpoint: non_empty(file.api_url.clone()).map(|url| FileEndpoint {
            url,
            ..FileEndpoint::default()
        }),
        credentials: credentials(file),
    })
}

/// Whether ionosctl takes the account from this file. It goes on to the next file if there is no
/// account in it, and stops if it cannot be read.
pub(super) fn has_account(text: &str) -> bool {
    parse(text).map_or(true, |file| credentials(file).is_ok())
}

fn parse(text: &str) -> Result<File, Failure> {
    json::from_slice(text.as_bytes()).map_err(|err| {
        let why = if err.is_data() {
            "not what ionosctl writes: an object whose values are strings"
        } else {
            "not valid JSON"
        };
        malformed(why, err.line() as u64, err.column() as u64, FIX)
    })
}

fn credentials(file: File) -> Result<Credentials, Failure> {
    let what = "it has neither a token nor a name with a password";
    Credentials::choose(file.token, file.name, file.password)
        .ok_or_else(|| Failure::new(what, "run \"ionosctl login\""))
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

    fn account(text: &str) -> Result<Credentials, Failure> {
        read(text, None)?.credentials
    }

    #[test]
    fn token_wins_over_name_and_password() {
        let contents = read(SAMPLE, None).unwrap();
        assert!(!format!("{contents:?}").contains("ZmFrZQ"));
        let Credentials::Token(token) = contents.credentials.unwrap() else {
            panic!("not the token")
        };
        assert_eq!(
            token.expose_secret(),
            "eyJ0eXAiOiJKV1QifQ.eyJmYWtlIjp0cnVlfQ.ZmFrZQ"
        );
        assert_eq!(contents.endpoint.unwrap().url, "https://api.ionos.com");
    }

    #[test]
    fn name_and_password_are_used_where_the_token_is_empty() {
        for token in [r#""""#, r#""  ""#, "null"] {
            let text = format!(
                r#"{{"userdata.token":{token},"userdata.name":"n","userdata.password":"p","userdata.api-url":"","x":[1]}}"#
            );
            let contents = read(&text, None).unwrap();
            assert_eq!(contents.endpoint, None);
            let Credentials::Password { username, password } = contents.credentials.unwrap() else {
                panic!("not the password")
            };
            assert_eq!((username.as_str(), password.expose_secret()), ("n", "p"));
        }
    }

    #[test]
    fn error_gives_the_place_and_no_value() {
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
            ("{}", "it has neither a token nor a name with a password; "),
            ("{\"userdata.password\":\"s3cret\"}", "it has neither"),
        ] {
            let said = account(text).unwrap_err().to_string();
            assert!(said.starts_with(line), "{text}: {said}");
            assert!(
                !said.contains("s3cret") && !said.contains("831831"),
                "{said}"
            );
        }
    }

    #[test]
    fn profile_of_ionosctl_is_ignored_and_ours_is_refused() {
        let theirs = ProfileName::new("ci", "IONOS_CURRENT_PROFILE");
        assert!(read(SAMPLE, theirs).unwrap().credentials.is_ok());
        let ours = ProfileName::new("ci", "ionosProfile");
        assert_eq!(
            read(SAMPLE, ours).unwrap_err().to_string(),
            "it is in ionosctl's old format, which has no profiles, but ionosProfile names one; run \"ionosctl login\" with a current ionosctl, or remove ionosProfile"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_content_is_an_account_or_one_line(bytes in crate::testing::hostile::bytes(r#"{"userdata.name":"u","userdata.password":"p","userdata.token":"t","userdata.api-url":"https://api.ionos.com"}"#)) {
            crate::testing::ionosctl_files(&bytes);
        }
    }
}
