//! Checks of this machine: the settings and the cache.

use super::checks::State;
use super::report::Finding::{self, Failed, Ok as Passed, Warning};
use crate::config::{self, Places, Settings};
use crate::env;
use crate::error::{Failure, one_line};
use crate::files::{self, PrivateDir};

pub(super) fn settings(state: &mut State<'_>) -> Vec<Finding> {
    let profile = state.profile.as_deref();
    let settings = match (state.config, state.host) {
        (Ok(config), Some(host)) => config.settings(host, profile),
        (Ok(config), None) => config.general_settings(profile),
        (Err(failure), _) => Err(failure.clone()),
    };
    let mut findings = match settings {
        Ok(settings) => {
            let findings = vec![Passed(summary(&settings))];
            state.settings = Some(settings);
            findings
        }
        Err(failure) => vec![Failed(failure)],
    };
    // A successful `get` reads neither.
    for switch in [config::revokes_on_erase(), config::failure_is_not_found()] {
        findings.extend(switch.err().map(Failed));
    }
    findings
}

fn summary(settings: &Settings) -> String {
    let scopes: Vec<String> = settings
        .scopes
        .iter()
        .map(|scope| format!("{}:{}", scope.name, scope.actions.join(",")))
        .collect();
    let hours = settings.token_ttl.as_secs() / 3600;
    one_line(&format!(
        "profile {}, scopes {}, tokens valid for {hours} h",
        settings.profile,
        scopes.join(" ")
    ))
}

/// Whether a minted token can be cached. If not, `get` works all the same.
pub(super) fn cache(_: &mut State<'_>) -> Vec<Finding> {
    const CONSEQUENCE: &str = "nothing is cached, so each get mints a token";
    let warning = |why: &str, hint: &str| {
        let what = format!("{why}: {CONSEQUENCE}");
        vec![Warning(Failure::new(what, hint))]
    };
    let places = match Places::find() {
        Ok(places) => places,
        Err(failure) => return vec![Failed(failure)],
    };
    let Some(dir) = &places.cache else {
        let hint = format!("set {} or IONOS_CR_CACHE_DIR", env::HOME);
        return warning("no home directory", &hint);
    };
    match places.cache_in_use() {
        Err(failure) => vec![Failed(failure)],
        Ok(None) => warning("IONOS_CR_DISABLE_CACHE is set", "unset it"),
        Ok(Some(_)) => match PrivateDir::probe(dir) {
            Ok(()) if files::is_outside_of_the_profile(dir) => {
                let what = format!(
                    "{} is outside of your profile directory, whose access control list keeps other users out",
                    dir.display()
                );
                let hint = "unset IONOS_CR_CACHE_DIR, or choose a directory that only you can read";
                vec![Warning(Failure::new(what, hint))]
            }
            Ok(()) => vec![Passed(format!("{} can be written", dir.display()))],
            Err(err) => warning(
                &format!("{err:#}"),
                "make that directory yours and writable for you alone, or set IONOS_CR_CACHE_DIR",
            ),
        },
    }
}
