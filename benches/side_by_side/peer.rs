//! Debian's `docker-credential-ecr-login`, answering from its cache. It is unpacked, not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::run::Program;

const PACKAGE: &str = "amazon-ecr-credential-helper";
const REGION: &str = "eu-central-1";
const ACCOUNT: &str = "123456789012";
const ACCESS_KEY: &str = "AKIAEXAMPLE";
/// MD5 of an empty string: the helper's cache key has the hash of a session token, which is empty here.
const NO_SESSION: [u8; 16] = [
    0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e,
];

/// A warm `get` of the helper in a separate home directory. `None` if the package cannot be downloaded.
pub(crate) fn ecr(home: &Path) -> Option<Program> {
    let path = unpacked()?;
    let host = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com");
    seed(home, &host);
    let program = Program::new("docker-credential-ecr-login", path)
        .args(&["get"])
        .env("HOME", &home.display().to_string())
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .stdin(&host);
    Some(program)
}

#[expect(
    clippy::disallowed_methods,
    reason = "creates a directory in the target directory"
)]
fn unpacked() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(PACKAGE);
    let program = dir.join("usr/bin/docker-credential-ecr-login");
    if program.exists() {
        return Some(program);
    }
    fs::create_dir_all(&dir).ok()?;
    let download = Command::new("apt-get")
        .args(["download", "-qq", PACKAGE])
        .current_dir(&dir)
        .output();
    download.ok()?;
    let deb = fs::read_dir(&dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        path.extension()
            .is_some_and(|it| it == "deb")
            .then_some(path)
    })?;
    let unpack = Command::new("dpkg").arg("-x").arg(deb).arg(&dir).status();
    unpack.ok()?.success().then_some(program)
}

#[expect(
    clippy::disallowed_methods,
    reason = "writes another program's cache in a temporary home"
)]
fn seed(home: &Path, host: &str) {
    let time = |hours| {
        let now = jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap();
        let at = now + jiff::SignedDuration::from_hours(hours);
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let identity = [ACCESS_KEY.as_bytes(), &NO_SESSION].concat();
    let key = format!("{REGION}-{}-{ACCOUNT}", BASE64_STANDARD.encode(identity));
    let entry = json!({
        "AuthorizationToken": BASE64_STANDARD.encode("AWS:password"), "RequestedAt": time(0),
        "ExpiresAt": time(12), "ProxyEndpoint": format!("https://{host}"), "Service": "ecr",
    });
    let cache = json!({"Version": "1.0", "Registries": {key: entry}});
    fs::create_dir_all(home.join(".ecr")).unwrap();
    fs::write(home.join(".ecr/cache.json"), cache.to_string()).unwrap();
}
