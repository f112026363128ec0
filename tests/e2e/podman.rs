//! buildah builds an image, and podman pushes and pulls it, without a daemon.

use crate::{
    engine, needs,
    person::Person,
    site::{FIRST_MINT, REVOCATION, Scheme, Site},
    skopeo,
    support::fake_ionos::DEMO_HOST,
};

/// Programs that this scenario needs.
pub(crate) const PROGRAMS: &[&str] = &["podman", "buildah"];

/// One token serves both, because they share `auth.json` and our cache.
pub(crate) fn build_push_pull(scheme: Scheme<'_>) -> Option<String> {
    let site = Site::open("buildah and podman", scheme);
    let [buildah, podman] = ["buildah", "podman"].map(|name| needs::find(name).expect("checked"));
    let person = with_storage(&site);
    let image = engine::image(&site.dir("image"));
    let app = &format!("{DEMO_HOST}/team/app:1");
    let copy = &format!("{DEMO_HOST}/team/app:copy");
    person.run(&buildah, &["--version"]).succeeds();
    person.run(&podman, &["--version"]).succeeds();

    let built = person.run(&buildah, &["from", "scratch"]).succeeds();
    let container = built.stdout.trim();
    person
        .run(&buildah, &["add", container, &image, "/"])
        .succeeds();
    person
        .run(&buildah, &["config", "--cmd", "/hello", container])
        .succeeds();
    let id = person
        .run(&buildah, &["commit", "--quiet", container, app])
        .succeeds()
        .calling(&[]);
    for (client, calls) in [(&buildah, FIRST_MINT), (&podman, &[])] {
        person
            .run(client, &["login", DEMO_HOST])
            .succeeds()
            .calling(calls)
            .says("Existing credentials are valid.");
    }
    person.run(&buildah, &["push", app]).succeeds().calling(&[]);
    let (_, password) = site.one_token();

    person.run(&buildah, &["rm", container]).succeeds();
    person.run(&podman, &["rmi", app]).succeeds();
    let pulled = person
        .run(&podman, &["pull", "--quiet", app])
        .succeeds()
        .calling(&[]);
    assert_eq!(pulled.stdout, id.stdout, "what came back is what was sent");
    person
        .run(&podman, &["push", app, copy])
        .succeeds()
        .calling(&[]);
    person
        .run(&buildah, &["pull", "--quiet", copy])
        .succeeds()
        .calling(&[]);
    assert_eq!(site.mints(), 1);

    person
        .run(&podman, &["logout", DEMO_HOST])
        .succeeds()
        .calling(REVOCATION);
    assert_eq!(site.tokens(), []);
    assert_eq!(person.files_with(&password), [""; 0]);
    None
}

/// A user whose images are in the scenario's directory.
pub(crate) fn with_storage(site: &Site) -> Person<'_> {
    let mut person = skopeo::person(site);
    let dir = site.dir("storage");
    let storage = format!(
        "[storage]\ndriver = \"vfs\"\nrunroot = \"{0}/run\"\ngraphroot = \"{0}/graph\"\n",
        dir.display()
    );
    let settings = person.write("storage.conf", &storage);
    person.set("CONTAINERS_STORAGE_CONF", settings);
    person
}
