//! Checks of the account at the IONOS API, and of the registry there.

use super::report::{Checked, Finding};
use crate::config::Settings;
use crate::credential::mint::{self, MintError};
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::ionos::account::{self, Account};
use crate::ionos::api::{Access, Api, Registry};
use crate::registry_host::RegistryHost;

/// A clock that is off by more seconds confuses other programs. This one uses the API's.
const TOLERATED_SKEW: i64 = 60;

pub(super) fn account<'a>(
    settings: &'a Settings,
    host: Option<&RegistryHost>,
) -> Checked<(Access, &'a Settings)> {
    let account = Account::choose(settings)?.ok_or_else(account::missing)?;
    let access = account
        .resolve(host, Deadline::after(settings.timeout))
        .map_err(|failure| failure.asked_as(account.origin()))?;
    let found = Finding::passed(format!("from {}", account.origin()));
    Ok(((access, settings), found))
}

pub(super) fn token(access: &Access) -> Result<Finding, Failure> {
    if let Some(expired) = access.expired() {
        return Err(Failure::new(
            format!("expired at {expired}"),
            format!(
                "create a new one (\"ionosctl token generate\") and put it into {}",
                access.origin
            ),
        ));
    }
    Ok(match access.token_expiry {
        Some(expires) => Finding::passed(format!("valid until {expires}")),
        None => Finding::skipped("does not say when it expires"),
    })
}

/// The registry, if a host was given; the failure is why there is none.
type Found = Option<Result<Registry, Failure>>;

/// Looks the registry up, which is also the first request of minting.
pub(super) fn api(
    access: &Access,
    settings: &Settings,
    host: Option<&RegistryHost>,
    connected: &mut Option<Api>,
) -> Checked<Found> {
    let api = Api::new(access.clone(), Deadline::after(settings.timeout))?;
    let api = connected.insert(api);
    let proxy = api.proxy().map(|proxy| format!(", through {proxy}"));
    let accepts = format!(
        "{} accepts the account{}",
        access.endpoint.host(),
        proxy.unwrap_or_default()
    );
    let Some(host) = host else {
        let found = api.registries(None).map_err(|err| err.failure(access))?;
        let found = format!("{accepts}, which has {} registries", found.len());
        return Ok((None, Finding::passed(found)));
    };
    let found = match mint::registry(api, host, &settings.target) {
        Err(MintError::Api(err)) => return Err(err.failure(access)),
        Err(err @ MintError::BeingCreated(_)) => Err(Failure {
            hint: how_to_wait(host),
            ..err.failure(access)
        }),
        found => found.map_err(|err| err.failure(access)),
    };
    Ok((Some(found), Finding::passed(accepts)))
}

fn how_to_wait(host: &RegistryHost) -> String {
    format!("docker-credential-ionos doctor --wait {host}")
}

pub(super) fn registry<'a>(
    found: &'a Found,
    host: Option<&RegistryHost>,
) -> Checked<Option<&'a Registry>> {
    let (Some(found), Some(host)) = (found, host) else {
        return Ok((None, Finding::skipped("no HOST given")));
    };
    let found = found.as_ref().map_err(Clone::clone)?;
    let name = one_line(&found.name);
    if !found.is_running() {
        let state = one_line(found.state.as_deref().unwrap_or_default());
        let hint = if found.is_lost() {
            "see the DCD".into()
        } else {
            format!("{}, or see the DCD", how_to_wait(host))
        };
        return Err(Failure::new(format!("{name} is {state}"), hint));
    }
    Ok((Some(found), Finding::passed(format!("{name} is running"))))
}

pub(super) fn allow_list(registry: Option<&Registry>) -> Finding {
    let networks = registry.map(|it| it.allow_list.as_slice());
    match networks {
        None => Finding::skipped("no HOST given"),
        Some([]) => Finding::passed("every network may reach the registry"),
        Some(networks) => {
            let networks: Vec<String> = networks.iter().map(|it| one_line(it)).collect();
            Finding::warning(
                format!("only {} may reach the registry", networks.join(", ")),
                "check that this machine's public address is among them",
            )
        }
    }
}

/// Also runs after a refusal by the API, which a wrong clock can cause.
pub(super) fn clock(api: Option<&Api>) -> Finding {
    match api.and_then(Api::skew) {
        Some(skew) if skew.abs() > TOLERATED_SKEW => Finding::warning(
            format!(
                "this machine's clock is {} s {} the API's",
                skew.abs(),
                if skew > 0 { "behind" } else { "ahead of" }
            ),
            "set the clock (NTP); this program uses the API's, other programs do not",
        ),
        Some(_) => Finding::passed("matches the API's"),
        None => Finding::skipped("the API sent no date"),
    }
}
