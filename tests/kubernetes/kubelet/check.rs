//! `kubelet --check`: this program's entry in the kubelet's configuration.

use crate::support::helper::{Done, Home};

const SHIPPED: &str =
    include_str!("../../../packaging/kubernetes/node/credential-provider-config.yaml");

/// A configuration without problems.
pub(super) const GOOD: &str = r#"apiVersion: kubelet.config.k8s.io/v1
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

pub(super) fn check(home: &Home, path: &str) -> Done {
    home.helper().run(&["kubelet", "--check", path], "")
}

/// The errors in this configuration, without the file's name.
#[track_caller]
fn errors(config: &str) -> Vec<String> {
    let home = Home::new();
    let path = home.file("config.yaml", config);
    let done = check(&home, &path);
    assert_eq!(done.stderr, "", "{config}");
    let lines: Vec<_> = done.stdout.lines().collect();
    if done.code == Some(0) {
        assert_eq!(lines, [accepted(&path)]);
        return Vec::new();
    }
    assert_eq!(done.code, Some(1));
    let prefix = format!("{path}: ");
    let line = |line: &&str| line.strip_prefix(&prefix).expect(line).to_owned();
    lines.iter().map(line).collect()
}

pub(super) fn accepted(path: &str) -> String {
    format!(
        "{path}: no problems found in the entry of docker-credential-ionos; the kubelet may refuse more"
    )
}

