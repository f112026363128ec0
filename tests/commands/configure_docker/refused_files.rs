//! Files that cannot be changed: each is reported with the hint for its cause, and kept.

use std::fs;

use super::{Person, run};
use crate::support::fake_ionos::DEMO_HOST;
use crate::support::helper::{Done, write_private};
use crate::support::platform::{self, symlink};
use crate::support::{mounts, skip};

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
fn unwritable_directory_is_reported() {
    let hint = "hint: make sure that the file and its directory are yours and can be written\n";
    // Not even root can create this directory.
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

/// Runs `configure-docker` with private mounts. Returns `None` if this user may not mount.
fn configure_after(mount: &str, person: &Person) -> Option<Done> {
    let program = Person::program().display().to_string();
    let script = format!("{mount} && exec {program} configure-docker {DEMO_HOST}");
    mounts::run(person.helper(), &script, "")
}

#[test]
fn mounted_file_is_reported_and_kept() {
    // As development containers mount the file.
    let person = Person::with("{}");
    let mount = "mount --bind \"$HOME/.docker/config.json\" \"$HOME/.docker/config.json\"";
    let Some(done) = configure_after(mount, &person) else {
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
        // The mode does not restrict root.
        for path in [person.home.path(), &dir, &person.config()] {
            platform::chown(path, NOBODY, Some(NOBODY));
        }
        platform::run_as(&mut command, NOBODY);
    }
    platform::set_mode(&dir, 0o500);
    let done = command.output().map(Done::from);
    platform::set_mode(&dir, 0o700);
    let Ok(done) = done else {
        return skip::skip_or_fail("a read-only directory", "that user cannot run the program");
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
        let Some(done) = configure_after(mount, &person) else {
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
