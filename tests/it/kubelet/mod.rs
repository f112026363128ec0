//! The image credential provider, as a kubelet runs it.

mod check;
mod player;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::fake_ionos::{
    ACCOUNT_MARKER, DEMO_HOST, FakeIonos, Fault, MINTED_MARKER, RegistrySpec,
};
use crate::support::helper::{BIN, Done, Home, Started, walk};
use crate::support::mounts;
use player::{CacheKeyType, Response, V1, V1ALPHA1, V1BETA1, accept, plugin, request, request_of};

const IMAGE: &str = "demo.cr.de-fra.ionos.com/team/app";
const MINUTE: u64 = 60;
const HOUR: i64 = 3600;

/// Exit 1, nothing on stdout and one line on stderr, returned without the program's name.
#[track_caller]
fn refusal(done: &Done) -> &str {
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    let line = done.stderr.strip_suffix('\n').expect("a line end");
    assert!(!line.contains('\n'), "{done:?}");
    line.strip_prefix("docker-credential-ionos: ")
        .expect("the program's name")
}

/// What was asked of the API for the newest token.
#[track_caller]
fn actions(fake: &FakeIonos) -> serde_json::Value {
    let minted = fake.tokens().pop().expect("a token");
    assert_eq!(minted.scopes.as_array().unwrap().len(), 1);
    minted.scopes[0]["actions"].clone()
}

#[test]
fn every_version_is_answered_in_itself() {
    for version in [V1, V1BETA1, V1ALPHA1] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let done = plugin(&home, &fake).run(&["kubelet"], request(version, IMAGE));
        assert_eq!(done.stderr, "");
        let response = accept(&done, version);
        assert_eq!(response.cache_key_type, CacheKeyType::Registry);
        assert_eq!(response.cache_duration.as_deref(), Some("15m0s"));
        let login = response.only(DEMO_HOST);
        assert!(fake.accepts(&login.username, &login.password));
        assert_eq!(response.lookup(IMAGE), Some(login));
    }
}

#[test]
fn the_bytes_of_an_answer_are_these() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE));
    let token = &fake.tokens()[0];
    done.says(&format!(
        "{{\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"{V1}\",\"cacheKeyType\":\"Registry\",\"cacheDuration\":\"15m0s\",\"auth\":{{\"{DEMO_HOST}\":{{\"username\":\"{}\",\"password\":\"{}\"}}}}}}\n",
        token.name, token.password
    ));
    plugin(&home, &fake)
        .run(&["kubelet"], request(V1BETA1, "docker.io/library/nginx"))
        .says(&format!(
            "{{\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"{V1BETA1}\",\"cacheKeyType\":\"Registry\",\"cacheDuration\":\"0s\",\"auth\":null}}\n"
        ));
}

#[test]
fn the_name_that_other_plugins_have_does_as_well() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake).run(&["get-credentials"], request(V1, IMAGE));
    let _ = accept(&done, V1).only(DEMO_HOST);
    let help = home.helper().run(&["--help"], "");
    assert!(help.stdout.contains("kubelet") && !help.stdout.contains("get-credentials"));
}

#[test]
fn the_kubelet_finds_the_credential_however_the_image_is_written() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for image in [
        IMAGE,
        "demo.cr.de-fra.ionos.com/app:1.2",
        "demo.cr.de-fra.ionos.com/app@sha256:0123",
        "demo.cr.de-fra.ionos.com:443/app",
        "demo.cr.de-fra.ionos.com:443/app:1@sha256:0123",
        "Demo.CR.de-fra.ionos.com/app",
        "demo.cr.de-fra.ionos.com./app",
    ] {
        let done = plugin(&home, &fake).run(&["kubelet"], request(V1, image));
        let response = accept(&done, V1);
        assert!(response.lookup(image).is_some(), "{image}: {done:?}");
    }
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn what_is_not_ours_has_no_credentials_and_is_not_remembered() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    for image in [
        "docker.io/library/nginx",
        "nginx",
        "ghcr.io/a/b:1",
        "demo.cr.de-fra.ionos.com.evil.example/app",
        "127.0.0.1:5000/app",
    ] {
        let done = plugin(&home, &fake).run(&["kubelet"], request(V1, image));
        assert_eq!(done.stderr, "");
        accept(&done, V1).is_none();
    }
    // A configuration that cannot be read stands only in the way of our own.
    let broken = plugin(&home, &fake).env("IONOS_CR_CONFIG", &home.file("broken.json", "{"));
    accept(&broken.run(&["kubelet"], request(V1, "nginx")), V1).is_none();
    let line = broken.run(&["kubelet"], request(V1, IMAGE));
    assert!(refusal(&line).starts_with("no credential for demo.cr.de-fra.ionos.com: "));
    assert!(fake.requests().is_empty());
}

