//! The warnings of `kubelet --check`: problems that may be intended or may not exist on the node.

use super::check::{GOOD, accepted, check};
use crate::support::helper::Home;

#[test]
fn possible_problem_is_a_warning_without_the_value() {
    let home = Home::new();
    let token = home.file("hidden-token", "eyJ");
    let empty = home.file("hidden-empty", "");
    let config = home.file(
        "hidden.json",
        r#"{"registries": {"registry.example.com": {}}}"#,
    );
    let absent = home.at("nowhere/hidden").display().to_string();
    let file = "create it on the node";
    let in_file = "write the token into a file for root and name it in IONOS_TOKEN_FILE";
    for (name, value, warning, hint) in [
        ("IONOS_TOKEN_FILE", token.as_str(), "", ""),
        (
            "IONOS_TOKEN_FILE",
            &empty,
            "env: IONOS_TOKEN_FILE: the file is empty",
            file,
        ),
        (
            "IONOS_TOKEN_FILE",
            &absent,
            "env: IONOS_TOKEN_FILE: No such file or directory",
            file,
        ),
        (
            "IONOS_TOKEN_FILE",
            "hidden",
            "env: IONOS_TOKEN_FILE: not an absolute path",
            "begin it with /",
        ),
        ("IONOS_CR_CONFIG", &config, "", ""),
        (
            "IONOS_TOKEN",
            "hidden",
            "env: IONOS_TOKEN is a secret in a file that others may be able to read",
            in_file,
        ),
        (
            "IONOS_CR_ACTIONS",
            "hidden",
            "env: IONOS_CR_ACTIONS has no effect: the kubelet gets tokens that can only pull",
            "add --profile to args",
        ),
    ] {
        let env = format!("env: [{{name: {name}, value: {value}}}]\n  args:");
        let path = home.file("config.yaml", &GOOD.replace("args:", &env));
        let done = check(&home, &path);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(done.stdout, format!("{}\n", accepted(&path)));
        let wanted = if warning.is_empty() {
            String::new()
        } else {
            format!("warning: {path}: providers[0].{warning}\nhint: {hint}\n")
        };
        assert_eq!(done.stderr, wanted);
    }
}

#[test]
fn custom_domain_must_be_in_the_config_file() {
    let home = Home::new();
    let config = home.file(
        "own.json",
        r#"{"registries": {"registry.example.com": {}}}"#,
    );
    let with_domain = GOOD.replace(
        "\"*.cr.*.ionos.com\"",
        "\"*.cr.*.ionos.com\", registry.example.com",
    );
    let path = home.file("config.yaml", &with_domain);
    let done = check(&home, &path);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(
        done.stderr,
        format!(
            "warning: {path}: providers[0].matchImages: 'registry.example.com' is not a registry of this program\nhint: name it in registries of the config.json in IONOS_CR_CONFIG\n"
        )
    );
    let env = format!("env: [{{name: IONOS_CR_CONFIG, value: {config}}}]\n  args:");
    let path = home.file("config.yaml", &with_domain.replace("args:", &env));
    check(&home, &path).says(&format!("{}\n", accepted(&path)));
}
