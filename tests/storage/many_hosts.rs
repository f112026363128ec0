//! Ten thousand hosts in one cache.

use std::fs;

use serde_json::{Map, Value};

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos, RegistrySpec};
use crate::support::helper::{Home, write_private};
use crate::support::platform;

const MANY: usize = 10_000;
const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";

/// A home with this many cached hosts. Half of the credentials have expired.
fn home_with_many_hosts(fake: &FakeIonos) -> Home {
    let home = Home::new();
    let _ = home.helper_for(fake).get(DEMO_HOST).credential();
    let [entry] = &home.entries()[..] else {
        panic!("not one entry");
    };
    let text = fs::read_to_string(entry).unwrap();
    let mut expired: Value = serde_json::from_str(&text).unwrap();
    expired["issuedAt"] = 1.into();
    expired["expiresAt"] = 43_201.into();
    let expired = expired.to_string();
    for number in 1..MANY {
        let host = format!("h{number}.cr.de-fra.ionos.com");
        let text = if number % 2 == 0 { &text } else { &expired };
        let path = home.cache().join(&host).join(entry.file_name().unwrap());
        write_private(&path, text.replace(DEMO_HOST, &host).as_bytes());
        platform::set_mode(path.parent().unwrap(), 0o700);
    }
    home
}

#[test]
fn ten_thousand_cached_hosts_are_served_listed_and_swept() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("other"))
        .start();
    let home = home_with_many_hosts(&fake);
    let helper = home.helper_for(&fake);
    fake.clear_requests();
    // A host in the middle, from the cache.
    let host = "h5000.cr.de-fra.ionos.com";
    assert_eq!(helper.get(host).credential().server_url, host);
    assert_eq!(fake.requests().len(), 0);
    // `list` prints one line that fits into the smallest pipe of a client.
    let done = helper.list();
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.len() <= 4096, "{}", done.stdout.len());
    let listed: Map<String, Value> = serde_json::from_str(&done.stdout).unwrap();
    assert!(listed.len() > 40, "{}", listed.len());
    for host in listed.keys() {
        let number = host
            .strip_prefix('h')
            .and_then(|rest| rest.split('.').next());
        let is_good = number.is_none_or(|it| it.parse::<usize>().is_ok_and(|it| it % 2 == 0));
        assert!(is_good, "{host}");
    }
    // A stored login is always listed.
    helper
        .store("z.cr.de-fra.ionos.com", "person", "typed")
        .says("");
    assert!(
        helper
            .list()
            .stdout
            .contains(r#""z.cr.de-fra.ionos.com":"person""#)
    );
    // The next mint removes expired entries.
    let _ = helper
        .clone()
        .env("IONOS_CR_TIMEOUT", "60s")
        .get(OTHER_HOST)
        .credential();
    assert_eq!(home.entries().len(), MANY / 2 + 1);
}
