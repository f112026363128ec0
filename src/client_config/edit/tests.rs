//! Edits of files in every style.

use proptest::prelude::*;

use super::*;

fn draft(text: &str) -> Draft {
    Draft::new(text.as_bytes()).unwrap()
}

fn set(text: &str, host: &str, helper: &str) -> (Change, String) {
    let mut draft = draft(text);
    let change = draft.set(&RegistryHost::parse(host).unwrap(), helper);
    (change, draft.text)
}

fn added(text: &str) -> String {
    let (change, text) = set(text, "a.cr.ionos.com", "ionos");
    assert_eq!(change, Change::Added);
    text
}

fn removed(text: &str) -> String {
    let mut draft = draft(text);
    draft.remove(|key, helper| key == "a.cr.ionos.com" && helper == "ionos");
    draft.text
}

const NEW: &str = "{\n\t\"credHelpers\": {\n\t\t\"a.cr.ionos.com\": \"ionos\"\n\t}\n}";

#[test]
fn entry_is_written_in_the_style_of_the_file() {
    for (before, after) in [
        ("", format!("{NEW}\n").as_str()),
        (" \n ", &format!("{NEW}\n")),
        ("{}", NEW),
        ("{ }\n", &format!("{NEW}\n")),
        // Docker's own writing has no line end at the end of the file.
        (
            "{\n\t\"auths\": {}\n}",
            "{\n\t\"auths\": {},\n\t\"credHelpers\": {\n\t\t\"a.cr.ionos.com\": \"ionos\"\n\t}\n}",
        ),
        (
            "{\r\n  \"auths\" : {}\r\n}\r\n",
            "{\r\n  \"auths\" : {},\r\n  \"credHelpers\" : {\r\n    \"a.cr.ionos.com\" : \"ionos\"\r\n  }\r\n}\r\n",
        ),
        // Go ignores the case of this key.
        (
            r#"{"CredHelpers":{"gcr.io":"gcr"}}"#,
            r#"{"CredHelpers":{"gcr.io":"gcr","a.cr.ionos.com":"ionos"}}"#,
        ),
        (
            r#"{"auths":{}}"#,
            r#"{"auths":{},"credHelpers":{"a.cr.ionos.com":"ionos"}}"#,
        ),
        (
            r#"{ "auths": {}, "b": 1 }"#,
            r#"{ "auths": {}, "b": 1, "credHelpers": {"a.cr.ionos.com": "ionos"} }"#,
        ),
        (
            "{\"a\":1,\n \"b\":2}",
            "{\"a\":1,\n \"b\":2,\n \"credHelpers\":{\n  \"a.cr.ionos.com\":\"ionos\"\n }}",
        ),
        (
            r#"{"credHelpers":{"gcr.io":"gcr"},"b":1}"#,
            r#"{"credHelpers":{"gcr.io":"gcr","a.cr.ionos.com":"ionos"},"b":1}"#,
        ),
        (
            "{\n  \"credHelpers\": {\n\n    \"gcr.io\": \"gcr\"   \n  }\n}",
            "{\n  \"credHelpers\": {\n\n    \"gcr.io\": \"gcr\",\n    \"a.cr.ionos.com\": \"ionos\"   \n  }\n}",
        ),
        (
            "{\n  \"credHelpers\": {\n  },\n  \"b\": 1\n}",
            "{\n  \"credHelpers\": {\n    \"a.cr.ionos.com\": \"ionos\"\n  },\n  \"b\": 1\n}",
        ),
        (
            r#"{"credHelpers": null}"#,
            r#"{"credHelpers": {"a.cr.ionos.com": "ionos"}}"#,
        ),
    ] {
        assert_eq!(added(before), after);
        assert_eq!(
            set(after, "a.cr.ionos.com", "ionos"),
            (Change::Unchanged, after.to_owned())
        );
    }
}

#[test]
fn another_helper_is_replaced_in_place() {
    let config =
        |helper| format!("{{\"credHelpers\": {{\"a.cr.ionos.com\" :{helper} , \"b\": \"x\"}}}}");
    for (was, name) in [
        ("\"pass\"", "pass"),
        ("5", ""),
        ("\"ionos-push\"", "ionos-push"),
    ] {
        assert_eq!(
            set(&config(was), "a.cr.ionos.com", "ionos-pull"),
            (Change::Replaced(name.to_owned()), config("\"ionos-pull\""))
        );
    }
    let twice = r#"{"credHelpers": {"a.cr.ionos.com": "ionos", "a.cr.ionos.com": "pass"}}"#;
    assert_eq!(
        set(twice, "a.cr.ionos.com", "ionos"),
        (
            Change::Replaced("pass".to_owned()),
            twice.replace("pass", "ionos")
        )
    );
}

