//! Bytes that change in a configuration file.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{LOGIN, Person, run, start};
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{Done, Started, write_private};
use crate::support::platform::{self, assert_mode, symlink};
use crate::support::{mounts, skip};

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
        return skip::skip_or_fail("a file of another user", "only root can give files away");
    }
    let person = Person::with("{}");
    platform::chown(person.config(), 4711, Some(4712));
    assert_eq!(person.run(&[DEMO_HOST]).code, Some(0));
    assert_eq!(platform::owner(&person.config()), (4711, 4712));
}

#[test]
fn invalid_file_is_reported_with_its_position_and_kept() {
    let hint = "fix it there; JSON has no comments and no comma after the last item";
    for (content, what, hint) in [
        (
            "{\n  // work\n  \"auths\": {\"a\": \"hunter2\"}\n}\n",
            "invalid JSON at line 2, column 3",
            hint,
        ),
        (
            "{\n  \"auths\": {},\n}\n",
            "invalid JSON at line 3, column 1",
            hint,
        ),
        (
            "{\"auths\": \"hunter2",
            "invalid JSON at line 1, column 18",
            hint,
        ),
        (
            "[\"hunter2\"]",
            "not a JSON object",
            "write it in braces: {…}",
        ),
        (
            "{\"credHelpers\": \"hunter2\"}",
            "credHelpers is not an object",
            "write it as {\"HOST\": \"HELPER\"}",
        ),
        (
            "{\"credHelpers\": {}, \"credHelpers\": {\"a\": \"hunter2\"}}",
            "duplicate key credHelpers",
            "merge the two",
        ),
        (
            "\u{feff}{}",
            "begins with a byte order mark",
            "save it as UTF-8 without BOM",
        ),
        (
            "{} and more",
            "text after the JSON object at line 1, column 4",
            "remove that text",
        ),
    ] {
        let person = Person::with(content);
        for args in [&[DEMO_HOST][..], &["--remove"], &["--dry-run", DEMO_HOST]] {
            person.sees(
                &person.run(args),
                1,
                "",
                &format!("error: ~/.docker/config.json: {what}\nhint: {hint}\n"),
            );
            assert_eq!(person.content(), content);
        }
    }
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

#[test]
fn unwritable_directory_is_reported() {
    let hint = "hint: make sure that the file and its directory are yours and can be written\n";
    // A directory that root cannot create either.
    let person = Person::new();
    let helper = person.helper().env("DOCKER_CONFIG", "/proc/nowhere");
    person.sees(
        &run(&helper, &[DEMO_HOST]),
        1,
        "",
        &format!("error: cannot create /proc/nowhere: No such file or directory\n{hint}"),
    );
    let person = Person::new();
    fs::DirBuilder::new()
        .create(person.home.path().join(".docker"))
        .unwrap();
    symlink("config.json", person.config());
    person.sees(
        &person.run(&[DEMO_HOST]),
        1,
        "",
        "error: cannot read ~/.docker/config.json: Too many levels of symbolic links\n\
         hint: make it a file that you can read\n",
    );
}

#[test]
fn mounted_file_is_reported_and_kept() {
    // Development containers mount the file.
    let person = Person::with("{}");
    let script = format!(
        "mount --bind \"$HOME/.docker/config.json\" \"$HOME/.docker/config.json\" && exec {} configure-docker {DEMO_HOST}",
        Person::program().display()
    );
    let Some(done) = mounts::run(person.helper(), &script, "") else {
        return;
    };
    person.sees(
        &done,
        1,
        "",
        "error: cannot write ~/.docker/config.json: Device or resource busy\n\
         hint: the file is a mount, as in a container: change it where it comes from, or mount its directory\n",
    );
    assert_eq!(person.content(), "{}");
    assert_eq!(person.home.files(), [".docker/config.json"]);
}

#[test]
fn read_only_directory_is_reported_and_its_file_kept() {
    const NOBODY: u32 = 65534;
    let person = Person::with("{}");
    let dir = person.config().parent().unwrap().to_owned();
    let mut command = person.helper().command(&["configure-docker", DEMO_HOST]);
    if platform::is_root() {
        // Root may write whatever the mode says.
        for path in [person.home.path(), &dir, &person.config()] {
            platform::chown(path, NOBODY, Some(NOBODY));
        }
        platform::run_as(&mut command, NOBODY);
    }
    platform::set_mode(&dir, 0o500);
    let done = command.output().map(Done::from);
    platform::set_mode(&dir, 0o700);
    let Ok(done) = done else {
        return skip::skip_or_fail("a read-only directory", "the program is not theirs to run");
    };
    person.sees(
        &done,
        1,
        "",
        "error: cannot write ~/.docker/config.json: Permission denied\n\
         hint: make sure that the file and its directory are yours and can be written\n",
    );
    assert_eq!(person.content(), "{}");
}

#[test]
fn file_in_another_encoding_is_reported_and_kept() {
    let utf_16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (content, what) in [
        (&utf_16[..], "is UTF-16, not UTF-8"),
        (b"{\n\"a\": \"\xe9\"}", "not UTF-8 at line 2, column 7"),
    ] {
        let person = Person::new();
        write_private(&person.config(), content);
        person.sees(
            &person.run(&[DEMO_HOST]),
            1,
            "",
            &format!("error: ~/.docker/config.json: {what}\nhint: save it as UTF-8 without BOM\n"),
        );
        assert_eq!(fs::read(person.config()).unwrap(), content);
    }
}

#[test]
fn deeply_nested_file_is_reported_and_kept() {
    let content = format!("{{\"a\": {}{}}}", "[".repeat(5000), "]".repeat(5000));
    let person = Person::with(&content);
    person.sees(
        &person.run(&["--dry-run", DEMO_HOST]),
        1,
        "",
        "error: ~/.docker/config.json: nested deeper than 100 levels\n\
         hint: add the host to credHelpers with an editor\n",
    );
}

#[test]
fn unreadable_file_has_the_hint_for_its_cause() {
    let person = Person::with("{}");
    let helper = person
        .helper()
        .env("DOCKER_CONFIG", &person.text("~/.docker/config.json"));
    person.sees(
        &run(&helper, &[DEMO_HOST]),
        1,
        "",
        "error: cannot read ~/.docker/config.json/config.json: DOCKER_CONFIG is a file\n\
         hint: set it to the directory of config.json: DOCKER_CONFIG=~/.docker\n",
    );
    let person = Person::with(&" ".repeat(1024 * 1024 + 1));
    person.sees(
        &person.run(&[DEMO_HOST]),
        1,
        "",
        "error: cannot read ~/.docker/config.json: larger than 1 MiB\n\
         hint: remove what is no longer needed from it, or add the host to credHelpers with an editor\n",
    );
}

#[test]
fn read_only_store_has_the_hint_for_its_cause() {
    let person = Person::with("{}");
    for (mount, dir, hint) in [
        (
            "mount -t tmpfs none \"$HOME/.docker\" && echo {} >\"$HOME/.docker/config.json\" && mount -o remount,ro \"$HOME/.docker\"",
            "~/.docker",
            "its file system is read-only: change the file where it comes from, or set DOCKER_CONFIG to a directory that can be written",
        ),
        (
            "mount -t tmpfs none /mnt && mkdir -p /mnt/store /nix 2>/dev/null; mount -t tmpfs none /nix && mkdir -p /nix/store/abc && echo {} >/nix/store/abc/config.json && ln -sf /nix/store/abc/config.json \"$HOME/.docker/config.json\" && mount -o remount,ro /nix",
            "/nix/store/abc",
            "the file is generated by Nix: set credHelpers in its configuration (home-manager)",
        ),
    ] {
        let script = format!(
            "{mount} && exec {} configure-docker {DEMO_HOST}",
            Person::program().display()
        );
        let Some(done) = mounts::run(person.helper(), &script, "") else {
            return;
        };
        person.sees(
            &done,
            1,
            "",
            &format!(
                "error: cannot write {dir}/config.json: Read-only file system\nhint: {hint}\n"
            ),
        );
    }
}
