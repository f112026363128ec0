//! What `doctor` says about the files of Docker and podman. The samples were measured with
//! docker 28.2, podman 4.3 and skopeo 1.9.

use std::fs;

use serde_json::json;

use super::Setup;
use crate::support::helper::{Done, write_private};
use crate::support::platform;
use crate::support::registry::Auth;

const DOCKER_FILE: &str = ".docker/config.json";
const AUTH_FILE: &str = ".config/containers/auth.json";

impl Setup {
    /// Writes a file with `HOST` for the registry.
    fn file(&self, name: &str, content: &[u8]) {
        let host = self.registry.host();
        let mut content = content.to_vec();
        while let Some(at) = content.windows(4).position(|it| it == b"HOST") {
            content.splice(at..at + 4, host.bytes());
        }
        write_private(&self.home.path().join(name), &content);
    }

    /// An executable file in a directory that is on PATH beside the program.
    pub(super) fn with_program(&self, name: &str) -> Done {
        let path = self.home.path().join("bin").join(name);
        write_private(&path, b"#!/bin/sh\n");
        platform::set_mode(&path, 0o755);
        self.with_bin(&[])
    }

    pub(super) fn with_bin(&self, variables: &[(&str, &str)]) -> Done {
        let program = std::path::Path::new(crate::support::helper::BIN);
        let dirs = [
            program.parent().unwrap().to_owned(),
            self.home.path().join("bin"),
        ];
        let path = std::env::join_paths(dirs).unwrap();
        let mut helper = self.helper().env("PATH", path.to_str().unwrap());
        for (name, value) in variables {
            helper = helper.env(name, value);
        }
        self.examine(&helper, &[&self.registry.host()])
    }
}

