//! Bytes that change in a configuration file.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{LOGIN, Person, start};
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{Started, write_private};
use crate::support::platform::{self, assert_mode, symlink};
use crate::support::skip;

fn five_hundred() -> String {
    let helpers = (0..500).map(|number| format!("\t\t\"r{number}.example.com\": \"pass\""));
    let helpers: Vec<String> = helpers.collect();
    let others =
        (0..500).map(|number| format!(",\n\t\"key{number}\": {{\"a\": [{number}, 1e2, null]}}"));
    let others: String = others.collect();
    format!(
        "{{\n\t\"credHelpers\": {{\n{}\n\t}}{others}\n}}",
        helpers.join(",\n")
    )
}

/// Configuration files as users have them, with `@` in place of our entry.
fn user_files() -> Vec<String> {
    let ours = "\"demo.cr.de-fra.ionos.com\": \"ionos\"";
    let five_hundred = five_hundred();
    let end = "\"r499.example.com\": \"pass\"";
    vec![
        // As Docker Desktop writes it.
        format!(
            "{{\n\t\"auths\": {{\n\t\t\"https://index.docker.io/v1/\": {{}},\n\t\t\"ghcr.io\": {{\n\t\t\t\"auth\": \"{LOGIN}\"\n\t\t}}\n\t}},\n\t\"credsStore\": \"desktop\",\n\t\"currentContext\": \"desktop-linux\",\n\t\"plugins\": {{\n\t\t\"-x-cli-hints\": {{\n\t\t\t\"enabled\": \"true\"\n\t\t}}\n\t}},\n\t\"features\": {{\n\t\t\"hooks\": \"true\"\n\t}}@,\n\t\"credHelpers\": {{\n\t\t{ours}\n\t}}@\n}}"
        ),
        // Comments were removed.
        format!(
            "\n{{   \n  \"psFormat\" :\"table {{{{.ID}}}}\\t{{{{.Names}}}}\",   \n\n   \n  \"credHelpers\" : {{ \n      \n    \"gcr.io\" :  \"gcloud\" ,\n\n\n    \"eu.gcr.io\" :  \"gcloud\"@,\n    {}@      \n   }}   ,\n    \n  \"detachKeys\":\"ctrl-e,e\"\n\n}}  \n\n",
            ours.replace(": ", " :  ")
        ),
        five_hundred.replace(end, &format!("{end}@,\n\t\t{ours}@")),
        format!(
            "{{\r\n  \"experimental\": \"enabled\"@,\r\n  \"credHelpers\": {{\r\n    {ours}\r\n  }}@\r\n}}\r\n"
        ),
        format!(
            "{{\"HttpHeaders\":{{\"X-Meta\":\"\\u00e9\\/\"}},\"n\":1.50e+3@,\"credHelpers\":{{{}}}@}}",
            ours.replace(": ", ":")
        ),
    ]
}

#[test]
fn only_our_key_changes() {
    for file in user_files() {
        let [head, ours, tail] = &file.split('@').collect::<Vec<_>>()[..] else {
            panic!("two marks: {file}");
        };
        let (before, after) = (format!("{head}{tail}"), format!("{head}{ours}{tail}"));
        let person = Person::with(&before);
        platform::set_mode(person.config(), 0o640);
        person.sees(
            &person.run(&[DEMO_HOST]),
            0,
            "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos\n",
            "",
        );
        assert_eq!(person.content(), after);
        assert_mode(&person.config(), 0o640);
        let _ = person.run(&["--remove", DEMO_HOST]);
        assert_eq!(person.content(), before);
        assert_mode(&person.config(), 0o640);
    }
}

#[test]
fn file_of_another_user_keeps_its_owner() {
    if !platform::is_root() {
        return skip::skip_or_fail("a file of another user", "only root can chown files");
    }
    let person = Person::with("{}");
    platform::chown(person.config(), 4711, Some(4712));
    assert_eq!(person.run(&[DEMO_HOST]).code, Some(0));
    assert_eq!(platform::owner(&person.config()), (4711, 4712));
}

#[test]
fn symlink_stays_a_symlink() {
    for absolute in [false, true] {
        let person = Person::new();
        let real = person.home.path().join("dotfiles/docker.json");
        write_private(&real, b"{\"a\": 1}\n");
        write_private(&person.config(), b"");
        fs::remove_file(person.config()).unwrap();
        let target = if absolute {
            real.clone()
        } else {
            PathBuf::from("../dotfiles/docker.json")
        };
        symlink(&target, person.config());
        let _ = person.run(&[DEMO_HOST]);
        assert_eq!(
            fs::read_to_string(&real).unwrap(),
            "{\"a\": 1, \"credHelpers\": {\"demo.cr.de-fra.ionos.com\": \"ionos\"}}\n"
        );
        assert_eq!(fs::read_link(person.config()).unwrap(), target);

        // A link to a missing file creates the file it points to.
        fs::remove_file(&real).unwrap();
        let _ = person.run(&[DEMO_HOST]);
        assert_eq!(fs::read_link(person.config()).unwrap(), target);
        assert_mode(&real, 0o600);
        assert_eq!(
            person.home.files(),
            [".docker/config.json", "dotfiles/docker.json"]
        );
    }
}

#[test]
fn twenty_concurrent_edits_are_all_kept() {
    for content in [None, Some("{\"auths\": {}}")] {
        let person = content.map_or_else(Person::new, Person::with);
        let hosts: Vec<String> = (0..20)
            .map(|n| format!("r{n}.cr.de-fra.ionos.com"))
            .collect();
        let helper = person.helper();
        let started: Vec<Started> = hosts.iter().map(|host| start(&helper, &[host])).collect();
        for (started, host) in started.into_iter().zip(&hosts) {
            let line = format!("added {host} to ~/.docker/config.json, helper ionos\n");
            person.sees(&started.finish(), 0, &line, "");
        }
        let config: Value = serde_json::from_str(&person.content()).unwrap();
        let helpers = config["credHelpers"].as_object().unwrap();
        assert_eq!(helpers.len(), 20);
        assert!(hosts.iter().all(|host| helpers[host] == "ionos"));
        assert_eq!(person.home.files(), [".docker/config.json"]);
    }
}