#[test]
fn valid_configuration_is_accepted() {
    assert_eq!(errors(GOOD), [""; 0]);
    assert_eq!(errors(&format!("---\n{GOOD}")), [""; 0]);
    let yaml: serde_json::Value = serde_saphyr::from_str(GOOD).unwrap();
    assert_eq!(errors(&yaml.to_string()), [""; 0]);
    for (from, to) in [
        ("- name: docker-credential-ionos", "- name: ionos"),
        ("\"0s\"", "10m"),
        ("\"*.cr.*.ionos.com\"", "\"*.*.*.ionos.com\""),
        ("\"*.cr.*.ionos.com\"", "\"demo.cr.de-fra.ionos.com/team\""),
        ("cacheType: ServiceAccount", "cacheType: Token"),
        ("[\"kubelet\"]", "[kubelet, --profile, deploy]"),
        ("[\"kubelet\"]", "[--profile=deploy, kubelet]"),
        ("[\"kubelet\"]", "[get-credentials]"),
        ("  args", "  env: [{name: A, value: b}]\n  args"),
        ("  args", "  env:\n  args"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(errors(&GOOD.replacen(from, to, 1)), [""; 0], "{to}");
    }
}

#[test]
fn shipped_file_is_accepted_also_with_the_commented_lines() {
    let home = Home::new();
    let token = home.file("token", "eyJ");
    let shipped = SHIPPED.replace("/etc/ionos/token", &token);
    assert_eq!(errors(&shipped), [""; 0]);
    let config = home.file("config.json", "{}");
    let all = shipped
        .replace("      # - name", "      - name")
        .replace("      #   value", "        value")
        .replace("    # tokenAttributes:", "    tokenAttributes:")
        .replace("    #   ", "      ")
        .replace("/etc/ionos/config.json", &config);
    assert!(all.contains("\n    tokenAttributes:\n      service"));
    assert!(all.contains("- name: IONOS_CR_CONFIG\n        value"));
    assert_eq!(errors(&all), [""; 0]);
}

#[test]
fn each_error_has_its_line() {
    let images = "write *.cr.*.ionos.com and *.cr.ionos.com, without scheme and port";
    let no_match = |pattern: &str| {
        format!("providers[0].matchImages: '{pattern}' matches no IONOS registry; {images}")
    };
    let args = "providers[0].args are not those of kubelet; write [\"kubelet\"] or [\"kubelet\", \"--profile\", \"NAME\"]";
    for (from, to, error) in [
        // The file.
        (
            "kind: CredentialProviderConfig",
            "kind: KubeletConfiguration",
            "kind has a wrong value; write CredentialProviderConfig",
        ),
        (
            "kind: CredentialProviderConfig\n",
            "",
            "the file has no kind; add it",
        ),
        (
            "kubelet.config.k8s.io/v1\n",
            "kubelet.config.k8s.io/v2\n",
            "apiVersion has a wrong value; write one of kubelet.config.k8s.io/v1, kubelet.config.k8s.io/v1alpha1, kubelet.config.k8s.io/v1beta1",
        ),
        (
            "kind:",
            "metadata: {}\nkind:",
            "metadata is an unknown key; known keys are apiVersion, kind, providers",
        ),
        // The entry.
        (
            "  args:",
            "  Args:",
            "providers[0].Args is an unknown key; did you mean args?",
        ),
        (
            "  args:",
            "  env: [{name: A, valeu: hidden}]\n  args:",
            "providers[0].env[0].valeu is an unknown key; did you mean value?",
        ),
        (
            "  args:",
            "  env: [{name: A, value: 1}]\n  args:",
            "providers[0].env[0].value has a wrong value; write a string",
        ),
        (
            "  args:",
            "  env: [[A, b]]\n  args:",
            "providers[0].env[0] has a wrong value; write a mapping",
        ),
        (
            "name: docker-credential-ionos",
            "name: bin/docker-credential-ionos",
            "providers[0].name is not a file name; write the program's file name",
        ),
        (
            "  defaultCacheDuration: \"0s\"\n",
            "",
            "providers[0] has no defaultCacheDuration; add it",
        ),
        (
            "\"0s\"",
            "0",
            "providers[0].defaultCacheDuration has a wrong value; write a string",
        ),
        (
            "credentialprovider.kubelet.k8s.io/v1\n  args",
            "credentialprovider.kubelet.k8s.io/v2\n  args",
            "providers[0].apiVersion has a wrong value; write one of credentialprovider.kubelet.k8s.io/v1, credentialprovider.kubelet.k8s.io/v1beta1, credentialprovider.kubelet.k8s.io/v1alpha1",
        ),
        // Arguments; one may be a secret.
        (
            "[\"kubelet\"]",
            "kubelet",
            "providers[0].args has a wrong value; write a list",
        ),
        ("  args: [\"kubelet\"]\n", "", args),
        ("[\"kubelet\"]", "[]", args),
        ("[\"kubelet\"]", "[get]", args),
        ("[\"kubelet\"]", "[kubelet, --profile]", args),
        ("[\"kubelet\"]", "[kubelet, hidden]", args),
        // Images.
        (
            "[\"*.cr.*.ionos.com\"]",
            "[]",
            &format!("providers[0].matchImages is empty; {images}"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"https://*.cr.*.ionos.com\"",
            &no_match("https://*.cr.*.ionos.com"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"*.ionos.com\"",
            &no_match("*.ionos.com"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"cr.de-fra.ionos.com\"",
            &no_match("cr.de-fra.ionos.com"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"*.cr.*.ionos.com:443\"",
            &no_match("*.cr.*.ionos.com:443"),
        ),
        (
            "\"*.cr.*.ionos.com\"",
            "\"*.CR.*.ionos.com\"",
            &no_match("*.CR.*.ionos.com"),
        ),
        // Service accounts.
        (
            "credentialprovider.kubelet.k8s.io/v1\n  args",
            "credentialprovider.kubelet.k8s.io/v1beta1\n  args",
            "providers[0].tokenAttributes needs another apiVersion; write apiVersion: credentialprovider.kubelet.k8s.io/v1",
        ),
        (
            "cacheType: ServiceAccount",
            "cacheType: serviceaccount",
            "providers[0].tokenAttributes.cacheType has a wrong value; write ServiceAccount or Token",
        ),
        (
            "    requireServiceAccount: false\n",
            "",
            "providers[0].tokenAttributes has no requireServiceAccount; add it",
        ),
        (
            "requireServiceAccount: false",
            "requireServiceAccount: \"false\"",
            "providers[0].tokenAttributes.requireServiceAccount has a wrong value; write a boolean",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(
            errors(&GOOD.replacen(from, to, 1)),
            [error],
            "{from} -> {to}"
        );
    }
}

#[test]
fn invalid_document_is_reported_and_not_quoted() {
    let hint = "write one YAML document with unique keys, in UTF-8";
    for (config, error) in [
        ("", "the file has a wrong value; write a mapping".to_owned()),
        ("hidden: [\n", format!("invalid YAML at line 1; {hint}")),
        (
            "a: 1\na: hidden\n",
            format!("invalid YAML at line 2; {hint}"),
        ),
        (
            "kind: a\n---\nkind: hidden\n",
            format!("invalid YAML at line 3; {hint}"),
        ),
    ] {
        assert_eq!(errors(config), [error], "{config}");
    }
}

/// The kubelet validates its other providers itself.
#[test]
fn other_providers_are_not_checked() {
    let other = "- name: [1]\n  matchImages: ecr\n  anything: true\n- 5\n";
    assert_eq!(errors(&format!("{GOOD}{other}")), [""; 0]);
    let config = GOOD.replace("docker-credential-ionos\n", "ecr-credential-provider\n");
    assert_eq!(
        errors(&config.replace("*.cr.*.ionos.com", "*.dkr.ecr.*.amazonaws.com")),
        ["no provider is named docker-credential-ionos; add one"]
    );
}

#[test]
fn directory_is_one_configuration() {
    let home = Home::new();
    let dir = home.path().join("config.d");
    let path = dir.to_str().unwrap();
    home.file("config.d/notes.txt", "anything");
    let done = check(&home, path);
    let missing = format!("{path}: no provider is named docker-credential-ionos; add one\n");
    assert_eq!((done.code, done.stdout), (Some(1), missing));
    home.file("config.d/10-ionos.yaml", GOOD);
    let other = GOOD
        .replace("docker-credential-ionos\n", "other\n")
        .replace("ionos.com", "example.com");
    home.file("config.d/20-other.yml", &other);
    check(&home, path).says(&format!("{}\n", accepted(path)));
}

#[test]
fn missing_file_is_an_error() {
    let home = Home::new();
    let done = check(&home, "/nowhere/config.yaml");
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        done.stderr,
        "error: cannot read /nowhere/config.yaml: No such file or directory\nhint: pass the path of the kubelet's configuration\n"
    );
}
