//! Checks of the account at the IONOS API, and of the registry there.

use super::checks::State;
use super::report::Finding::{self, Failed, Ok as Passed, Skipped, Warning};
use crate::credential::mint::{self, MintError};
use crate::env::Deadline;
use crate::error::{Failure, one_line};
use crate::ionos::account::{self, Account};
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;

/// A clock that is off by more seconds confuses other programs. This one uses the API's.
const TOLERATED_SKEW: i64 = 60;

pub(super) fn account(state: &mut State<'_>) -> Option<Finding> {
    let settings = state.settings.as_ref()?;
    let chosen = match Account::choose(settings) {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return Some(Failed(account::missing())),
        Err(failure) => return Some(Failed(failure)),
    };
    Some(
        match chosen.resolve(state.host, Deadline::after(settings.timeout)) {
            Ok(access) => {
                let found = format!("from {}", chosen.origin());
                state.access = Some(access);
                state.account = Some(chosen);
                Passed(found)
            }
            Err(failure) => Failed(failure.asked_as(chosen.origin())),
        },
    )
}

pub(super) fn account_token(state: &mut State<'_>) -> Option<Finding> {
    let (access, account) = (state.access.as_ref()?, state.account.as_ref()?);
    Some(match (access.expires(), access.expired()) {
        (_, Some(expired)) => Failed(Failure::new(
            format!("expired at {expired}"),
            format!(
                "create a new one (\"ionosctl token generate\") and put it into {}",
                account.origin()
            ),
        )),
        (Some(expires), None) => Passed(format!("valid until {expires}")),
        (None, None) => Skipped("does not say when it expires".into()),
    })
}

/// Looks the registry up, which is also the first request of minting.
pub(super) fn api(state: &mut State<'_>) -> Option<Finding> {
    let (access, settings) = (state.access.take()?, state.settings.as_ref()?);
    let api = match Api::new(access, Deadline::after(settings.timeout)) {
        Ok(api) => api,
        Err(failure) => return Some(Failed(failure)),
    };
    let proxy = api.proxy().map(|proxy| format!(", through {proxy}"));
    let accepts = format!(
        "{} accepts the account{}",
        api.access().endpoint.host(),
        proxy.unwrap_or_default()
    );
    let looked_up = match state.host {
        Some(host) => match mint::registry(&api, host, &settings.target) {
            Err(MintError::Api(err)) => Err(err),
            registry => {
                state.registry = Some(registry);
                Ok(accepts)
            }
        },
        None => api
            .registries(None)
            .map(|found| format!("{accepts}, which has {} registries", found.len())),
    };
    let finding = match looked_up {
        Ok(found) => Passed(found),
        Err(err) => Failed(err.failure(api.access())),
    };
    state.api = Some(api);
    Some(finding)
}

pub(super) fn registry(state: &mut State<'_>) -> Option<Finding> {
    let host = state.host.map_or("HOST", RegistryHost::as_str);
    let wait = format!("docker-credential-ionos doctor --wait {host}");
    Some(match (&state.registry, &state.api) {
        (Some(Err(err)), Some(api)) => Failed(match err {
            MintError::BeingCreated => Failure {
                hint: wait,
                ..err.failure(api.access())
            },
            _ => err.failure(api.access()),
        }),
        (Some(Ok(found)), _) => {
            let name = one_line(&found.name);
            if found.is_running() {
                Passed(format!("{name} is running"))
            } else {
                let state = one_line(found.state.as_deref().unwrap_or_default());
                let hint = format!("{wait}, or see the DCD");
                Failed(Failure::new(format!("{name} is {state}"), hint))
            }
        }
        _ => Skipped("no HOST given".into()),
    })
}

pub(super) fn allow_list(state: &mut State<'_>) -> Option<Finding> {
    let Some(Ok(registry)) = &state.registry else {
        return Some(Skipped("no HOST given".into()));
    };
    if registry.allow_list.is_empty() {
        return Some(Passed("every network may reach the registry".into()));
    }
    let networks: Vec<String> = registry.allow_list.iter().map(|it| one_line(it)).collect();
    Some(Warning(Failure::new(
        format!("only {} may reach the registry", networks.join(", ")),
        "check that this machine's public address is among them",
    )))
}

/// Also runs after a refusal by the API, which a wrong clock can cause.
pub(super) fn clock(state: &mut State<'_>) -> Option<Finding> {
    Some(match state.api.as_ref().and_then(Api::skew) {
        Some(skew) if skew.abs() > TOLERATED_SKEW => Warning(Failure::new(
            format!(
                "this machine's clock is {} s {} the API's",
                skew.abs(),
                if skew > 0 { "behind" } else { "ahead of" }
            ),
            "set the clock (NTP); this program uses the API's, other programs do not",
        )),
        Some(_) => Passed("matches the API's".into()),
        None => Skipped("the API sent no date".into()),
    })
}
