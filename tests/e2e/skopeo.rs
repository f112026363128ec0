//! Registry tools without a daemon. skopeo calls the helper several times for one command.

use std::{fs, path::PathBuf, process::Stdio};

use serde_json::{Value, json};

use crate::{
    engine, needs,
    person::{Person, cred_helpers},
    site::{FIRST_MINT, MINT, REVOCATION, Scheme, Site},
    support::fake_ionos::DEMO_HOST,
    transcript,
};

/// Programs that these scenarios need.
pub(crate) const PROGRAMS: &[&str] = &["skopeo"];

pub(crate) fn client() -> PathBuf {
    needs::find("skopeo").expect("it is among the programs")
}

pub(crate) fn image(tag: &str) -> String {
    format!("docker://{DEMO_HOST}/team/app:{tag}")
}

/// A user whose tools call the program because of `auth.json`.
pub(crate) fn person(site: &Site) -> Person<'_> {
    let mut person = Person::new(site);
    let auth = person.write("auth.json", &cred_helpers());
    person.set("REGISTRY_AUTH_FILE", auth);
    person
}

/// Copies an image to the registry and back.
pub(crate) fn copy_and_inspect(scheme: Scheme<'_>) -> Option<String> {
    let site = Site::open("skopeo", scheme);
    let skopeo = &client();
    let person = person(&site);
    let layer = format!("tarball:{}", engine::image(&site.dir("image")));
    let copy = format!("dir:{}", person.at("copy").display());
    person.run(skopeo, &["--version"]).succeeds();

    person
        .run(skopeo, &["login", DEMO_HOST])
        .succeeds()
        .calling(FIRST_MINT)
        .says("Existing credentials are valid.");
    // Each of these calls the helper twice.
    person
        .run(skopeo, &["copy", &layer, &image("1")])
        .succeeds()
        .calling(&[]);
    let (token, password) = site.one_token();
    let seen = person
        .run(skopeo, &["inspect", &image("1")])
        .succeeds()
        .calling(&[]);
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(seen["Name"], format!("{DEMO_HOST}/team/app"));
    assert_eq!(seen["RepoTags"], json!(["1"]));
    person
        .run(skopeo, &["copy", &image("1"), &copy])
        .succeeds()
        .calling(&[]);
    let manifest: Value = person.json("copy/manifest.json");
    assert_eq!(manifest["layers"][0]["digest"], seen["Layers"][0]);
    person
        .run(skopeo, &["copy", &copy, &image("2")])
        .succeeds()
        .calling(&[]);
    let tags = person
        .run(skopeo, &["list-tags", image("1").trim_end_matches(":1")])
        .succeeds();
    let tags: Value = serde_json::from_str(&tags.stdout).unwrap();
    let tags = tags["Tags"].as_array().unwrap();
    assert!(tags.len() == 2 && tags.contains(&json!("1")) && tags.contains(&json!("2")));
    assert_eq!(site.one_token(), (token, password.clone()));
    assert_eq!(
        person.json("auth.json")["auths"],
        Value::Null,
        "nothing in plain text"
    );

    // After logout, inspect the image first.
    person
        .run(skopeo, &["logout", DEMO_HOST])
        .succeeds()
        .calling(REVOCATION);
    assert_eq!(site.tokens(), []);
    assert_eq!(person.files_with(&password), [""; 0]);
    person.write("auth.json", &cred_helpers());
    let asked_twice = person.run(skopeo, &["inspect", &image("2")]).succeeds();
    let mints = asked_twice
        .calls
        .iter()
        .filter(|call| MINT.contains(&call.as_str()));
    assert_eq!(mints.count(), 1, "{asked_twice}");
    assert_eq!(site.tokens().len(), 1);
    None
}

/// Several tools start at once with an empty cache.
pub(crate) fn six_at_once() -> Option<String> {
    let site = Site::open(
        "six skopeos",
        Scheme::Basic(&[("staff", "staff's password")]),
    );
    let skopeo = &client();
    let person = person(&site);
    let layer = format!("tarball:{}", engine::image(&site.dir("image")));
    // Pushed with another account.
    let staff = [
        "copy",
        "--dest-creds",
        "staff:staff's password",
        &layer,
        &image("1"),
    ];
    person.run(skopeo, &staff).succeeds().calling(&[]);

    let started: Vec<_> = (0..6)
        .map(|_| {
            let mut command = person.command(skopeo, &["inspect", &image("1")]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", output.status);
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(seen["Name"], format!("{DEMO_HOST}/team/app"));
    }
    let calls = site.calls();
    site.note(
        "skopeo inspect (six of them)",
        Some(0),
        transcript::requests(&calls),
    );
    assert_eq!(calls, FIRST_MINT, "six clients that asked twelve times");
    assert_eq!(site.tokens().len(), 1);
    let left = fs::read_dir(person.at(".cache/docker-credential-ionos")).unwrap();
    let temporary = left
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("tmp"));
    assert_eq!(temporary.count(), 0, "temporary files are left");
    None
}
