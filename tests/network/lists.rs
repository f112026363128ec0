//! Lists of registries and tokens with several pages, unreadable items, or no end.

use serde_json::{Value, json};

use super::api_failures::{LATER, line};
use crate::support::fake_ionos::{DEMO_HOST, DEMO_ID, FakeIonos, Fault, RegistrySpec};
use crate::support::helper::{Helper, Home};

fn demo() -> Value {
    json!({"id": DEMO_ID, "properties": {"name": "demo", "hostname": DEMO_HOST}})
}

fn registries(items: &[Value], next_page: &str) -> Value {
    json!({"items": items, "pagination": {"limit": 100, "token": next_page}})
}

/// The fake with `count` registries, one on each page, the demo registry last.
fn paged(count: usize) -> FakeIonos {
    let mut fake = FakeIonos::builder().page_size(1);
    for n in 1..count {
        fake = fake.registry(RegistrySpec::new(&format!("demo-{n}")));
    }
    fake.registry(RegistrySpec::new("demo")).start()
}

/// The names of the tokens that `tokens` lists.
fn listed(helper: &Helper) -> usize {
    let done = helper.run(&["tokens", DEMO_HOST, "--json"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let tokens: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    tokens.len()
}

/// Mints five tokens in separate homes, and returns the program in another home.
fn with_five_tokens(fake: &FakeIonos) -> (Home, Helper) {
    for _ in 0..5 {
        let home = Home::new();
        let _ = home.helper_for(fake).get(DEMO_HOST).credential();
    }
    let home = Home::new();
    let helper = home.helper_for(fake);
    (home, helper)
}

#[test]
fn object_that_is_no_list_is_not_an_empty_list() {
    for answer in [
        json!({}),
        json!({"httpStatus": 403, "messages": [{"errorCode": "x", "message": "no"}]}),
    ] {
        for (path, what) in [
            ("/registries", ""),
            (
                "/tokens",
                "cannot list the tokens of demo.cr.de-fra.ionos.com: ",
            ),
        ] {
            let (fake, home) = (FakeIonos::start(), Home::new());
            fake.fault(Fault::replace(200, &answer).on("GET", path).always());
            let done = home.helper_for(&fake).run(&["tokens", DEMO_HOST], "");
            let cause = format!("{} gave no usable answer", fake.address());
            assert!(done.stderr.contains(what), "{done:?}");
            assert!(done.stderr.contains(&cause), "{done:?}");
            assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
        }
    }
}

#[test]
fn all_tokens_are_listed_whatever_total_says() {
    for total in [
        json!(null),
        json!(0),
        json!(1),
        json!("5"),
        json!(1_000_000),
    ] {
        let fake = FakeIonos::builder().page_size(2).total(&total).start();
        let (_home, helper) = with_five_tokens(&fake);
        fake.clear_requests();
        assert_eq!(listed(&helper), 5, "{total}");
        assert_eq!(
            fake.count("GET", "/tokens"),
            4,
            "three pages and an empty one"
        );
    }
}

#[test]
fn api_that_ignores_the_offset_is_read_once() {
    let fake = FakeIonos::start();
    let (_home, helper) = with_five_tokens(&fake);
    let page: Vec<Value> = fake
        .tokens()
        .iter()
        .map(|token| json!({"id": token.id, "properties": {"name": token.name}}))
        .collect();
    fake.fault(
        Fault::replace(200, &json!({"items": page}))
            .on("GET", "/tokens")
            .always(),
    );
    fake.clear_requests();
    assert_eq!(listed(&helper), 5);
    assert_eq!(fake.count("GET", "/tokens"), 2);
}

#[test]
fn unreadable_registries_are_skipped_and_counted() {
    let unreadable = [
        json!(7),
        json!("demo"),
        json!({"id": "../tokens", "properties": {"name": "demo", "hostname": DEMO_HOST}}),
        json!({"id": DEMO_ID, "properties": {"name": "demo", "hostname": [DEMO_HOST]}}),
    ];
    let (fake, home) = (FakeIonos::start(), Home::new());
    let list = registries(&[&unreadable[..], &[demo()]].concat(), "");
    fake.fault(Fault::replace(200, &list).on("GET", "/registries"));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();

    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(
        Fault::replace(200, &registries(&unreadable, ""))
            .on("GET", "/registries")
            .always(),
    );
    home.helper_for(&fake).get(DEMO_HOST).fails(&line(
        &fake,
        "no such registry among the 0 that the account sees (4 more could not be read)",
        "check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it",
    ));
}

#[test]
fn short_and_empty_pages_do_not_end_the_list_of_registries() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for page in [
        registries(&[], "a"),
        registries(&[], "b"),
        registries(&[demo()], ""),
    ] {
        fake.fault(Fault::replace(200, &page).on("GET", "/registries"));
    }
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    assert_eq!(fake.count("GET", "/registries"), 3);
}

#[test]
fn refused_filter_is_left_out() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(400).on_parameter("filter.name").always());
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let filters: Vec<bool> = fake
        .requests()
        .iter()
        .filter(|request| request.method == "GET")
        .map(|request| request.query("filter.name").is_some())
        .collect();
    assert_eq!(filters, [true, false]);
}

