//! The ledger: no token is lost, and no account acts for another.

mod accounts;
mod confirmations;
mod live_tokens;
#[cfg(target_os = "linux")]
mod power_cuts;
mod records;
mod requests;
mod turns;
mod unrecorded;

use crate::support::fake_ionos::{
    ACCOUNT_TOKEN, DEMO_HOST, FakeIonos, Fault, OTHER_ACCOUNT_TOKEN, RegistrySpec,
};
use crate::support::helper::Helper;

const OTHER_HOST: &str = "other.cr.de-fra.ionos.com";
const HOUR: i64 = 3600;

/// A token of the same user as [`ACCOUNT_TOKEN`].
fn renewed() -> String {
    let (claims, _) = ACCOUNT_TOKEN.rsplit_once('.').unwrap();
    format!("{claims}.renewed")
}

fn fake() -> FakeIonos {
    FakeIonos::builder()
        .account_token(ACCOUNT_TOKEN)
        .account_token(&renewed())
        .account_token(OTHER_ACCOUNT_TOKEN)
        .registry(RegistrySpec::new("demo"))
        .registry(RegistrySpec::new("other"))
        .start()
}

fn names(fake: &FakeIonos) -> Vec<String> {
    fake.tokens().into_iter().map(|token| token.name).collect()
}

/// Runs a get for its contact with the API. It may fail.
fn contact(helper: &Helper) {
    let _ = helper.get(OTHER_HOST).credential();
    helper.erase(OTHER_HOST).says("");
}

/// Leaves two tokens that could not be deleted at logout.
fn log_out_without_the_api(fake: &FakeIonos, helper: &Helper) {
    fake.fault(Fault::status(503).on("DELETE", "/tokens").always());
    for host in [DEMO_HOST, OTHER_HOST] {
        let _ = helper.get(host).credential();
        helper.erase(host).says("");
    }
    fake.clear_faults();
}
