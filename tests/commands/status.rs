//! `status`: stored and cached credentials, without requests.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, OTHER_ACCOUNT_TOKEN, RegistrySpec,
};
use crate::support::helper::{BIN, Done, Helper, Home};
use crate::support::mounts;

const STORED_HOST: &str = "stored.cr.de-fra.ionos.com";
const WIRED_HOST: &str = "wired.cr.de-fra.ionos.com";

fn api() -> FakeIonos {
    FakeIonos::builder()
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("stored"))
        .account_token(ACCOUNT_TOKEN)
        .account_token(OTHER_ACCOUNT_TOKEN)
        .start()
}

fn status(helper: &Helper) -> Value {
    let done = helper.run(&["status", "--json"], "");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(done.stdout.lines().count(), 1);
    serde_json::from_str(&done.stdout).unwrap()
}

/// A home with a minted and a stored credential, and a host that Docker is configured for.
fn used_home(api: &FakeIonos) -> (Home, Helper) {
    let home = Home::new();
    // Files outside of the home must not be read.
    let runtime = home.path().join("run").display().to_string();
    let helper = home.helper_for(api).env("XDG_RUNTIME_DIR", &runtime);
    let _ = helper.get(DEMO_HOST).credential();
    helper.store(STORED_HOST, "person", "typed").says("");
    let config = json!({"credHelpers": {DEMO_HOST: "ionos", WIRED_HOST: "ionos-pull"}});
    home.file(".docker/config.json", &config.to_string());
    api.clear_requests();
    (home, helper)
}

#[test]
fn status_shows_credentials_and_hosts_without_one() {
    let api = api();
    let (_home, helper) = used_home(&api);
    let seen = status(&helper);
    let lines = seen["credentials"].as_array().unwrap();
    let [minted, stored, wired] = &lines[..] else {
        panic!("{seen}");
    };
    let username = helper.get(DEMO_HOST).credential().username;
    let keys = |line: &Value, keys: &[&str]| -> Vec<Value> {
        keys.iter().map(|key| line[key].clone()).collect()
    };
    let known = ["host", "state", "username", "profile", "account", "clients"];
    assert_eq!(
        Value::from(keys(minted, &known)),
        json!([
            DEMO_HOST,
            "cached",
            username,
            "default",
            "IONOS_TOKEN",
            ["docker", "podman"]
        ])
    );
    assert_eq!(
        minted["scopes"],
        json!([{"type": "repository", "name": "*", "actions": ["pull", "push"]}])
    );
    let at = |key: &str| -> jiff::Timestamp { minted[key].as_str().unwrap().parse().unwrap() };
    let life = at("expiresAt").duration_since(at("issuedAt"));
    assert_eq!(
        at("refreshAt").duration_since(at("issuedAt")).as_secs(),
        life.as_secs() / 2
    );
    assert_eq!(
        Value::from(keys(stored, &known)),
        json!([STORED_HOST, "stored", "person", null, null, []])
    );
    assert!(stored["expiresAt"].is_null());
    assert_eq!(
        Value::from(keys(wired, &known)),
        json!([WIRED_HOST, "none", null, null, null, ["docker", "podman"]])
    );
    assert_eq!(seen["pendingRevocations"], json!([]));
    assert_eq!(api.requests().len(), 0);
}