#[test]
fn a_registry_of_ones_own_is_ours_by_the_configuration() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let config = json!({"registries": {"registry.example.com:5000": {"registryName": "demo"}}});
    let plugin =
        plugin(&home, &fake).env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()));
    let done = plugin.run(&["kubelet"], request(V1, "registry.example.com:5000/app"));
    let _ = accept(&done, V1).only("registry.example.com:5000");
    assert_eq!(actions(&fake), json!(["pull"]));
}

#[test]
fn tokens_may_pull_and_no_more_whatever_is_set_for_docker() {
    let config = json!({
        "defaults": {"actions": ["pull", "push", "delete"], "repositories": ["team/*"]},
        "registries": {DEMO_HOST: {"actions": ["pull", "push"]}},
    });
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake)
        .env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()))
        .env("IONOS_CR_ACTIONS", "pull,push");
    let _ = accept(&plugin.run(&["kubelet"], request(V1, IMAGE)), V1);
    assert_eq!(actions(&fake), json!(["pull"]));
    assert_eq!(fake.tokens()[0].scopes[0]["name"], "team/*");
}

#[test]
fn the_most_specific_profile_that_somebody_named_counts() {
    let own = json!({"registries": {DEMO_HOST: {"profile": "wide"}}});
    let without = json!({"registries": {}});
    let (wide, push, pull) = (
        json!(["pull", "push", "delete"]),
        json!(["pull", "push"]),
        json!(["pull"]),
    );
    for (config, program, args, annotation, actions_wanted) in [
        (
            &without,
            "docker-credential-ionos",
            &["kubelet"][..],
            "",
            &pull,
        ),
        (&own, "docker-credential-ionos", &["kubelet"], "", &wide),
        (
            &own,
            "docker-credential-ionos-push",
            &["kubelet"],
            "",
            &push,
        ),
        (
            &own,
            "docker-credential-ionos-push",
            &["kubelet", "--profile", "pull"],
            "",
            &pull,
        ),
        (
            &own,
            "docker-credential-ionos-push",
            &["--profile", "pull", "kubelet"],
            "wide",
            &wide,
        ),
        (&own, "docker-credential-ionos", &["kubelet"], "pull", &pull),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let mut config = config.clone();
        config["profiles"] = json!({"wide": {"actions": ["pull", "push", "delete"]}});
        let cache = home.path().join(".cache");
        let plugin = home
            .helper_called(program, &fake)
            .without("HOME")
            .env("XDG_CACHE_HOME", cache.to_str().unwrap())
            .env("IONOS_CR_CONFIG", &home.file("c.json", &config.to_string()));
        let annotations = match annotation {
            "" => json!({"docker-credential-ionos/profile": "", "else": "x"}),
            name => json!({"docker-credential-ionos/profile": name}),
        };
        let done = plugin.run(args, request_of(IMAGE, "eyJ", &annotations));
        let _ = accept(&done, V1).only(DEMO_HOST);
        assert_eq!(
            actions(&fake),
            *actions_wanted,
            "{program} {args:?} {annotation}"
        );
    }
}

