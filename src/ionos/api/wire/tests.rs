use super::*;

#[test]
fn date_is_read_in_every_form() {
    let at = Some(1_784_138_400);
    for text in [
        "2026-07-15T18:00:00Z",
        "2026-07-15T18:00:00.000+00:00",
        "2026-07-15T20:00:00+02:00",
        "2026-07-15T18:00:00",
    ] {
        assert_eq!(parse_date(text), at, "{text}");
    }
    assert_eq!(parse_date(""), None);
}

#[test]
fn error_message_is_read_from_any_body() {
    for (body, code, message) in [
        (
            r#"{"httpStatus":409,"messages":[{"errorCode":"0","message":"already exists"}]}"#,
            "0",
            "already exists",
        ),
        (r#"{"msg":"Not Found"}"#, "", "Not Found"),
        (r#"{"errorCode":"x","message":"feature"}"#, "x", "feature"),
        (r#"{"errorCode":7,"message":"feature"}"#, "", "feature"),
        (r#"{"httpStatus":500,"messages":null}"#, "", ""),
        (
            r#"{"title":"Forbidden","status":403,"detail":"no such tenant"}"#,
            "",
            "no such tenant",
        ),
        (
            r#"{"type":"about:blank","title":"Forbidden"}"#,
            "",
            "Forbidden",
        ),
        ("\u{feff}{\"message\":\"after a mark\"}", "", "after a mark"),
        ("<html>", "", ""),
        ("", "", ""),
    ] {
        let read = ErrorMessage::parse(body.as_bytes());
        let seen = (read.error_code.as_str(), read.message.as_str());
        assert_eq!(seen, (code, message), "{body}");
    }
}

#[test]
fn null_counts_as_missing() {
    for body in [
        r#"{"items":null,"pagination":null}"#,
        r#"{"_links":{}}"#,
        r#"{"items":[null],"pagination":{"token":null}}"#,
    ] {
        let page: Page<Registry> = serde_json::from_str(body).unwrap();
        let (items, next) = page.into_parts().unwrap();
        assert_eq!(next, None);
        assert!(items.accepted.is_empty());
        assert_eq!(items.skipped, 0);
    }
    for body in [
        r"{}",
        r#"{"id":null,"properties":null}"#,
        r#"{"properties":{"credentials":null,"expiryDate":null}}"#,
        r#"{"properties":{"credentials":{"username":null,"password":null}}}"#,
        r#"{"properties":{"credentials":{"username":"u","password":""}}}"#,
    ] {
        let token: Object<TokenProperties> = serde_json::from_str(body).unwrap();
        assert!(token.into_token(None).is_none(), "{body}");
    }
}

#[test]
fn unreadable_items_of_a_list_are_counted_and_skipped() {
    let id = "789f8e3c-d5c8-4359-8f85-c200fb89e97c";
    let text = format!(
        r#"{{"items":[1,null,"x",[],{{}},{{"id":"../x"}},{{"id":"{id}","properties":{{"hostname":7}}}},{{"id":"{id}","metadata":{{"state":{{}}}},"properties":{{"name":"n","apiSubnetAllowList":"all"}}}}]}}"#
    );
    let page: Page<Registry> = serde_json::from_str(&text).unwrap();
    let (items, _) = page.into_parts().unwrap();
    assert_eq!((items.count, items.skipped), (8, 6));
    let [registry] = items.accepted.as_slice() else {
        panic!("{:?}", items.accepted)
    };
    assert_eq!((registry.name.as_str(), &registry.state), ("n", &None));
}

const REGISTRIES: &str = r#"{"items":[{"id":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","metadata":{"state":"Running"},"properties":{"name":"demo","hostname":"demo.cr.de-fra.ionos.com","apiSubnetAllowList":["10.0.0.0/8"]}}],"pagination":{"token":"x"}}"#;
const TOKEN: &str = r#"{"id":"789f8e3c-d5c8-4359-8f85-c200fb89e97c","metadata":{"createdDate":"2026-01-01T00:00:00Z"},"properties":{"name":"n","expiryDate":"2027-01-01T00:00:00Z","status":"enabled","scopes":[{"type":"repository","name":"*","actions":["pull"]}],"credentials":{"username":"u","password":"p"}}}"#;
const ERROR: &str = r#"{"httpStatus":400,"messages":[{"errorCode":"1","message":"said"}]}"#;

proptest::proptest! {
    #[test]
    fn any_list_of_registries_is_read_or_refused(bytes in crate::testing::hostile::bytes(REGISTRIES)) {
        crate::testing::api_answer(&bytes);
    }

    #[test]
    fn any_token_can_be_logged_in_with_or_is_refused(bytes in crate::testing::hostile::bytes(TOKEN)) {
        crate::testing::api_answer(&bytes);
    }

    #[test]
    fn any_error_is_quoted_in_one_line_without_what_was_sent(bytes in crate::testing::hostile::bytes(ERROR)) {
        crate::testing::api_answer(&bytes);
    }
}
