//! Malformed, oversized and newer requests, and requests with a service account token.

use std::fs;

use serde_json::json;

use super::player::{V1, accept, plugin, request, request_of};
use super::{IMAGE, refusal};
use crate::support::fake_ionos::{ACCOUNT_MARKER, DEMO_HOST, FakeIonos, Fault, MINTED_MARKER};
use crate::support::helper::{Home, walk};

#[test]
fn malformed_request_is_one_error_line() {
    let hint = "this command is for the kubelet; \"docker-credential-ionos kubelet --check CONFIG\" checks its configuration";
    let good = request(V1, IMAGE);
    let longer = good.replace('}', &format!(",\"x\":\"{}\"}}", "x".repeat(1024 * 1024)));
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    let not_json = "it is not the JSON of an image credential provider";
    for (input, why) in [
        (String::new(), "it is empty"),
        (" \n".into(), "it is empty"),
        (DEMO_HOST.into(), not_json),
        ("[]".into(), not_json),
        (
            format!("[\"CredentialProviderRequest\",\"{V1}\",\"{IMAGE}\",null]"),
            not_json,
        ),
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
            "its apiVersion is not credentialprovider.kubelet.k8s.io/v1, v1beta1 or v1alpha1",
        ),
        (
            good.replace("k8s.io/v1", "k8s.io/V1"),
            "its apiVersion is not credentialprovider.kubelet.k8s.io/v1, v1beta1 or v1alpha1",
        ),
        (good.replace(IMAGE, ""), "it has no image"),
        (good.replace("\"image\"", "\"img\""), "it has no image"),
        (
            good.replace(IMAGE, "user@demo.cr.de-fra.ionos.com/app"),
            "its image does not begin with the host of a registry",
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
fn oversized_request_is_read_to_eof() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let code = plugin(&home, &fake).feed(&["kubelet"], &vec![b' '; 8 * 1024 * 1024]);
    assert_eq!(code, Some(1));
}

#[test]
fn unknown_request_members_are_ignored() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let more = request(V1, IMAGE).replace("\"image\"", "\"podName\":{\"a\":[1]},\"image\"");
    let _ = accept(&plugin(&home, &fake).run(&["kubelet"], more), V1).only(DEMO_HOST);
}

#[test]
fn service_account_token_is_never_written_or_sent() {
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
fn debug_log_stays_out_of_the_response() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = plugin(&home, &fake)
        .env("IONOS_CR_LOG", "debug")
        .run(&["kubelet"], request(V1, IMAGE));
    assert!(done.stderr.contains("minted"));
    let _ = accept(&done, V1).only(DEMO_HOST);
}
