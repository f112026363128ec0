//! `kubelet --check`: every rule of the kubelet, and what it silently never uses.

use std::path::Path;

use crate::support::helper::{Done, Home};

const SHIPPED: &str =
    include_str!("../../../packaging/kubernetes/node/credential-provider-config.yaml");

/// Nothing to find in it.
const GOOD: &str = r#"apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: docker-credential-ionos
  matchImages: ["*.cr.*.ionos.com"]
  defaultCacheDuration: "0s"
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  args: ["kubelet"]
  tokenAttributes:
    serviceAccountTokenAudience: any
    cacheType: ServiceAccount
    requireServiceAccount: false
    optionalServiceAccountAnnotationKeys: ["docker-credential-ionos/profile"]
"#;

fn check(home: &Home, path: &str) -> Done {
    home.helper().run(&["kubelet", "--check", path], "")
}

/// What is found in this configuration, without the file's name.
#[track_caller]
fn findings(config: &str) -> Vec<String> {
    let home = Home::new();
    let path = home.file("config.yaml", config);
    let done = check(&home, &path);
    assert_eq!(done.stderr, "", "{config}");
    let lines: Vec<_> = done.stdout.lines().collect();
    if done.code == Some(0) {
        assert_eq!(lines, [format!("{path}: a kubelet accepts this")]);
        return Vec::new();
    }
    assert_eq!(done.code, Some(1));
    assert!(!lines.is_empty());
    let prefix = format!("{path}: ");
    lines
        .iter()
        .map(|line| line.strip_prefix(&prefix).expect(line).to_owned())
        .collect()
}

/// The one finding once `from` is `to`.
#[track_caller]
fn found(from: &str, to: &str, finding: &str) {
    assert!(GOOD.contains(from), "{from}");
    assert_eq!(
        findings(&GOOD.replacen(from, to, 1)),
        [finding],
        "{from} -> {to}"
    );
}

#[track_caller]
fn fine(from: &str, to: &str) {
    assert!(GOOD.contains(from), "{from}");
    assert_eq!(findings(&GOOD.replacen(from, to, 1)), [""; 0], "{to}");
}

#[test]
fn a_good_configuration_is_accepted() {
    assert_eq!(findings(GOOD), [""; 0]);
    assert_eq!(findings(&format!("---\n{GOOD}")), [""; 0]);
    let yaml: serde_json::Value = serde_saphyr::from_str(GOOD).unwrap();
    assert_eq!(findings(&yaml.to_string()), [""; 0]);
    assert_eq!(
        findings(&serde_json::to_string_pretty(&yaml).unwrap()),
        [""; 0]
    );
    for (from, to) in [
        ("- name: docker-credential-ionos", "- name: ionos"),
        ("\"0s\"", "10m"),
        ("\"0s\"", "\"0\""),
        ("\"0s\"", "\"1h30m\""),
        (
            "requireServiceAccount: false",
            "requireServiceAccount: true",
        ),
        ("cacheType: ServiceAccount", "cacheType: Token"),
        ("args: [\"kubelet\"]", "args: [kubelet, --profile, deploy]"),
        ("args: [\"kubelet\"]", "args: [get-credentials]"),
        (
            "args: [\"kubelet\"]",
            "args: [kubelet]\n  env: [{name: A, value: b}]",
        ),
        ("args: [\"kubelet\"]", "args: [kubelet]\n  env:"),
        ("args: [\"kubelet\"]", "args: [--profile, deploy, kubelet]"),
    ] {
        fine(from, to);
    }
}

#[test]
fn the_file_we_ship_is_accepted_also_with_what_is_commented_out() {
    let home = Home::new();
    let token = home.file("token", "eyJ");
    let shipped = SHIPPED.replace("/etc/ionos/token", &token);
    assert_eq!(findings(&shipped), [""; 0]);
    let all = shipped
        .replace("      # - name", "      - name")
        .replace("      #   value", "        value")
        .replace("    # tokenAttributes:", "    tokenAttributes:")
        .replace("    #   ", "      ");
    assert!(all.contains("\n    tokenAttributes:\n      service"));
    assert!(all.contains("- name: IONOS_CR_CONFIG\n        value"));
    assert_eq!(findings(&all), [""; 0]);
}