#[test]
fn a_profile_that_is_not_there_is_told_with_who_chose_it() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let annotations = json!({"docker-credential-ionos/profile": "../../etc"});
    let done = plugin(&home, &fake).run(&["kubelet"], request_of(IMAGE, "eyJ", &annotations));
    assert_eq!(
        refusal(&done),
        "no credential for demo.cr.de-fra.ionos.com: annotation docker-credential-ionos/profile: there is no profile '../../etc'; profiles are pull, push"
    );
    let done = plugin(&home, &fake).run(&["kubelet", "--profile", "nope"], request(V1, IMAGE));
    assert_eq!(
        refusal(&done),
        "no credential for demo.cr.de-fra.ionos.com: there is no profile 'nope'; profiles are pull, push"
    );
    assert!(fake.requests().is_empty());
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn an_answer_holds_for_half_of_what_is_left_and_a_quarter_of_an_hour_at_most() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake);
    let ask = || accept(&plugin.run(&["kubelet"], request(V1, IMAGE)), V1);
    let first = ask();
    fake.fault(Fault::status(403).always());
    // What is left of the 12 h and 5 min; the clock goes on while the test runs.
    let mut left = 12 * HOUR + 5 * 60;
    for (wanted, at_least) in [(3600, 15 * MINUTE), (1200, 9 * MINUTE), (200, MINUTE)] {
        home.age_entry(left - wanted);
        left = wanted;
        let response = ask();
        assert_eq!(response.auth, first.auth);
        let cached = response.cached_for().as_secs();
        assert!(
            cached >= at_least && cached <= (u64::try_from(wanted).unwrap() / 2).min(15 * MINUTE),
            "{wanted}: {cached}"
        );
    }
    // In its last minute it is not handed out.
    home.age_entry(left - 50);
    let line = plugin.run(&["kubelet"], request(V1, IMAGE));
    assert!(refusal(&line).contains(" 403"), "{line:?}");
}

#[test]
fn a_stored_login_is_handed_out_for_a_quarter_of_an_hour() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    home.helper().store(DEMO_HOST, "jane", "typed").says("");
    // With a home: a kubelet that a person runs.
    let done = home.helper_for(&fake).run(&["kubelet"], request(V1, IMAGE));
    let response = accept(&done, V1);
    assert_eq!(response.only(DEMO_HOST).username, "jane");
    assert_eq!(response.cache_duration.as_deref(), Some("15m0s"));
    assert!(fake.requests().is_empty());
}

#[test]
fn three_failed_lookups_ask_the_api_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(403).on("POST", "/tokens").always());
    let lines: Vec<_> = (0..3)
        .map(|_| plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE)))
        .collect();
    for done in &lines {
        let line = refusal(done);
        assert!(line.starts_with("no credential for demo.cr.de-fra.ionos.com: "));
        assert!(line.contains("(account from IONOS_TOKEN)"), "{line}");
    }
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn not_found_instead_of_a_failure_is_dockers_and_not_the_kubelets() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::status(401).always());
    let plugin = plugin(&home, &fake).env("IONOS_CR_ON_ERROR", "not-found");
    let _ = refusal(&plugin.run(&["kubelet"], request(V1, IMAGE)));
}

#[test]
fn without_an_account_the_line_says_how_to_get_one() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake).without("IONOS_TOKEN");
    let line = plugin.run(&["kubelet"], request(V1, IMAGE));
    assert!(
        refusal(&line).starts_with(
            "no credential for demo.cr.de-fra.ionos.com: there is no IONOS account to ask with; "
        ),
        "{line:?}"
    );
}

/// An API that never answers, under this `IONOS_CR_TIMEOUT`.
fn ask_in_vain(timeout: &str) -> (Done, Duration) {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.fault(Fault::hang().on("GET", "/registries").always());
    let plugin = plugin(&home, &fake).env("IONOS_CR_TIMEOUT", timeout);
    let start = Instant::now();
    let done = plugin.run(&["kubelet"], request(V1, IMAGE));
    (done, start.elapsed())
}

#[test]
fn it_ends_in_its_time() {
    let (done, _) = ask_in_vain("300ms");
    assert!(refusal(&done).contains("gave no answer in time"));
}

#[test]
#[ignore = "takes 50 s"]
fn no_setting_makes_it_last_as_long_as_a_kubelet_waits() {
    let (done, took) = ask_in_vain("10m");
    assert!(refusal(&done).contains("gave no answer in time"));
    assert!(took < Duration::from_secs(MINUTE), "{took:?}");
}

