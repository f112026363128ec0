//! Questions on a terminal and the effect of the answers.

use std::fs;

use super::Person;
use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::Helper;
use crate::support::platform::symlink;
use crate::support::pty::Session;

const WHICH: &str = "which? (numbers, or all) ";
const LIST: &str =
    "registries of the account:\n  1  demo.cr.de-fra.ionos.com\n  2  other.cr.de-fra.ionos.com\n";

impl Person {
    fn at_the(&self, fake: &FakeIonos) -> Helper {
        let account = self.home.helper_for(fake);
        let bin = Self::program().parent().unwrap().to_str().unwrap();
        account
            .env("PATH", bin)
            .env("XDG_RUNTIME_DIR", &self.text("~/run"))
    }

    #[track_caller]
    fn reads(&self, session: Session, code: i32, screen: &str) {
        assert_eq!(session.end(), (Some(code), self.text(screen)));
    }
}

fn two_registries() -> FakeIonos {
    FakeIonos::builder()
        .registry(RegistrySpec::new("other"))
        .registry(RegistrySpec::new("demo"))
        .start()
}

#[test]
fn prompt_offers_the_registries_of_the_account() {
    let (fake, person) = (two_registries(), Person::new());
    let mut session = Session::start(&person.at_the(&fake), &["configure-docker"]);
    session.answer(WHICH, "3\n");
    session.answer(WHICH, "1-2\n");
    person.reads(
        session,
        0,
        &format!(
            "{LIST}{WHICH}3\n\
             not a number in the list: '3'\n\
             {WHICH}1-2\n\
             added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos\n\
             added other.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos\n\
             next: docker pull demo.cr.de-fra.ionos.com/NAME:TAG (without docker login)\n"
        ),
    );

    let mut session = Session::start(&person.at_the(&fake), &["configure-docker", "--podman"]);
    session.answer(WHICH, "\x04");
    person.reads(
        session,
        1,
        &format!(
            "{LIST}{WHICH}\n\
             error: no registry was chosen\n\
             hint: name it: docker-credential-ionos configure-docker demo.cr.de-fra.ionos.com\n"
        ),
    );
    assert_eq!(person.home.files(), [".docker/config.json"]);

    let mut session = Session::start(&person.at_the(&fake), &["configure-docker"]);
    session.answer("(helper ionos)\r\nwhich? (numbers, or all) ", "all\n");
    assert_eq!(session.end().0, Some(0));
}

#[test]
fn without_an_account_the_next_step_is_the_login() {
    let person = Person::new();
    let session = Session::start(
        &person.helper(),
        &["configure-docker", "--podman", DEMO_HOST],
    );
    person.reads(
        session,
        0,
        "added demo.cr.de-fra.ionos.com to ~/.config/containers/auth.json, helper ionos\n\
         next: \"ionosctl login\" or set IONOS_TOKEN, then podman pull demo.cr.de-fra.ionos.com/NAME:TAG (without podman login)\n",
    );
}

#[test]
fn profile_link_is_created_only_on_consent() {
    let (fake, person) = (two_registries(), Person::new());
    let bin = person.home.path().join("bin");
    fs::DirBuilder::new().create(&bin).unwrap();
    symlink(Person::program(), bin.join("docker-credential-ionos"));
    let helper = person.at_the(&fake).env("PATH", bin.to_str().unwrap());
    let args = ["configure-docker", "--profile", "pull", DEMO_HOST];
    let question = person.text(
        "docker-credential-ionos-pull is not on PATH; make it a link to ~/bin/docker-credential-ionos? [y/N] ",
    );
    let link = bin.join("docker-credential-ionos-pull");
    let next = "next: docker pull demo.cr.de-fra.ionos.com/NAME:TAG (without docker login)\n";

    let mut session = Session::start(&helper, &args);
    session.answer(&question, "\n");
    person.reads(
        session,
        0,
        &format!(
            "added demo.cr.de-fra.ionos.com to ~/.docker/config.json, helper ionos-pull\n\
             {question}\n\
             warning: docker-credential-ionos-pull is not on PATH, so docker cannot run it\n\
             hint: ln -s ~/bin/docker-credential-ionos ~/bin/docker-credential-ionos-pull\n"
        ),
    );
    assert!(!link.exists());

    let mut session = Session::start(&helper, &args);
    session.answer(&question, "y\n");
    person.reads(
        session,
        0,
        &format!(
            "unchanged: demo.cr.de-fra.ionos.com in ~/.docker/config.json, helper ionos-pull\n\
             {question}y\n\
             linked ~/bin/docker-credential-ionos-pull to ~/bin/docker-credential-ionos\n\
             {next}"
        ),
    );
    let _ = helper.program(&link).get(DEMO_HOST).credential();
    assert_eq!(
        fake.tokens()[0].scopes[0]["actions"],
        serde_json::json!(["pull"])
    );
}
