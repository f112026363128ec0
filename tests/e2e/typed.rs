//! A login that a user entered.

use serde_json::json;

use crate::{
    docker::{self, client},
    engine::{self, Engine},
    site::{HELPER, REVOCATION, Scheme, Site},
    support::fake_ionos::DEMO_HOST,
};

const STAFF: &str = "staff";
const PASSWORD: &str = "typed-by-a-person-77";

/// A stored login is used instead of minted tokens until logout.
pub(crate) fn login_by_hand() -> Option<String> {
    let site = Site::open("typed login", Scheme::Basic(&[(STAFF, PASSWORD)]));
    let engine = Engine::start(&site.dir("engine"), &site.ca_file());
    let image = engine::image(&site.dir("image"));
    let docker = &client();
    let app = &format!("{DEMO_HOST}/team/app:1");
    let person = docker::person(&site, &engine);
    let login =
        |password: &str| person.run(docker, &["login", "-u", STAFF, "-p", password, DEMO_HOST]);

    // The registry rejects it, so docker stores nothing.
    login("wrong").fails().calling(&[]).says("401 Unauthorized");
    assert_eq!(person.list(), json!({}));

    // A minted token is cached, and the stored login still wins.
    person.run(docker, &["login", DEMO_HOST]).succeeds();
    let (minted, secret) = site.one_token();
    assert_eq!(person.list(), json!({ DEMO_HOST: minted }));
    login(PASSWORD).succeeds().calling(&[]);
    assert_eq!(person.list(), json!({ DEMO_HOST: STAFF }));
    let kept = person.files_with(PASSWORD);
    let data = format!(".local/share/{HELPER}/");
    assert!(
        kept.len() == 1 && kept[0].starts_with(&data),
        "the password is in {kept:?}"
    );
    person.is_private(data.trim_end_matches('/'));

    person.run(docker, &["import", &image, app]).succeeds();
    person.run(docker, &["push", app]).succeeds().calling(&[]);
    let log = site.registry_log();
    assert!(
        log.contains("auth.user.name=staff"),
        "pushed as another user"
    );

    // A login with a wrong password does not replace the working one.
    login("wrong again").fails().calling(&[]);
    assert_eq!(person.list(), json!({ DEMO_HOST: STAFF }));

    // Logout deletes the stored login and revokes the minted token.
    person
        .run(docker, &["logout", DEMO_HOST])
        .succeeds()
        .calling(REVOCATION);
    assert_eq!(person.list(), json!({}));
    assert_eq!(person.files_with(PASSWORD), [""; 0]);
    assert_eq!(person.files_with(&secret), [""; 0]);
    assert_eq!(site.users(), [STAFF]);

    // The program mints again.
    person.run(docker, &["rmi", app]).succeeds();
    person.run(docker, &["pull", app]).succeeds();
    assert_eq!(site.mints(), 2);
    let (minted, _) = site.one_token();
    assert_eq!(person.list(), json!({ DEMO_HOST: minted }));
    None
}