#[test]
fn a_malformed_request_is_one_line() {
    let hint = "this command is run by a kubelet; \"docker-credential-ionos kubelet --check CONFIG\" checks how";
    let good = request(V1, IMAGE);
    let longer = good.replace('}', &format!(",\"x\":\"{}\"}}", "x".repeat(1024 * 1024)));
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    let not_json = "it is not the JSON of an image credential provider";
    for (input, why) in [
        (String::new(), "it is empty"),
        (" \n".into(), "it is empty"),
        (DEMO_HOST.into(), not_json),
        ("[]".into(), not_json),
        ("null".into(), not_json),
        ("\u{0}\u{1}".into(), not_json),
        (good.trim_end().trim_end_matches('}').into(), not_json),
        (format!("{good}{good}"), not_json),
        (format!("{good}x"), not_json),
        (good.replace(&format!("\"{IMAGE}\""), "5"), not_json),
        (
            good.replace("\"image\"", "\"image\":\"a.b/c\",\"image\""),
            not_json,
        ),
        (deep, not_json),
        (
            good.replace("CredentialProviderRequest", "CredentialProviderResponse"),
            "its kind is not CredentialProviderRequest",
        ),
        (
            format!("{{\"ServerURL\":\"{DEMO_HOST}\"}}"),
            "its kind is not CredentialProviderRequest",
        ),
        (
            good.replace("k8s.io/v1", "k8s.io/v2"),
            "its apiVersion is none of credentialprovider.kubelet.k8s.io/v1, credentialprovider.kubelet.k8s.io/v1beta1, credentialprovider.kubelet.k8s.io/v1alpha1",
        ),
        (
            good.replace("k8s.io/v1", "k8s.io/V1"),
            "its apiVersion is none of credentialprovider.kubelet.k8s.io/v1, credentialprovider.kubelet.k8s.io/v1beta1, credentialprovider.kubelet.k8s.io/v1alpha1",
        ),
        (good.replace(IMAGE, ""), "it names no image"),
        (good.replace("\"image\"", "\"img\""), "it names no image"),
        (
            good.replace(IMAGE, "user@demo.cr.de-fra.ionos.com/app"),
            "its image does not begin with a registry's host",
        ),
        (longer, "it is longer than 1 MiB"),
    ] {
        let (fake, home) = (FakeIonos::start(), Home::new());
        let done = plugin(&home, &fake).run(&["kubelet"], &input);
        assert_eq!(
            refusal(&done),
            format!("unusable request on stdin: {why}; {hint}"),
            "{}",
            &input[..input.len().min(200)]
        );
        assert!(fake.requests().is_empty());
    }
}

#[test]
fn more_than_it_wants_is_read_to_the_end() {
    use std::io::Write as _;
    use std::process::Stdio;
    let (fake, home) = (FakeIonos::start(), Home::new());
    let mut child = plugin(&home, &fake)
        .command(&["kubelet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&vec![b' '; 8 * 1024 * 1024]).unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_later_kubelet_may_send_more() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let more = request(V1, IMAGE).replace("\"image\"", "\"podName\":{\"a\":[1]},\"image\"");
    let _ = accept(&plugin(&home, &fake).run(&["kubelet"], more), V1).only(DEMO_HOST);
}

#[test]
fn a_service_accounts_token_is_never_seen_again() {
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.service-account-secret.c2lnbmF0dXJl";
    let (fake, home) = (FakeIonos::start(), Home::new());
    let loud = plugin(&home, &fake).env("IONOS_CR_LOG", "debug");
    let good = request_of(IMAGE, TOKEN, &json!({"x": TOKEN}));
    let in_place_of = |what: &str| good.replace(what, TOKEN);
    let inputs = [
        good.clone(),
        in_place_of("CredentialProviderRequest"),
        in_place_of(V1),
        in_place_of(IMAGE),
        good.replace(IMAGE, &format!("{DEMO_HOST}/{TOKEN}")),
        good.replace(IMAGE, &format!("user:{TOKEN}@{DEMO_HOST}/app")),
        good.replace(&format!("{{\"x\":\"{TOKEN}\"}}"), &format!("\"{TOKEN}\"")),
        good.replace(IMAGE, "nginx"),
        good.trim_end().trim_end_matches('}').to_owned(),
        TOKEN.to_owned(),
    ];
    for fault in [None, Some(403), Some(500)] {
        if let Some(status) = fault {
            fake.fault(Fault::status(status).always());
            home.entries()
                .iter()
                .for_each(|entry| fs::remove_file(entry).unwrap());
        }
        for input in &inputs {
            let done = loud.run(&["kubelet"], input);
            for text in [&done.stdout, &done.stderr] {
                assert!(!text.contains("service-account-secret"), "{done:?}");
                assert!(!text.contains(ACCOUNT_MARKER), "{done:?}");
            }
            assert!(!done.stderr.contains(MINTED_MARKER), "{done:?}");
        }
    }
    for file in walk(home.path()).into_iter().filter(|path| path.is_file()) {
        let content = fs::read_to_string(&file).unwrap();
        assert!(
            !content.contains("service-account-secret"),
            "{}",
            file.display()
        );
    }
    for request in fake.requests() {
        assert!(!format!("{request:?}").contains("service-account-secret"));
    }
}

#[test]
fn what_is_logged_does_not_get_into_the_answer() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake)
        .env("IONOS_CR_LOG", "debug")
        .run(&["kubelet"], request(V1, IMAGE));
    assert!(done.stderr.contains("minted"));
    let _ = accept(&done, V1).only(DEMO_HOST);
}

