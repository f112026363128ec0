//! Finding the registry of a host.

use crate::support::fake_ionos::{DEMO_HOST, DEMO_ID, FakeIonos, RegistrySpec};
use crate::support::helper::Home;

const HOUR: i64 = 3600;

#[test]
fn registry_is_found_on_any_page_by_hostname() {
    let mut fake = FakeIonos::builder().page_size(2);
    for n in 0..5 {
        fake = fake.registry(RegistrySpec::new(&format!("demo-{n}")));
    }
    let fake = fake
        .registry(
            RegistrySpec::new("demo")
                .id("11111111-2222-4333-8444-555555555555")
                .hostname("x.cr.ionos.com"),
        )
        .registry(
            RegistrySpec::new("renamed")
                .id(DEMO_ID)
                .hostname("Demo.CR.de-fra.ionos.com"),
        )
        .start();
    let home = Home::new();
    let _ = home.helper_for(&fake).get(DEMO_HOST).credential();
    let gets = fake.count("GET", "/registries");
    assert_eq!(gets, 3 + 4, "pages with the hint, then pages without");
    assert_eq!(fake.tokens()[0].registry_id, DEMO_ID);
}

#[test]
fn registry_of_another_account_is_reported() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let line = home.helper_for(&fake).get("nope.cr.de-fra.ionos.com");
    line.fails("no credential for nope.cr.de-fra.ionos.com: no such registry among the 1 that the account sees (account from IONOS_TOKEN); check the spelling with \"ionosctl container-registry registry list\", or use the account that owns it");
    assert_eq!(fake.count("POST", ""), 0);
}

#[test]
fn registry_without_hostname_is_reported_as_being_created() {
    let fake = FakeIonos::builder()
        .registry(RegistrySpec::new("fresh").state("WaitingForStorage"))
        .start();
    let home = Home::new();
    let line = home.helper_for(&fake).get("fresh.cr.de-fra.ionos.com");
    line.fails("no credential for fresh.cr.de-fra.ionos.com: the registry is still being created and has no hostname yet (account from IONOS_TOKEN); run it again once its state is Running; \"docker-credential-ionos doctor --wait fresh.cr.de-fra.ionos.com\" waits for that");
}

#[test]
fn recreated_registry_is_looked_up_again() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let helper = home.helper_for(&fake);
    let _ = helper.get(DEMO_HOST).credential();
    fake.remove_registry(DEMO_ID);
    fake.add_registry(RegistrySpec::new("demo").id("11111111-2222-4333-8444-555555555555"));
    home.age_entry(13 * HOUR);
    fake.clear_requests();
    let _ = helper.get(DEMO_HOST).credential();
    assert_eq!(
        fake.request_lines(),
        [
            "POST /registries/ID/tokens",
            "GET /registries",
            "POST /registries/11111111-2222-4333-8444-555555555555/tokens",
            // The server may have executed the first request.
            "GET /registries/ID/tokens",
        ]
    );
}