#[test]
fn stale_page_token_restarts_the_list_once() {
    let (fake, home) = (paged(3), Home::new());
    fake.fault(Fault::status(410).on_parameter("pagination.token"));
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let pages: Vec<bool> = fake
        .requests()
        .iter()
        .filter(|request| request.method == "GET")
        .map(|request| request.query("pagination.token").is_some())
        .collect();
    assert_eq!(pages, [false, true, false, true, true]);

    let (fake, home) = (paged(3), Home::new());
    fake.fault(Fault::status(410).on_parameter("pagination.token").always());
    home.helper_for(&fake).get(DEMO_HOST).fails(&line(
        &fake,
        "API refused the request: 410 \"Gone\"",
        "if the settings look right, report it with this line",
    ));
    assert_eq!(fake.requests().len(), 4);
}

#[test]
fn list_without_an_end_is_an_error() {
    let (fake, home) = (FakeIonos::builder().endless().start(), Home::new());
    home.helper_for(&fake)
        .get("nope.cr.de-fra.ionos.com")
        .fails(
            &line(
                &fake,
                "API gave no usable answer: a list of more than 100 pages or 20000 items",
                LATER,
            )
            .replace(DEMO_HOST, "nope.cr.de-fra.ionos.com"),
        );
    assert_eq!(fake.requests().len(), 100);
    let helper = home.helper_for(&fake);
    let done = helper.run(&["tokens", DEMO_HOST], "");
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr
            .contains("a list of more than 100 pages or 20000 items"),
        "{done:?}"
    );
}

#[test]
fn answers_of_one_run_have_a_limit_together() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for n in 0..10 {
        let mut page = registries(&[], &n.to_string());
        page["padding"] = "x".repeat(3_900_000).into();
        fake.fault(Fault::replace(200, &page).on("GET", "/registries"));
    }
    home.helper_for(&fake)
        .env("IONOS_CR_TIMEOUT", "60s")
        .get(DEMO_HOST)
        .fails(&line(
            &fake,
            "API gave no usable answer: answers of more than 16 MiB together",
            LATER,
        ));
    assert!(fake.requests().len() <= 7, "{}", fake.requests().len());
}

#[test]
fn page_of_many_items_needs_little_memory() {
    let items: Vec<Value> = (0..80_000)
        .map(|n| json!({"id": format!("{n:08x}-d5c8-4359-8f85-c200fb89e97c")}))
        .collect();
    let (fake, home) = (FakeIonos::start(), Home::new());
    for n in 0..10 {
        let page = registries(&items, &n.to_string());
        fake.fault(Fault::replace(200, &page).on("GET", "/registries"));
    }
    let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "60s");
    let mut running = helper.start(&["get"], DEMO_HOST);
    let mut peak = 0;
    while running.is_running() {
        peak = running.peak_memory().unwrap_or(peak);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    running.finish().fails(&line(
        &fake,
        "API gave no usable answer: a list of more than 100 pages or 20000 items",
        LATER,
    ));
    assert!((1..32 * 1024).contains(&peak), "{peak} kB");
}
