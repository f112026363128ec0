//! Checks of this machine: the settings and the cache.

use super::report::{Checked, Finding};
use crate::commands::local_state;
use crate::config::{self, ConfigFile, Settings};
use crate::error::{Failure, one_line};
use crate::files::{self, PrivateDir};
use crate::registry_host::RegistryHost;

pub(super) fn settings(
    config: Result<&ConfigFile, &Failure>,
    host: Option<&RegistryHost>,
    profile: Option<&str>,
) -> Checked<Settings> {
    let config = config.map_err(Clone::clone)?;
    let settings = match host {
        Some(host) => config.settings(host, profile)?,
        None => config.general_settings(profile)?,
    };
    let scopes: Vec<String> = settings.scopes.iter().map(ToString::to_string).collect();
    let summary = format!(
        "profile {}, scopes {}, tokens valid for {} h",
        settings.profile,
        scopes.join(" "),
        settings.token_ttl.as_secs() / 3600
    );
    Ok((settings, Finding::passed(one_line(&summary))))
}

/// A successful `get` does not read these variables.
pub(super) fn invalid_switches() -> impl Iterator<Item = Finding> {
    let switches = [config::revokes_on_erase(), config::failure_is_not_found()];
    switches
        .into_iter()
        .filter_map(Result::err)
        .map(Finding::failed)
}

/// Whether a minted token can be cached. If not, `get` works all the same.
pub(super) fn cache() -> Result<Finding, Failure> {
    let dir = match local_state::cache_in_use()? {
        Ok(dir) => dir,
        Err(why) => return Ok(why.into()),
    };
    let path = dir.display();
    Ok(match PrivateDir::probe(&dir) {
        Err(err) => local_state::nothing_is_cached(
            &format!("{err:#}"),
            "make that directory writable for you alone, or set IONOS_CR_CACHE_DIR to one that is",
        )
        .into(),
        Ok(()) if files::is_outside_of_the_profile(&dir) => Finding::warning(
            format!(
                "{path} is outside of your profile directory, whose access control list keeps other users out"
            ),
            "unset IONOS_CR_CACHE_DIR, or choose a directory that only you can read",
        ),
        Ok(()) => Finding::passed(format!("{path} can be written")),
    })
}
