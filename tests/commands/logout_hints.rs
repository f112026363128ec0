//! The commands that `configure-docker` suggests for left-over logins, run by the real clients.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{BIN, Home};
use crate::support::skip;

#[test]
fn suggested_command_removes_the_login() {
    let program = Path::new(BIN).parent().unwrap().display();
    let search_path = format!("{program}:/usr/local/bin:/usr/bin:/bin");
    for (client, file, args) in [
        ("docker", ".docker/config.json", &[][..]),
        ("podman", ".config/containers/auth.json", &["--podman"]),
    ] {
        let works = Command::new(client).arg("--version").output();
        if works.is_err() {
            skip::skip(client, "not installed");
            continue;
        }
        for key in [
            DEMO_HOST.to_owned(),
            format!("{DEMO_HOST}:443"),
            format!("{DEMO_HOST}/team"),
            format!("{DEMO_HOST}/team/app"),
            format!("https://{DEMO_HOST}/v1/"),
            format!("https://{DEMO_HOST}"),
            format!("{DEMO_HOST}/"),
        ] {
            let home = Home::new();
            let other = json!({"auth": "dTpw"});
            let path = home.file(
                file,
                &json!({"auths": {&key: {"auth": "dTpw"}, "ghcr.io": other}}).to_string(),
            );
            let runtime = home.path().join("run");
            let helper = home
                .helper()
                .env("PATH", &search_path)
                .env("XDG_RUNTIME_DIR", runtime.to_str().unwrap());
            let done = helper.run(&[&["configure-docker", DEMO_HOST], args].concat(), "");
            let warning = format!(
                "warning: {path} still has a login for '{key}', in plain text and no longer needed\nhint: "
            );
            let (_, hint) = done.stderr.split_once(&warning).expect(&done.stderr);
            if let Some(rest) = hint.strip_prefix("remove ") {
                let is_slash = key.ends_with('/') || key.contains("://");
                assert!(client == "podman" && is_slash, "{key}: {rest}");
                continue;
            }
            // Nothing is cached, so `erase` needs no network.
            let status = Command::new("/bin/sh")
                .args(["-c", hint.trim_end()])
                .env_clear()
                .env("HOME", home.path())
                .env("XDG_RUNTIME_DIR", &runtime)
                .env("PATH", &search_path)
                .output()
                .unwrap();
            assert!(status.status.success(), "{hint}: {status:?}");
            let left: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(left["auths"], json!({"ghcr.io": other}), "{client}: {hint}");
        }
    }
}
