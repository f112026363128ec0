//! `tokens` and `prune`: the tokens at the API.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::fake_ionos::{DEMO_HOST, DEMO_ID, FakeIonos, Fault};
use crate::support::helper::{Done, Home};
use crate::support::pty::Session;

/// A token of another machine, and one created in the web console.
const FOREIGN: &str = "dci-elsewhere-20260101t000000z-abcdefgh";
const MADE_BY_HAND: &str = "by-hand";
const SKIPPED: &str = "demo.cr.de-fra.ionos.com: skipped 1 token(s) of other machines, users or release 0.1.0 (--all-machines includes them)\n";

struct Setup {
    home: Home,
    api: FakeIonos,
}

impl Setup {
    /// One cached token, and three others: of this machine, of another one, and one created in the
    /// web console.
    fn new() -> (Self, String, String) {
        let setup = Self {
            home: Home::new(),
            api: FakeIonos::start(),
        };
        let helper = setup.home.helper_for(&setup.api);
        let orphaned = helper.get(DEMO_HOST).credential();
        for place in [setup.home.cache(), setup.home.record(&orphaned.username)] {
            let _ = std::fs::remove_dir_all(&place).or_else(|_| std::fs::remove_file(&place));
        }
        let cached = helper.get(DEMO_HOST).credential();
        for name in [FOREIGN, MADE_BY_HAND] {
            setup.make(name);
        }
        // Too old to belong to a request in progress.
        setup.api.set_clock(16 * 60);
        (setup, cached.username, orphaned.username)
    }

    fn make(&self, name: &str) {
        let expiry = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 365 * 130);
        let body = json!({"properties": {
            "name": name, "expiryDate": expiry.to_string(), "status": "enabled",
            "scopes": [{"type": "repository", "name": "*", "actions": ["pull"]}],
        }});
        let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
        agent
            .post(format!(
                "{}/containerregistries/registries/{DEMO_ID}/tokens",
                self.api.url()
            ))
            .header(
                "Authorization",
                format!("Bearer {}", crate::support::fake_ionos::ACCOUNT_TOKEN),
            )
            .send_json(body)
            .unwrap();
    }

    fn run(&self, args: &[&str]) -> Done {
        self.home.helper_for(&self.api).run(args, "")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.api.tokens().into_iter().map(|it| it.name).collect();
        names.sort();
        names
    }
}

fn machine(name: &str) -> &str {
    let rest = name.strip_prefix("dci-").unwrap();
    rest.rsplitn(4, '-').last().unwrap()
}

#[test]
fn tokens_lists_ours_and_with_all_every_token() {
    let (setup, cached, orphaned) = Setup::new();
    let listed = |args: &[&str]| {
        let done = setup.run(args);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        let lines: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
        lines
    };
    let ours = listed(&["tokens", "--json", DEMO_HOST]);
    let of = |name: &str| ours.iter().find(|it| it["name"] == name).unwrap();
    assert_eq!(ours.len(), 3);
    for (name, this_machine, is_cached) in [(&cached, true, true), (&orphaned, true, false)] {
        let line = of(name);
        assert_eq!(line["thisMachine"], this_machine, "{line}");
        assert_eq!(line["cached"], is_cached, "{line}");
        assert_eq!(line["machine"], machine(name), "{line}");
        assert_eq!(line["status"], "enabled", "{line}");
        assert_eq!(
            line["scopes"],
            json!([{"type": "repository", "name": "*", "actions": ["pull", "push"]}])
        );
    }
    assert_eq!(of(FOREIGN)["machine"], "elsewhere");
    assert_eq!(of(FOREIGN)["thisMachine"], false);
    let all = listed(&["tokens", "--all", "--json", DEMO_HOST]);
    assert_eq!(all.len(), 4);
    assert!(
        all.iter()
            .any(|it| it["name"] == MADE_BY_HAND && it["machine"].is_null())
    );
}

