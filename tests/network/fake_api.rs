//! Checks the fake API with IONOS's own SDK.
//!
//! IONOS's code finds mistakes that the program and the fake have in common.

use std::path::PathBuf;
use std::process::Command;

use crate::support::fake_ionos::{ACCOUNT_TOKEN, FakeIonos, PASSWORD, RegistrySpec, USERNAME};
use crate::support::skip;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn official_sdk_accepts_every_answer_of_the_fake() {
    let python = python();
    let has_sdk = Command::new(&python)
        .args(["-c", "import ionoscloud_container_registry"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_sdk {
        return skip::skip_or_fail(
            "fake_api_oracle",
            "no Python with the SDK. To install it:\n  \
             python3 -m venv target/oracle-venv\n  \
             target/oracle-venv/bin/pip install -r tests/oracle/requirements.txt\n\
             or name another one in ORACLE_PYTHON",
        );
    }
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("alpha").location("es/vit"))
        .registry(RegistrySpec::new("team-a"))
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("fresh").state("New"))
        .registry(RegistrySpec::new("team-b").location("de/txl"))
        .start();

    let output = Command::new(&python)
        .arg(PathBuf::from(ROOT).join("tests/oracle/sdk_1_1_0.py"))
        .args([&fake.url(), ACCOUNT_TOKEN, USERNAME, PASSWORD])
        // A proxy variable would send the SDK's requests elsewhere.
        .env_remove("IONOS_HTTP_PROXY")
        .output()
        .expect("Python ran a moment ago");

    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let last = stdout.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("ok ") && last.ends_with(" checks"),
        "{stdout}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a setting of the test run")]
fn python() -> PathBuf {
    std::env::var_os("ORACLE_PYTHON").map_or_else(
        || PathBuf::from(ROOT).join("target/oracle-venv/bin/python"),
        PathBuf::from,
    )
}