#[test]
fn file_that_cannot_be_edited_is_refused() {
    for (text, what) in [
        (
            r#"{"credHelpers": [], "auths": "hunter2"}"#,
            "credHelpers is not an object",
        ),
        (
            r#"{"credHelpers": {}, "credHelpers": {}}"#,
            "duplicate key credHelpers",
        ),
        ("{,}", "invalid JSON at line 1, column 2"),
    ] {
        let refused = Draft::new(text.as_bytes());
        assert_eq!(refused.err().unwrap().what, what);
    }
}

#[test]
fn remove_deletes_our_entries_and_an_empty_object() {
    for (before, after) in [
        (
            r#"{"credHelpers": {"a.cr.ionos.com": "ionos", "gcr.io": "gcr"}}"#,
            r#"{"credHelpers": {"gcr.io": "gcr"}}"#,
        ),
        (
            r#"{"credHelpers": {"gcr.io": "gcr", "a.cr.ionos.com": "ionos"}}"#,
            r#"{"credHelpers": {"gcr.io": "gcr"}}"#,
        ),
        (
            r#"{"credHelpers": {"a.cr.ionos.com": "ionos"}, "b": 1}"#,
            r#"{"b": 1}"#,
        ),
        (
            r#"{"credHelpers": {"a.cr.ionos.com": "pass"}, "b": 1}"#,
            r#"{"credHelpers": {"a.cr.ionos.com": "pass"}, "b": 1}"#,
        ),
        (&format!("{NEW}\n"), "{}\n"),
    ] {
        assert_eq!(removed(before), after);
    }
}

/// Any object, written in any manner JSON allows.
fn object() -> impl Strategy<Value = String> {
    let space = "[ \t]{0,2}(\r?\n)?[ \t]{0,4}";
    let text = "\"([a-z/:.{}\\[\\], é]|\\\\\"|\\\\\\\\|\\\\u00e9|\\\\n){0,8}\"";
    let scalar = prop_oneof![text, "-?[1-9][0-9]{0,3}(\\.5)?", "true|false|null"];
    let written = |brackets: (&'static str, &'static str), items: Vec<(String, String, String)>| {
        let items: Vec<String> = items
            .into_iter()
            .map(|(before, item, after)| format!("{before}{item}{after}"))
            .collect();
        format!("{}{}{}", brackets.0, items.join(","), brackets.1)
    };
    let value = scalar.prop_recursive(4, 24, 4, move |inner| {
        let member = (text, space, space, inner.clone())
            .prop_map(|(key, before, after, value)| format!("{key}{before}:{after}{value}"));
        prop_oneof![
            prop::collection::vec((space, inner, space), 0..4)
                .prop_map(move |items| written(("[", "]"), items)),
            prop::collection::vec((space, member, space), 0..4)
                .prop_map(move |items| written(("{", "}"), items)),
        ]
    });
    let member = (text, space, space, value)
        .prop_map(|(key, before, after, value)| format!("{key}{before}:{after}{value}"));
    let helpers = prop::collection::vec("\"[a-z.]{1,9}\": ?\"[a-z]{1,5}\"", 1..4)
        .prop_map(|entries| format!("\"credHelpers\": {{{}}}", entries.join(", ")));
    let members = prop::collection::vec((space, member, space), 1..5);
    (members, prop::option::of((space, helpers, space)), space).prop_map(
        move |(mut members, helpers, after)| {
            members.extend(helpers);
            format!("{}{after}", written(("{", "}"), members))
        },
    )
}

proptest! {
    #[test]
    fn adding_touches_nothing_else_and_removing_undoes_it(before in object()) {
        let after = added(&before);
        let mut expected: serde_json::Value = serde_json::from_str(&before).unwrap();
        expected[CRED_HELPERS]["a.cr.ionos.com"] = "ionos".into();
        let seen: serde_json::Value = serde_json::from_str(&after).unwrap();
        prop_assert_eq!(seen, expected);
        prop_assert_eq!(removed(&after), before);
    }

    #[test]
    fn any_file_is_changed_in_one_entry_or_refused_in_one_line(bytes in crate::testing::hostile::bytes(NEW)) {
        crate::testing::docker_config(&bytes);
    }
}
