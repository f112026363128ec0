//! Text from outside that could move the cursor, hide text or repeat a secret.

use std::fs;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::fake_ionos::{ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Done, Home, walk};
use crate::support::tally::attack;

/// An escape sequence, a C1 escape sequence, a bidirectional override, and a line break.
const HOSTILE: &str =
    "a\u{1b}[31mb\u{9b}31mc\u{202e}d\u{2066}e\u{200f}f\rg\u{2028}h\u{200b}\u{e0041}i";

/// Asserts that the output has no control or bidirectional characters, except line ends and tabs.
#[track_caller]
fn is_clean(done: &Done) {
    for output in [&done.stdout, &done.stderr] {
        let odd = output.chars().find(|c| {
            (c.is_control() && !"\n\t".contains(*c))
                || matches!(
                    *c,
                    '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}'
                )
                || ('\u{202a}'..='\u{202e}').contains(c)
                || ('\u{2066}'..='\u{2069}').contains(c)
        });
        assert_eq!(odd, None, "{output:?}");
    }
}

fn refusal(message: &str) -> Value {
    json!({"httpStatus": 422, "messages": [{"errorCode": "0", "message": message}]})
}

#[test]
fn message_of_the_api_is_cleaned() {
    for log in ["", "debug"] {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            fake.fault(Fault::replace(422, &refusal(HOSTILE)).always());
            let helper = home.helper_for(&fake).env("IONOS_CR_LOG", log);
            let done = helper.get(DEMO_HOST);
            assert!(done.stdout.contains("a [31mb 31mc d e f g h i"), "{done:?}");
            is_clean(&done);
            is_clean(&helper.run(&["tokens", DEMO_HOST], ""));
        });
    }
}

#[test]
fn path_in_the_debug_log_is_cleaned() {
    attack(|| {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let cache = home.path().join(HOSTILE).join("cache");
        let helper = home
            .helper_for(&fake)
            .env("IONOS_CR_LOG", "debug")
            .env("IONOS_CR_CACHE_DIR", cache.to_str().unwrap());
        let _ = helper.get(DEMO_HOST);
        let entry = fs::read_dir(cache.join(DEMO_HOST)).unwrap();
        let entry = entry
            .flatten()
            .find(|it| it.path().extension().is_some_and(|it| it == "json"));
        fs::write(entry.unwrap().path(), "damaged").unwrap();
        is_clean(&helper.get(DEMO_HOST));
        is_clean(&helper.erase(DEMO_HOST));
    });
}

#[test]
fn names_from_the_api_are_cleaned_in_tables_and_escaped_in_json() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let token = json!({"id": "789f8e3c-d5c8-4359-8f85-c200fb89e97d", "type": "token", "properties": {
        "name": HOSTILE, "status": HOSTILE, "scopes": [{"type": "repository", "name": HOSTILE, "actions": [HOSTILE]}],
    }});
    let page = json!({"items": [token], "count": 1});
    fake.fault(Fault::replace(200, &page).on("GET", "/tokens").always());
    let helper = home.helper_for(&fake);
    attack(|| is_clean(&helper.run(&["tokens", "--all", DEMO_HOST], "")));
    attack(|| {
        let done = helper.run(&["tokens", "--all", "--json", DEMO_HOST], "");
        is_clean(&done);
        let lines: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(lines[0]["name"], HOSTILE);
    });
    attack(|| is_clean(&helper.run(&["status", HOSTILE], "")));
    attack(|| is_clean(&helper.run(&["env", HOSTILE], "")));
}

#[test]
fn user_name_with_control_characters_is_not_exported() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let created = json!({
        "id": "789f8e3c-d5c8-4359-8f85-c200fb89e97d",
        "type": "token",
        "metadata": {},
        "properties": {
            "name": "n",
            "credentials": {"username": HOSTILE, "password": "password-of-the-token"},
        },
    });
    fake.fault(Fault::replace(201, &created).on("POST", "/tokens").always());
    let file = home.file("github_env", "");
    let helper = home.helper_for(&fake).env("GITHUB_ENV", &file);
    let get = helper.get(DEMO_HOST);
    is_clean(&get);
    assert_eq!(get.credential().username, HOSTILE);
    attack(|| {
        let list = helper.list();
        is_clean(&list);
        let list: Value = serde_json::from_str(&list.stdout).unwrap();
        assert_eq!(list, json!({ DEMO_HOST: HOSTILE }));
    });
    for args in [
        &["env", DEMO_HOST][..],
        &["env", "--shell", "powershell", DEMO_HOST],
        &["env", "--github", DEMO_HOST],
    ] {
        attack(|| {
            let done = helper.run(args, "");
            is_clean(&done);
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
        });
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "");
}