#[test]
fn what_the_kubelet_refuses_is_found() {
    let v1 = "credentialprovider.kubelet.k8s.io/v1";
    let images = "write [\"*.cr.*.ionos.com\", \"*.cr.ionos.com\"]";
    let duration = "write \"0s\" or \"15m\"; ours says in each answer how long it holds";
    let file = "write the program's file name in the directory of plugins";
    for (from, to, finding) in [
        // The head.
        (
            "kind: CredentialProviderConfig",
            "kind: KubeletConfiguration",
            "kind: refused: not CredentialProviderConfig; write CredentialProviderConfig".to_owned(),
        ),
        (
            "kind: CredentialProviderConfig\n",
            "",
            "kind: refused: missing; write CredentialProviderConfig".into(),
        ),
        (
            "kubelet.config.k8s.io/v1\n",
            "kubelet.config.k8s.io/v2\n",
            "apiVersion: refused: no version of a configuration; write kubelet.config.k8s.io/v1".into(),
        ),
        (
            "apiVersion: kubelet.config.k8s.io/v1\n",
            "",
            "apiVersion: refused: missing; write kubelet.config.k8s.io/v1".into(),
        ),
        (
            "apiVersion: kubelet.config.k8s.io/v1\n",
            "apiVersion: 1\n",
            "apiVersion: refused: not a text; put it in quotes".into(),
        ),
        (
            "kind:",
            "metadata: {}\nkind:",
            "metadata: refused: unknown key; known here are apiVersion, kind, providers".into(),
        ),
        // Keys.
        (
            "  args:",
            "  Args:",
            "providers[0].Args: refused: unknown key; did you mean args?\u{0}providers[0].args: never works: without \"kubelet\" the program does not know who asks; write [\"kubelet\"]".into(),
        ),
        (
            "  args:",
            "  environment: []\n  args:",
            "providers[0].environment: refused: unknown key; known here are name, matchImages, defaultCacheDuration, apiVersion, args, env, tokenAttributes".into(),
        ),
        (
            "  args:",
            "  env: [{name: A, valeu: b}]\n  args:",
            "providers[0].env[0].valeu: refused: unknown key; did you mean value?".into(),
        ),
        (
            "  args:",
            "  env: [{name: A, value: 1}]\n  args:",
            "providers[0].env[0].value: refused: not a text; put it in quotes".into(),
        ),
        (
            "  args:",
            "  env: [{name: A, value: yes}]\n  args:",
            "providers[0].env[0].value: refused: not a text; put it in quotes".into(),
        ),
        (
            "    cacheType:",
            "    cachetype: Token\n    cacheType:",
            "providers[0].tokenAttributes.cachetype: refused: unknown key; did you mean cacheType?".into(),
        ),
        (
            "args: [\"kubelet\"]",
            "args: [kubelet, --profil, x]",
            "providers[0].args: never works: kubelet takes no argument but --profile; write [\"kubelet\"] or [\"kubelet\", \"--profile\", \"NAME\"]".into(),
        ),
        (
            "args: [\"kubelet\"]",
            "args: kubelet",
            "providers[0].args: refused: not a list of texts; write [\"…\", \"…\"]".into(),
        ),
        // The name.
        (
            "- name: docker-credential-ionos\n  match",
            "- match",
            format!("providers[0].name: refused: missing; {file}"),
        ),
        (
            "name: docker-credential-ionos",
            "name: bin/docker-credential-ionos",
            format!("providers[0].name: refused: not a file name; {file}"),
        ),
        (
            "name: docker-credential-ionos",
            "name: docker credential",
            format!("providers[0].name: refused: not a file name; {file}"),
        ),
        (
            "name: docker-credential-ionos",
            "name: ..",
            format!("providers[0].name: refused: not a file name; {file}"),
        ),
        // Images.
        (
            "[\"*.cr.*.ionos.com\"]",
            "[]",
            format!("providers[0].matchImages: refused: missing; {images}"),
        ),
        (
            "  matchImages: [\"*.cr.*.ionos.com\"]\n",
            "",
            format!("providers[0].matchImages: refused: missing; {images}"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"*.cr.*.ionos.com:*\"",
            "providers[0].matchImages[0]: refused: '*.cr.*.ionos.com:*' has no number as its port; write the port as digits; * is for hosts".into(),
        ),
        // Durations.
        (
            "  defaultCacheDuration: \"0s\"\n",
            "",
            format!("providers[0].defaultCacheDuration: refused: missing; {duration}"),
        ),
        (
            "\"0s\"",
            "0",
            "providers[0].defaultCacheDuration: refused: not a duration in quotes; write \"0s\" or \"15m\"".into(),
        ),
        (
            "\"0s\"",
            "1d",
            format!("providers[0].defaultCacheDuration: refused: not a duration of Go; {duration}"),
        ),
        (
            "\"0s\"",
            "\"-5s\"",
            format!("providers[0].defaultCacheDuration: refused: less than nothing; {duration}"),
        ),
        // The version of the protocol.
        (
            "  apiVersion: credentialprovider.kubelet.k8s.io/v1\n",
            "",
            format!("providers[0].apiVersion: refused: missing; write {v1}"),
        ),
        (
            "credentialprovider.kubelet.k8s.io/v1\n  args",
            "credentialprovider.kubelet.k8s.io/v2\n  args",
            format!("providers[0].apiVersion: refused: no version of the protocol; write {v1}\u{0}providers[0].tokenAttributes: refused: only for apiVersion {v1}; change it"),
        ),
        (
            "credentialprovider.kubelet.k8s.io/v1\n  args",
            "credentialprovider.kubelet.k8s.io/v1beta1\n  args",
            format!("providers[0].tokenAttributes: refused: only for apiVersion {v1}; change it"),
        ),
        // Service accounts.
        (
            "kubelet.config.k8s.io/v1\n",
            "kubelet.config.k8s.io/v1beta1\n",
            "providers[0].tokenAttributes: refused: unknown key; known here are name, matchImages, defaultCacheDuration, apiVersion, args, env".into(),
        ),
        (
            "    serviceAccountTokenAudience: any\n",
            "",
            "providers[0].tokenAttributes.serviceAccountTokenAudience: refused: missing; name any; the token is not looked at".into(),
        ),
        (
            "    cacheType: ServiceAccount\n",
            "",
            "providers[0].tokenAttributes.cacheType: refused: missing; write ServiceAccount".into(),
        ),
        (
            "cacheType: ServiceAccount",
            "cacheType: serviceaccount",
            "providers[0].tokenAttributes.cacheType: refused: neither ServiceAccount nor Token; write ServiceAccount".into(),
        ),
        (
            "    requireServiceAccount: false\n",
            "",
            "providers[0].tokenAttributes.requireServiceAccount: refused: missing; write false, so that pods without one can pull too".into(),
        ),
        (
            "requireServiceAccount: false",
            "requireServiceAccount: \"false\"",
            "providers[0].tokenAttributes.requireServiceAccount: refused: not true or false; write true or false without quotes".into(),
        ),
        (
            "    optionalServiceAccountAnnotationKeys: [",
            "    requiredServiceAccountAnnotationKeys: [a]\n    optionalServiceAccountAnnotationKeys: [",
            "providers[0].tokenAttributes.requiredServiceAccountAnnotationKeys: refused: not while requireServiceAccount is false; list docker-credential-ionos/profile under optionalServiceAccountAnnotationKeys".into(),
        ),
        (
            "requireServiceAccount: false\n    optional",
            "requireServiceAccount: true\n    requiredServiceAccountAnnotationKeys: [docker-credential-ionos/profile]\n    optional",
            "providers[0].tokenAttributes.optionalServiceAccountAnnotationKeys[0]: refused: also in requiredServiceAccountAnnotationKeys; keep one of them".into(),
        ),
        (
            "[\"docker-credential-ionos/profile\"]",
            "[a, a]",
            "providers[0].tokenAttributes.optionalServiceAccountAnnotationKeys[1]: refused: there twice; keep one of them".into(),
        ),
        (
            "[\"docker-credential-ionos/profile\"]",
            "[\"a/b/c\"]",
            "providers[0].tokenAttributes.optionalServiceAccountAnnotationKeys[0]: refused: not the key of an annotation; ours is docker-credential-ionos/profile".into(),
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let wanted: Vec<_> = finding.split('\0').collect();
        assert_eq!(findings(&GOOD.replacen(from, to, 1)), wanted, "{from} -> {to}");
    }
}

#[test]
fn what_is_accepted_and_never_used_is_found() {
    let pattern = "\"*.cr.*.ionos.com\"";
    let at = "providers[0].matchImages[0]: never matches:";
    found(
        pattern,
        "\"https://*.cr.*.ionos.com\"",
        &format!("{at} 'https://*.cr.*.ionos.com' has a scheme; write the host alone"),
    );
    found(
        pattern,
        "\"*.ionos.com\"",
        &format!(
            "{at} '*.ionos.com' fits no IONOS registry: each * stands for one label; use *.cr.*.ionos.com and *.cr.ionos.com"
        ),
    );
    found(
        pattern,
        "\"*.cr.*.ionos.com:443\"",
        &format!(
            "{at} '*.cr.*.ionos.com:443' has a port, and images of IONOS registries have none; leave the port out"
        ),
    );
    let args = "providers[0].args: never works: without \"kubelet\" the program does not know who asks; write [\"kubelet\"]";
    found("  args: [\"kubelet\"]\n", "", args);
    found("[\"kubelet\"]", "[]", args);
    found("[\"kubelet\"]", "[get]", args);
    let other = GOOD
        .replace("docker-credential-ionos\n", "ecr-credential-provider\n")
        .replace("*.cr.*.ionos.com", "*.dkr.ecr.*.amazonaws.com")
        .replace("[\"kubelet\"]", "[]");
    assert_eq!(
        findings(&other),
        [
            "providers: never works: none is docker-credential-ionos; add one of that name, or with matchImages of ionos.com"
        ]
    );
}

#[test]
fn all_of_it_is_found_at_once() {
    let bad = "apiVersion: v1\nproviders:\n- {}\n- name: a\n  matchImages: [5]\n- x\n";
    let places: Vec<_> = findings(bad)
        .iter()
        .map(|line| line.split(": ").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        [
            "kind",
            "apiVersion",
            "providers[0].name",
            "providers[0].matchImages",
            "providers[0].defaultCacheDuration",
            "providers[0].apiVersion",
            "providers[1].matchImages",
            "providers[1].defaultCacheDuration",
            "providers[1].apiVersion",
            "providers[2]",
        ]
    );
}

#[test]
fn what_is_no_document_is_found_and_not_quoted() {
    for (config, finding) in [
        ("", "refused: not a mapping; write \"key: value\" lines"),
        (
            "- a\n",
            "refused: not a mapping; write \"key: value\" lines",
        ),
        (
            "hidden: [\n",
            "refused: not valid YAML at line 1, column 9; mend it there; indent with spaces",
        ),
        (
            "a: 1\na: hidden\n",
            "refused: a key is there twice at line 2, column 1; keep one of them",
        ),
        (
            "{\"a\": 1, \"a\": \"hidden\"}",
            "refused: a key is there twice at line 1, column 10; keep one of them",
        ),
        (
            "{\"a\": \"hidden\",}",
            "refused: not JSON at line 1, column 16; JSON has no comments and no comma after the last item",
        ),
        (
            "kind: CredentialProviderConfig\n---\nkind: hidden\n",
            "refused: a second document begins at line 3, column 1; keep one; a kubelet reads the first and drops the rest",
        ),
        (
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n",
            "providers: refused: there is none; add docker-credential-ionos",
        ),
        (
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders: {}\n",
            "providers: refused: not a list; begin each item with \"- \"",
        ),
    ] {
        let found = findings(config);
        assert_eq!(found, [finding], "{config}");
    }
}

#[test]
fn a_directory_is_one_configuration() {
    let home = Home::new();
    let dir = home.path().join("config.d");
    let path = dir.to_str().unwrap();
    home.file("config.d/10-ionos.yaml", GOOD);
    home.file("config.d/notes.txt", "anything");
    check(&home, path).says(&format!("{path}: a kubelet accepts this\n"));
    home.file("config.d/20-again.yml", GOOD);
    let done = check(&home, path);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (
            Some(1),
            format!("{path}/20-again.yml: providers[0].name: refused: 'docker-credential-ionos' is there twice; merge the two, or use a link of another name\n").as_str()
        )
    );
    let empty = home.path().join("empty");
    home.file("empty/notes.txt", "");
    let done = check(&home, empty.to_str().unwrap());
    assert_eq!(
        (done.code, done.stdout.as_str(), done.stderr.as_str()),
        (
            Some(1),
            "",
            format!(
                "error: there is no .json, .yaml or .yml file in {}\nhint: name the file or directory that --image-credential-provider-config names\n",
                empty.display()
            )
            .as_str()
        )
    );
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let home = Home::new();
    let done = check(&home, "/nowhere/config.yaml");
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: cannot read /nowhere/config.yaml: No such file or directory\nhint: name the file that --image-credential-provider-config names\n"
    );
}