#[test]
fn tokens_table_marks_cached_tokens() {
    let (setup, cached, orphaned) = Setup::new();
    let done = setup.run(&["tokens", DEMO_HOST]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let table = done.stdout.replace(&cached, "cached");
    let table = table.replace(&orphaned, "orphaned");
    let mut lines: Vec<&str> = table.lines().collect();
    lines.sort_unstable();
    assert_data_eq!(
        lines.join("\n"),
        str![[r"
TOKEN [..] EXPIRES  [..] STATUS   MACHINE    CACHED
cached [..] in 12 h [..] enabled  this one   here
dci-elsewhere-20260101t000000z-abcdefgh [..] in [..] d [..] enabled  elsewhere  -
orphaned [..] in 12 h [..] enabled  this one   -
"]]
    );
    for secret in setup.api.minted_passwords() {
        assert!(!done.stdout.contains(&secret));
    }
}

#[test]
fn all_pages_of_tokens_are_read() {
    let home = Home::new();
    let api = FakeIonos::builder().page_size(2).start();
    let helper = home.helper_for(&api).env("IONOS_CR_DISABLE_CACHE", "true");
    for _ in 0..5 {
        let _ = helper.get(DEMO_HOST).credential();
    }
    let done = helper.run(&["tokens", "--json", DEMO_HOST], "");
    let lines: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(lines.len(), 5);
}

#[test]
fn prune_deletes_unused_tokens_of_this_machine() {
    let (setup, cached, orphaned) = Setup::new();
    let done = setup.run(&["prune", "--yes", DEMO_HOST]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stdout, format!("deleted {orphaned} of {DEMO_HOST}\n"));
    let mut left = vec![FOREIGN.to_owned(), MADE_BY_HAND.to_owned(), cached.clone()];
    left.sort();
    assert_eq!(setup.names(), left);
    // Nothing is left to delete. Without a host the cached hosts are used.
    let done = setup.run(&["prune", "--yes"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        done.stderr,
        format!("{SKIPPED}{DEMO_HOST}: nothing to delete\n")
    );
    assert_eq!(setup.run(&["get", DEMO_HOST]).credential().username, cached);
}

#[test]
fn prune_keeps_tokens_of_a_similarly_named_machine() {
    let (setup, cached, _) = Setup::new();
    let longer = format!("dci-{}-2-20260101t000000z-abcdefgh", machine(&cached));
    setup.make(&longer);
    let _ = setup.run(&["prune", "--yes", DEMO_HOST]);
    assert!(setup.names().contains(&longer));
}

#[test]
fn prune_with_all_machines_deletes_every_unused_token_of_this_program() {
    let (setup, cached, orphaned) = Setup::new();
    let done = setup.run(&["prune", "--yes", "--all-machines", DEMO_HOST]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        done.stdout,
        format!("deleted {orphaned} of {DEMO_HOST}\ndeleted {FOREIGN} of {DEMO_HOST}\n")
    );
    let mut left = vec![MADE_BY_HAND.to_owned(), cached];
    left.sort();
    assert_eq!(setup.names(), left);
}

#[test]
fn prune_keeps_young_tokens_and_tokens_on_record_as_current() {
    let (setup, cached, orphaned) = Setup::new();
    setup.api.set_clock(14 * 60);
    // A swept cache does not make a token unused.
    std::fs::remove_dir_all(setup.home.cache()).unwrap();
    let before = setup.names();
    let done = setup.run(&["prune", "--yes", "--all-machines", DEMO_HOST]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(setup.names(), before, "{cached} {orphaned}");
}

#[test]
fn prune_takes_the_time_from_the_name_where_the_list_has_no_creation_date() {
    let (setup, _, lost) = Setup::new();
    let answer = |names: &[&str]| {
        let token = |(n, name): (usize, &&str)| {
            json!({
                "id": format!("5d3c1b1e-3a55-4c5b-9b1f-0d9c3f0f1a0{n}"),
                "properties": {"name": name, "status": "enabled"},
            })
        };
        let items: Vec<Value> = names.iter().enumerate().map(token).collect();
        Fault::replace(200, &json!({"items": items}))
    };
    let now = jiff::Timestamp::now().strftime("%Y%m%dt%H%M%Sz");
    let young = format!("dci-elsewhere-a1b2c3-{now}-abcdefghij");
    setup.api.set_clock(14 * 60);
    setup
        .api
        .fault(answer(&[FOREIGN, &young, &lost]).on("GET", "/tokens"));
    let done = setup.run(&["prune", "--dry-run", "--all-machines", DEMO_HOST]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        done.stderr,
        format!("{DEMO_HOST}: {FOREIGN} (never expires) is not in use on this machine\n")
    );
}

#[test]
fn prune_without_confirmation_deletes_nothing() {
    let (setup, _, orphaned) = Setup::new();
    let before = setup.names();
    let done = setup.run(&["prune", "--dry-run", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
    let would = format!("{SKIPPED}{DEMO_HOST}: {orphaned} (expires in ");
    assert!(done.stderr.starts_with(&would), "{done:?}");
    let done = setup.run(&["prune", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert!(
        done.stderr.ends_with(&format!(
            "error: {DEMO_HOST}: cannot ask whether to delete 1 token(s) without a terminal\nhint: pass --yes to delete them, or --dry-run to list them\n"
        )),
        "{done:?}"
    );
    assert_eq!(setup.names(), before);
}

#[test]
fn prune_on_a_terminal_asks_first() {
    let (setup, _, orphaned) = Setup::new();
    let helper = setup.home.helper_for(&setup.api);
    let before = setup.names();
    let answered = |answer: &str| {
        let mut session = Session::start(&helper, &["prune", DEMO_HOST]);
        session.answer(
            "delete 1 token(s) of demo.cr.de-fra.ionos.com? [y/N] ",
            answer,
        );
        session.end()
    };
    let (code, seen) = answered("n\n");
    assert_eq!(code, Some(0));
    assert!(seen.ends_with("nothing is deleted\n"), "{seen}");
    assert_eq!(setup.names(), before);
    let (_, seen) = answered("y\n");
    assert!(seen.contains(&format!("deleted {orphaned}")), "{seen}");
    assert!(!setup.names().contains(&orphaned));
}

#[test]
fn prune_names_the_token_it_could_not_delete() {
    let (setup, _, orphaned) = Setup::new();
    setup
        .api
        .fault(Fault::status(403).on("DELETE", "/tokens").always());
    let done = setup.run(&["prune", "--yes", DEMO_HOST]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert!(
        done.stderr
            .contains(&format!("error: cannot delete {orphaned} of {DEMO_HOST}: ")),
        "{done:?}"
    );
    assert!(setup.names().contains(&orphaned));
}

#[test]
fn prune_ends_at_a_failure_that_the_other_tokens_would_meet() {
    for (fault, why) in [
        (Fault::status(429), "has too many requests: 429"),
        (Fault::status(401), "refused the account: 401"),
        (Fault::hang(), "gave no answer in time"),
    ] {
        let (setup, _, orphaned) = Setup::new();
        setup.api.fault(fault.on("DELETE", "/tokens/").always());
        let prune = &["prune", "--yes", "--all-machines", DEMO_HOST];
        let helper = setup.home.helper_for(&setup.api);
        let done = helper.env("IONOS_CR_TIMEOUT", "2s").run(prune, "");
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
        let what = format!("error: cannot delete {orphaned} of {DEMO_HOST} and 1 more: ");
        let (_, error) = done.stderr.split_once(&what).expect(&done.stderr);
        assert!(error.contains(why), "{error}");
        assert_eq!(error.matches("error:").count(), 0, "{error}");
        assert_eq!(setup.api.count("DELETE", "/tokens/"), 1);
    }
}

#[test]
fn prune_without_known_hosts_requires_a_host() {
    let api = FakeIonos::start();
    let done = Home::new().helper_for(&api).run(&["prune", "--yes"], "");
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (
            Some(1),
            "error: no registry is known on this machine\nhint: name it: docker-credential-ionos prune demo.cr.de-fra.ionos.com\n"
        )
    );
}