/// The lines of one check, with their hints.
pub(super) fn lines_of(done: &Done, check: &str) -> String {
    let mut wanted = false;
    let lines = done.stdout.lines().filter(|line| {
        if !line.starts_with("         hint: ") {
            wanted = line
                .get(9..)
                .is_some_and(|rest| rest.starts_with(&format!("{check}: ")));
        }
        wanted
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn docker_file_is_checked_as_docker_reads_it() {
    let entry = r#""credHelpers": {"HOST": "ionos"}"#;
    let deep = format!("{{\"a\": {}{}, {entry}}}", "[".repeat(500), "]".repeat(500));
    let latin_1 = [b"{\"psFormat\": \"\xe9\", ", entry.as_bytes(), b"}"].concat();
    let ok = "ok       docker: ~/.docker/config.json has helper 'ionos' for HOST\n";
    let fix = "fix it there; JSON has no comments and no comma after the last item";
    let add = "docker-credential-ionos configure-docker HOST";
    for (content, lines) in [
        (
            format!("{{{entry}}}and more").as_bytes(),
            format!(
                "{ok}warning  docker: ~/.docker/config.json: text after the JSON object at line 1, column COLUMN; Docker ignores it, podman refuses the file\n         hint: remove that text\n"
            ),
        ),
        (
            format!("{{{}}}", entry.replace("credHelpers", "CredHelpers")).as_bytes(),
            ok.to_owned(),
        ),
        (&latin_1, ok.to_owned()),
        (deep.as_bytes(), ok.to_owned()),
        (
            format!("{{\"auths\": {{\"ghcr.io\": {{\"auth\": 5}}}}, {entry}}}").as_bytes(),
            format!(
                "{ok}warning  docker: ~/.docker/config.json: auths 'ghcr.io': auth is not a string; Docker prints a warning and reads the rest, podman refuses the file\n         hint: write it in quotation marks: \"…\"\n"
            ),
        ),
        (
            format!("\u{feff}{{{entry}}}").as_bytes(),
            "failed   docker: ~/.docker/config.json: begins with a byte order mark\n         hint: save it as UTF-8 without BOM\n".to_owned(),
        ),
        (
            format!("{{{entry},}}").as_bytes(),
            format!(
                "failed   docker: ~/.docker/config.json: invalid JSON at line 1, column COLUMN\n         hint: {fix}\n"
            ),
        ),
        (
            br#"{"credHelpers": {"HOST": ""}, "credsStore": "desktop"}"#,
            format!(
                "warning  docker: credHelpers in ~/.docker/config.json has '' for HOST, which is no helper\n         hint: {add}\n"
            ),
        ),
        (
            br#"{"credHelpers": {"HOST": "pass"}}"#,
            format!(
                "warning  docker: ~/.docker/config.json has helper 'pass' for HOST\n         hint: {add}\n"
            ),
        ),
        (
            br#"{"credHelpers": {"https://HOST": "ionos"}}"#,
            format!(
                "warning  docker: ~/.docker/config.json has a helper for 'https://HOST', which Docker does not take for HOST\n         hint: {add}\n"
            ),
        ),
        (
            br#"{"credsStore": "desktop"}"#,
            format!(
                "warning  docker: ~/.docker/config.json has no helper for HOST, so Docker asks credsStore 'desktop'\n         hint: {add}\n"
            ),
        ),
        (
            br#"{"credsStore": "ionos"}"#,
            format!(
                "warning  docker: ~/.docker/config.json has credsStore 'ionos', but this program stores no login of other registries\n         hint: {add}, then remove credsStore from ~/.docker/config.json\n"
            ),
        ),
    ] {
        let setup = Setup::new(Auth::Basic);
        setup.file(DOCKER_FILE, content);
        let host = setup.registry.host();
        // The column of the text after the entry.
        let column = entry.len() - "HOST".len() + host.len() + "{},".len();
        let lines = lines.replace("COLUMN", &column.to_string());
        assert_eq!(lines_of(&setup.run(&[&host]), "docker"), lines);
    }
}

#[test]
fn left_over_logins_are_named_by_their_keys() {
    let setup = Setup::new(Auth::Basic);
    setup.file(
        DOCKER_FILE,
        br#"{"credHelpers": {"HOST": "ionos"},
            "auths": {"HOST/team": {"auth": "eDp5"}, "https://HOST/v1/": {"auth": "eDp5"}, "HOST": {}, "ghcr.io": {"auth": "eDp5"}}}"#,
    );
    let done = setup.run(&[&setup.registry.host()]);
    assert_eq!(
        lines_of(&done, "docker"),
        "ok       docker: ~/.docker/config.json has helper 'ionos' for HOST\n\
         warning  docker: ~/.docker/config.json still has a login for 'HOST/team', in plain text and no longer needed\n         hint: docker logout HOST/team\n\
         warning  docker: ~/.docker/config.json still has a login for 'https://HOST/v1/', in plain text and no longer needed\n         hint: docker logout https://HOST/v1/\n"
    );
}

#[test]
fn podman_files_are_read_in_podmans_order() {
    let run_file = "run/containers/auth.json";
    let ours = br#"{"credHelpers": {"HOST": "ionos"}}"#.as_slice();
    let ok = |file: &str| format!("ok       podman: ~/{file} has helper 'ionos' for HOST\n");
    for (files, lines) in [
        (vec![(AUTH_FILE, b"{}".as_slice())], ok(DOCKER_FILE)),
        (vec![(AUTH_FILE, ours), (DOCKER_FILE, b"{oops")], ok(AUTH_FILE)),
        (
            vec![(run_file, br#"{"credHelpers": {"HOST": "pass"}}"#.as_slice())],
            "warning  podman: ~/run/containers/auth.json has helper 'pass' for HOST\n         hint: set credHelpers for HOST in ~/run/containers/auth.json to \"ionos\" with an editor, or remove it\n".to_owned(),
        ),
        (
            vec![(AUTH_FILE, br#"{"credHelpers": {"HOST": null}}"#.as_slice())],
            "failed   podman: credHelpers in ~/.config/containers/auth.json has '' for HOST, with which podman fails\n         hint: set credHelpers for HOST in ~/.config/containers/auth.json to \"ionos\" with an editor, or remove it\n".to_owned(),
        ),
        (
            vec![(run_file, br#"{"auths": {"HOST/team": {"auth": "eDp5"}}}"#.as_slice())],
            "warning  podman: ~/run/containers/auth.json has a login for 'HOST/team', which podman uses\n         hint: podman logout --authfile ~/run/containers/auth.json HOST/team\n".to_owned(),
        ),
        (
            vec![(AUTH_FILE, br#"{"auths": {"https://HOST/v1/": {"auth": "eDp5"}}}"#.as_slice())],
            "warning  podman: ~/.config/containers/auth.json has a login for 'https://HOST/v1/', which podman uses\n         hint: remove 'https://HOST/v1/' from auths in ~/.config/containers/auth.json with an editor; podman logout cannot\n".to_owned(),
        ),
        (
            vec![(run_file, b"".as_slice())],
            "failed   podman: ~/run/containers/auth.json: an empty file, which Docker accepts and podman refuses\n         hint: write {} into it, or remove it\n".to_owned(),
        ),
        (
            vec![(AUTH_FILE, b"{}".as_slice()), (DOCKER_FILE, b"{} x")],
            "failed   podman: ~/.docker/config.json: text after the JSON object at line 1, column 4; Docker ignores it, podman refuses the file\n         hint: remove that text\n".to_owned(),
        ),
        (
            vec![(AUTH_FILE, b"{}".as_slice()), (DOCKER_FILE, br#"{"credsStore": "ionos"}"#)],
            "warning  podman: no helper for HOST in ~/run/containers/auth.json, ~/.config/containers/auth.json, ~/.docker/config.json\n         hint: docker-credential-ionos configure-docker --podman HOST\n".to_owned(),
        ),
    ] {
        let setup = Setup::new(Auth::Basic);
        for (name, content) in &files {
            setup.file(name, content);
        }
        let done = setup.run(&[&setup.registry.host()]);
        assert_eq!(lines_of(&done, "podman"), lines, "{files:?}");
    }
    // Without a file of podman, the check runs if podman, skopeo or buildah is installed.
    let setup = Setup::new(Auth::Basic);
    assert_eq!(
        lines_of(&setup.with_program("skopeo"), "podman"),
        ok(DOCKER_FILE)
    );
}

#[test]
fn unreadable_file_has_the_hint_for_its_cause() {
    let setup = Setup::new(Auth::Basic);
    let host = setup.registry.host();
    let file = setup.home.path().join(DOCKER_FILE);
    let variable = setup.helper().env("DOCKER_CONFIG", file.to_str().unwrap());
    assert_eq!(
        lines_of(&setup.examine(&variable, &[&host]), "docker"),
        "failed   docker: cannot read ~/.docker/config.json/config.json: DOCKER_CONFIG is a file\n         hint: set it to the directory of config.json: DOCKER_CONFIG=~/.docker\n"
    );
    fs::remove_file(&file).unwrap();
    fs::DirBuilder::new().create(&file).unwrap();
    assert_eq!(
        lines_of(&setup.run(&[&host]), "docker"),
        "failed   docker: cannot read ~/.docker/config.json: it is a directory\n         hint: remove that directory\n"
    );
    fs::remove_dir(&file).unwrap();
    setup.file(DOCKER_FILE, &vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(
        lines_of(&setup.run(&[&host]), "docker"),
        "failed   docker: cannot read ~/.docker/config.json: larger than 1 MiB\n         hint: remove what is no longer needed from it, or add the host to credHelpers with an editor\n"
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(
        lines_of(&setup.run(&[&host]), "docker"),
        "warning  docker: ~/.docker/config.json does not exist\n         hint: docker-credential-ionos configure-docker HOST\n"
    );
    let without = setup.helper().without("HOME");
    assert_eq!(
        lines_of(&setup.examine(&without, &[]), "docker"),
        "warning  docker: no home directory to look for config.json in\n         hint: set HOME or DOCKER_CONFIG\n"
    );
}

#[test]
fn json_has_a_line_for_each_finding() {
    let setup = Setup::new(Auth::Basic);
    setup.file(DOCKER_FILE, br#"{"credHelpers": {"HOST": "ionos"}} x"#);
    let host = setup.registry.host();
    let done = setup.run(&["--json", &host]);
    let reports: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let checks = reports[0]["checks"].as_array().unwrap();
    let docker: Vec<_> = checks.iter().filter(|it| it["name"] == "docker").collect();
    assert_eq!(
        json!(docker),
        json!([
            {"name": "docker", "outcome": "ok", "what": "~/.docker/config.json has helper 'ionos' for HOST", "hint": ""},
            {"name": "docker", "outcome": "warning",
                "what": docker[1]["what"],
                "hint": "remove that text"},
        ])
    );
}