#[test]
fn what_will_fail_on_this_machine_is_a_warning() {
    let home = Home::new();
    let token = home.file("token", "eyJ");
    let empty = home.file("empty", "\n");
    let missing = Path::new("/nowhere/token").display().to_string();
    for (name, value, warning, hint) in [
        ("IONOS_TOKEN_FILE", token.as_str(), String::new(), ""),
        (
            "IONOS_TOKEN_FILE",
            &empty,
            format!("{empty} is empty"),
            "put an IONOS API token there, readable by root alone",
        ),
        (
            "IONOS_TOKEN_FILE",
            &missing,
            format!("cannot read {missing}: No such file or directory"),
            "put an IONOS API token there, readable by root alone",
        ),
        (
            "IONOS_TOKEN_FILE",
            "token",
            "IONOS_TOKEN_FILE is not an absolute path: token".into(),
            "give the whole path; a kubelet's working directory is not yours",
        ),
        (
            "IONOS_TOKEN",
            "hidden",
            "IONOS_TOKEN is a secret in a file that others may read".into(),
            "keep a token in a file of root's and name it in IONOS_TOKEN_FILE",
        ),
        (
            "IONOS_CR_ACTIONS",
            "push",
            "IONOS_CR_ACTIONS does nothing here: a kubelet's tokens may pull".into(),
            "if they are to do more, name a profile: args [\"kubelet\", \"--profile\", \"…\"]",
        ),
    ] {
        let env = format!("env: [{{name: {name}, value: {value}}}]\n  args:");
        let path = home.file("config.yaml", &GOOD.replace("args:", &env));
        let done = check(&home, &path);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(done.stdout, format!("{path}: a kubelet accepts this\n"));
        let wanted = if warning.is_empty() {
            String::new()
        } else {
            format!("warning: {path}: providers[0].env: {warning}\nhint: {hint}\n")
        };
        assert_eq!(done.stderr, wanted);
    }
}