#[test]
fn a_hundred_pulls_of_different_images_mint_once() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    // Where cores are few, a hundred processes take a while to start.
    let plugin = plugin(&home, &fake).env("IONOS_CR_TIMEOUT", "60s");
    let started: Vec<Started> = (0..100)
        .map(|n| plugin.start(&["kubelet"], request(V1, &format!("{DEMO_HOST}/app-{n}"))))
        .collect();
    let answers: Vec<Response> = started
        .into_iter()
        .map(|started| accept(&started.finish(), V1))
        .collect();
    assert!(answers.iter().all(|answer| answer.auth == answers[0].auth));
    let _ = answers[0].only(DEMO_HOST);
    assert_eq!(fake.count("POST", "/tokens"), 1);
    assert_eq!(fake.count("GET", "/registries"), 1);
}

#[test]
fn the_cache_of_dockers_pull_profile_is_shared_and_no_other() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    fake.add_registry(RegistrySpec::new("other"));
    let docker = home.helper_for(&fake);
    let wide = docker.get(DEMO_HOST).credential();
    let narrow = docker
        .run(&["--profile", "pull", "get"], DEMO_HOST)
        .credential();
    let done = plugin(&home, &fake).run(&["kubelet"], request(V1, IMAGE));
    let response = accept(&done, V1);
    assert_eq!(response.only(DEMO_HOST).password, narrow.secret);
    assert_ne!(wide.secret, narrow.secret);
    assert_eq!(fake.count("POST", "/tokens"), 2);
}

#[test]
fn it_works_without_any_place_to_cache_in() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let plugin = plugin(&home, &fake).env("IONOS_CR_DISABLE_CACHE", "true");
    for _ in 0..2 {
        let done = plugin.run(&["kubelet"], request(V1, IMAGE));
        assert_eq!(done.stderr, "");
        let _ = accept(&done, V1).only(DEMO_HOST);
    }
    assert_eq!(fake.count("POST", "/tokens"), 2);
    assert_eq!(home.files(), [""; 0]);
}

/// As root, in a set of mounts of its own with an empty `/run`. `None`: skipped.
fn as_root(fake: &FakeIonos, home: &Home, script: &str) -> Option<Done> {
    let script = format!("mount -t tmpfs none /run || exit\n{script}");
    let helper = plugin(home, fake).without("XDG_CACHE_HOME");
    mounts::run(helper, &script, request(V1, IMAGE))
}

#[test]
fn root_without_a_home_caches_in_its_runtime_directory() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let script = format!(
        "read -r request
        for n in 1 2; do echo \"$request\" | {BIN} kubelet || exit; done
        cd /run && stat -c '%a %n' docker-credential-ionos docker-credential-ionos/*
        find . -name '*.json' -exec stat -c '%a' {{}} +"
    );
    let Some(done) = as_root(&fake, &home, &script) else {
        return;
    };
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(
        lines[2..],
        [
            "700 docker-credential-ionos",
            "700 docker-credential-ionos/demo.cr.de-fra.ionos.com",
            "600"
        ]
    );
    assert_eq!(fake.count("POST", "/tokens"), 1);
}

#[test]
fn the_runtime_directory_is_the_last_choice_and_only_the_kubelets() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let cache = home.path().join("cache");
    let script = format!(
        "read -r request
        echo \"$request\" | IONOS_CR_CACHE_DIR={cache} {BIN} kubelet || exit
        echo \"$request\" | XDG_CACHE_HOME={cache} {BIN} kubelet || exit
        echo \"$request\" | HOME={cache} {BIN} kubelet || exit
        {BIN} get {DEMO_HOST} || exit
        ls /run",
        cache = cache.display()
    );
    let Some(done) = as_root(&fake, &home, &script) else {
        return;
    };
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(done.stdout.lines().count(), 4, "{done:?}");
    let json = |path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "json");
    assert_eq!(walk(&cache).into_iter().filter(json).count(), 3);
}