/// A secret in every encoding, whole.
fn encodings(secret: &str) -> Vec<String> {
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        secret.to_owned(),
        secret.to_lowercase(),
        secret.to_uppercase(),
        BASE64_STANDARD.encode(secret),
        BASE64_STANDARD.encode(format!("x{secret}")),
        BASE64_URL_SAFE_NO_PAD.encode(format!("xy{secret}")),
        BASE64_STANDARD
            .encode(format!("Authorization: Bearer {secret}"))
            .to_lowercase(),
        hex.concat().to_uppercase(),
        hex.concat(),
        format!("%{}", hex.join("%").to_uppercase()),
        format!("%25{}", hex.join("%25")),
        format!(r"\u00{}", hex.join(r"\u00")),
        format!(r"\x{}", hex.join(r"\x")),
        format!("&#x{};", hex.join(";&#x")),
        hex.join(":"),
    ]
}

#[test]
fn secret_echoed_in_a_name_is_redacted_on_every_way_out() {
    let id = "789f8e3c-d5c8-4359-8f85-c200fb89e97d";
    for echo in encodings(ACCOUNT_TOKEN) {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let token = json!({"id": id, "type": "token", "properties": {
            "name": echo, "status": echo,
            "scopes": [{"type": "repository", "name": echo, "actions": [echo]}],
        }});
        let list = json!({"items": [token], "count": 1});
        fake.fault(Fault::replace(200, &list).on("GET", "/tokens").always());
        let registry = |hostname: &str| {
            json!({"items": [{"id": id, "type": "registry",
                "metadata": {"state": echo},
                "properties": {"name": echo, "hostname": hostname, "location": echo,
                    "apiSubnetAllowList": [echo]}}], "count": 1})
        };
        let docker = json!({"credHelpers": {DEMO_HOST: echo}, "credsStore": echo,
            "auths": {format!("{DEMO_HOST}/{echo}"): {"auth": BASE64_STANDARD.encode(format!("{echo}:x"))}}});
        home.file(".docker/config.json", &docker.to_string());
        let helper = home.helper_for(&fake).env("IONOS_CR_LOG", "debug");
        for args in [
            &["tokens", "--all", DEMO_HOST][..],
            &["tokens", "--all", "--json", DEMO_HOST],
            &["prune", "--dry-run", DEMO_HOST],
            &["doctor", DEMO_HOST],
            &["doctor", "--json", DEMO_HOST],
            &["status", "--json"],
            &["configure-docker"],
            &["configure-docker", DEMO_HOST],
            &["get", &format!("{echo}.cr.ionos.com")],
            &["env", &format!("{DEMO_HOST}/{echo}"), "--shell", &echo],
        ] {
            fake.fault(Fault::replace(200, &registry(DEMO_HOST)).on("GET", "/registries?"));
            fake.fault(Fault::replace(200, &registry("")).on("GET", "/registries?"));
            attack(|| {
                let done = helper.run(args, "");
                let outputs = format!("{}\n{}", done.stdout, done.stderr);
                let mut pieces = echo.as_bytes().chunks_exact(16);
                let found = pieces.find(|it| outputs.contains(std::str::from_utf8(it).unwrap()));
                assert_eq!(found, None, "{args:?} {outputs}");
            });
        }
        let docker = home.at(".docker");
        for file in walk(home.path()) {
            if file.is_file() && !file.starts_with(&docker) {
                let content = fs::read_to_string(&file).unwrap();
                assert!(!content.contains(&echo), "{} {content}", file.display());
            }
        }
    }
}

#[test]
fn secret_echoed_in_another_encoding_is_not_quoted() {
    let token = ACCOUNT_TOKEN;
    let spaced: Vec<String> = token.chars().map(String::from).collect();
    let mut echoes = encodings(token);
    echoes.extend([
        spaced.join(" "),
        format!("{}\n{}", &token[..20], &token[20..]),
        token[50..62].to_lowercase(),
    ]);
    for echo in echoes {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            fake.fault(Fault::replace(422, &refusal(&format!("no: {echo}"))).always());
            let done = home.helper_for(&fake).get(DEMO_HOST);
            assert!(!done.failure().contains("no: "), "{done:?}");
            for path in walk(home.path()).iter().filter(|path| path.is_file()) {
                let content = fs::read_to_string(path).unwrap();
                assert!(!content.contains("no: "), "{content}");
            }
        });
    }
    // A message without a secret is quoted.
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::replace(422, &refusal("no: quota of 5 tokens")).always());
    assert!(
        home.helper_for(&fake)
            .get(DEMO_HOST)
            .failure()
            .contains("no: quota of 5 tokens")
    );
}
