//! The memory that a hostile API can make the program use.

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, Fault};
use crate::support::helper::{Helper, Home};
use crate::support::tally::{self, attack};

/// In KiB.
pub(crate) const LIMIT: u64 = 32 * 1024;
const PAGE: usize = 4 * 1024 * 1024 - 1024;

/// The largest resident memory of a run in KiB. The kernel records the maximum, so the last reading
/// before the end is enough.
pub(crate) fn peak(helper: &Helper, args: &[&str]) -> u64 {
    let mut child = helper
        .command(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let size = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(size.unwrap_or_default());
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    peak
}

/// A page of 4 MiB with a link to another page. Each item has its own id.
fn page(number: usize, item: &Value) -> Vec<u8> {
    let item = item.to_string();
    let mut page = format!(r#"{{"pagination": {{"limit": 100, "token": "{number}"}}, "items": ["#);
    let mut id = number << 24;
    while page.len() + item.len() + 3 < PAGE {
        if !page.ends_with('[') {
            page.push(',');
        }
        id += 1;
        page += &item.replace("c200fb89e97c", &format!("{id:012x}"));
    }
    page += "]}";
    page.into()
}

#[test]
fn hostile_api_cannot_fill_the_memory() {
    const ID: &str = "789f8e3c-d5c8-4359-8f00-c200fb89e97c";
    let scope = json!({"type": "", "name": "", "actions": [""]});
    let mut most = 0;
    for (list, item, args) in [
        (
            "/registries",
            json!({"id": ID, "properties": {"name": "a", "hostname": "a.b"}}),
            &["get", DEMO_HOST][..],
        ),
        (
            "/registries",
            json!({"id": ID, "properties": {"name": "a".repeat(30_000)}}),
            &["configure-docker"],
        ),
        (
            "/tokens",
            json!({"id": ID, "properties": {"name": "a"}}),
            &["prune", "--dry-run", DEMO_HOST],
        ),
        (
            "/tokens",
            json!({"id": ID, "properties": {"name": "a", "scopes": vec![scope; 1000]}}),
            &["tokens", "--all", DEMO_HOST],
        ),
        ("/tokens", json!({}), &["tokens", "--all", DEMO_HOST]),
    ] {
        attack(|| {
            let (fake, home) = (FakeIonos::start(), Home::new());
            for number in 0..6 {
                let page = page(number, &item);
                fake.fault(Fault::replace_bytes(200, page).on("GET", list));
            }
            let helper = home.helper_for(&fake).env("IONOS_CR_TIMEOUT", "60s");
            let peak = peak(&helper, args);
            assert!(peak < LIMIT, "{args:?}: {peak} KiB");
            most = most.max(peak);
        });
    }
    let most = usize::try_from(most).unwrap();
    tally::add("KiB of memory at most with a hostile API", most);
}