#[test]
fn status_table_in_a_pipe_is_plain() {
    let api = api();
    let (_home, helper) = used_home(&api);
    let done = helper.run(&["status"], "");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert_data_eq!(
        done.stdout.as_str(),
        str![[r"
HOST                        STATE   PROFILE  ACCOUNT      SCOPES       EXPIRES        REFRESHED     CLIENTS
demo.cr.de-fra.ionos.com    cached  default  IONOS_TOKEN  *:pull,push  in 12 h [..]  in 6 h [..]  docker, podman
stored.cr.de-fra.ionos.com  stored  -        -            -            at logout      -             no client
wired.cr.de-fra.ionos.com   none    -        -            -            -              -             docker, podman

"]]
    );
    for secret in api
        .minted_passwords()
        .iter()
        .map(String::as_str)
        .chain(["typed", "\x1b"])
    {
        assert!(!done.stdout.contains(secret), "{done:?}");
    }
}

#[test]
fn status_marks_the_credential_of_another_account() {
    let api = api();
    let (_home, helper) = used_home(&api);
    let seen = status(&helper.env("IONOS_TOKEN", OTHER_ACCOUNT_TOKEN));
    assert_eq!(seen["credentials"][0]["state"], "cached");
    assert!(seen["credentials"][0]["account"].is_null());
}

#[test]
fn status_without_an_account_shows_that_a_get_returns_the_cached_credential() {
    let api = api();
    let (home, _) = used_home(&api);
    let runtime = home.path().join("run").display().to_string();
    let helper = home.helper().env("XDG_RUNTIME_DIR", &runtime);
    let cached = helper.get(DEMO_HOST).credential();
    let seen = status(&helper);
    assert_eq!(seen["credentials"][0]["username"], cached.username);
    assert_eq!(seen["credentials"][0]["account"], "no account");
    let done = helper.run(&["status"], "");
    let line = done.stdout.lines().nth(1).unwrap();
    assert!(line.contains("  no account  "), "{line}");
}

#[test]
fn status_does_not_call_an_account_that_cannot_be_read_another_account() {
    let api = api();
    let (_home, helper) = used_home(&api);
    let without = helper.clone().without("IONOS_TOKEN");
    for helper in [
        without.clone().env("IONOS_TOKEN_FILE", "/nonexistent"),
        without.env("IONOS_CONFIG_FILE", "/nonexistent"),
        helper.env("IONOS_CR_ACTIONS", "pul"),
    ] {
        assert_eq!(helper.get(DEMO_HOST).code, Some(1));
        let seen = status(&helper);
        assert_eq!(seen["credentials"][0]["state"], "cached");
        assert_eq!(seen["credentials"][0]["account"], "unusable account");
    }
}

#[test]
fn status_counts_pending_revocations() {
    let api = api();
    let (home, helper) = used_home(&api);
    let username = helper.get(DEMO_HOST).credential().username;
    let offline = home
        .helper()
        .env("IONOS_TOKEN", ACCOUNT_TOKEN)
        .env("IONOS_API_URL", "http://127.0.0.1:1");
    offline.erase(DEMO_HOST).says("");
    let seen = status(&helper);
    assert_eq!(seen["pendingRevocations"][0]["username"], username);
    let done: Done = helper.run(&["status"], "");
    assert!(
        done.stdout.ends_with(&format!(
            "1 token(s) to be deleted:\n- {username} of {DEMO_HOST}: to be deleted at the next contact with the API\n"
        )),
        "{done:?}"
    );
}

#[test]
fn status_without_credentials_shows_the_first_command() {
    let home = Home::new();
    let runtime = home.path().join("run").display().to_string();
    let done = home
        .helper()
        .env("XDG_RUNTIME_DIR", &runtime)
        .run(&["status"], "");
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        done.stderr,
        "no credential is stored or cached, and no client uses this program\nhint: run docker-credential-ionos configure-docker\n"
    );
}

#[test]
fn unknown_profile_is_an_error_unless_it_has_a_credential() {
    let (api, home) = (api(), Home::new());
    home.configure(r#"{"profiles": {"deploy": {}}}"#);
    let helper = home.helper_for(&api);
    let get = ["get", DEMO_HOST, "--profile", "deploy"];
    let _ = helper.run(&get, "").credential();
    home.configure("{}");
    for (profile, code, stderr) in [
        ("deploy", 0, ""),
        ("default", 0, ""),
        ("pull", 0, ""),
        (
            "pul",
            1,
            "error: there is no profile 'pul'\nhint: profiles are pull, push\n",
        ),
    ] {
        let done = helper.run(&["status", "--profile", profile], "");
        assert_eq!((done.code, done.stderr.as_str()), (Some(code), stderr));
    }
}

#[test]
fn status_names_each_file_that_a_client_refuses() {
    let home = Home::new();
    let runtime = home.path().join("run").display().to_string();
    let helper = home.helper().env("XDG_RUNTIME_DIR", &runtime);
    home.file(
        ".docker/config.json",
        &format!("{{\"credHelpers\": {{\"{WIRED_HOST}\": \"ionos\"}}}} x"),
    );
    home.file(".config/containers/auth.json", "{broken");
    let docker = home.at(".docker/config.json");
    let podman = home.at(".config/containers/auth.json");
    let (docker, podman) = (docker.display(), podman.display());
    let tail = format!(
        "{docker}: text after the JSON object at line 1, column 57; Docker ignores it, podman refuses the file"
    );
    let broken = format!("{podman}: invalid JSON at line 1, column 2");
    let fix = "fix it there; JSON has no comments and no comma after the last item";
    let seen = status(&helper);
    assert_eq!(
        seen["unreadable"],
        json!([
            {"file": docker.to_string(), "clients": ["podman"], "what": tail, "hint": "remove that text"},
            {"file": podman.to_string(), "clients": ["podman"], "what": broken, "hint": fix},
        ])
    );
    // Docker still runs the helper.
    assert_eq!(seen["credentials"][0]["clients"], json!(["docker"]));
    let done = helper.run(&["status"], "");
    assert_eq!(
        done.stderr,
        format!("warning: {tail}\nhint: remove that text\nwarning: {broken}\nhint: {fix}\n")
    );
    home.file(".docker/config.json", "\u{feff}{}");
    assert_eq!(
        status(&helper)["unreadable"][0],
        json!({
            "file": docker.to_string(),
            "clients": ["docker", "podman"],
            "what": format!("{docker}: begins with a byte order mark"),
            "hint": "save it as UTF-8 without BOM",
        })
    );
}

// On other platforms podman reads another file.
#[cfg(target_os = "linux")]
#[test]
fn warning_names_the_invalid_path() {
    let home = Home::new();
    let runtime = home.path().join("run").display().to_string();
    let helper = home.helper().env("XDG_RUNTIME_DIR", &runtime);
    let warnings = |helper: &Helper| {
        let done = helper.run(&["status"], "");
        let lines = home.shown(&done.stderr);
        let none = "no credential is stored or cached, and no client uses this program\nhint: run docker-credential-ionos configure-docker\n";
        lines.strip_prefix(none).unwrap_or(&lines).to_owned()
    };
    // The hint must not be `remove that directory`: this one is the user's home.
    let directory = helper
        .clone()
        .env("REGISTRY_AUTH_FILE", home.path().to_str().unwrap());
    assert_eq!(
        warnings(&directory),
        "warning: cannot read ~: REGISTRY_AUTH_FILE is a directory\nhint: set it to a file, such as ~/auth.json\n"
    );
    let relative = helper.clone().env("IONOS_CR_CACHE_DIR", "cache");
    assert_eq!(
        warnings(&relative),
        "warning: IONOS_CR_CACHE_DIR is not an absolute path: cache\nhint: set it to an absolute path or unset it\n"
    );
    home.file(".docker", "");
    home.file(".config", "");
    assert_eq!(
        warnings(&helper),
        "warning: cannot read ~/.docker/config.json: ~/.docker is not a directory\nhint: move that file away\n\
         warning: cannot read ~/.config/containers/auth.json: ~/.config is not a directory\nhint: move that file away\n"
    );
}

#[test]
fn entry_of_the_kubelets_cache_is_shown_as_such() {
    let (api, home) = (api(), Home::new());
    let request = json!({
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "kind": "CredentialProviderRequest",
        "image": format!("{DEMO_HOST}/app"),
    });
    let script = format!(
        "mount -t tmpfs none /run || exit
        env -u HOME {BIN} kubelet >/dev/null || exit
        {BIN} status --json"
    );
    let helper = home.helper_for(&api);
    let Some(done) = mounts::run(helper, &script, request.to_string()) else {
        return;
    };
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let seen: Value = serde_json::from_str(&done.stdout).unwrap();
    let lines = seen["credentials"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{seen}");
    assert_eq!(lines[0]["state"], "cached");
    assert_eq!(lines[0]["profile"], "pull");
    assert_eq!(lines[0]["clients"], json!(["kubelet"]));
}
