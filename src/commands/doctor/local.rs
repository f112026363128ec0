//! Checks of this machine: the settings and the cache.

use super::checks::State;
use super::report::Finding::{self, Failed, Ok as Passed, Warning};
use crate::config::{self, Places, Settings};
use crate::env;
use crate::error::{Failure, one_line};
use crate::files::{self, PrivateDir};

pub(super) fn settings(state: &mut State<'_>) -> Option<Finding> {
    let profile = state.profile.as_deref();
    let settings = match (state.config, state.host) {
        (Ok(config), Some(host)) => config.settings(host, profile),
        (Ok(config), None) => config.general_settings(profile),
        (Err(failure), _) => Err(failure.clone()),
    };
    // A successful `get` reads neither.
    for switch in [config::revokes_on_erase(), config::failure_is_not_found()] {
        state.more.extend(switch.err().map(Failed));
    }
    Some(match settings {
        Ok(settings) => Passed(summary(state.settings.insert(settings))),
        Err(failure) => Failed(failure),
    })
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
pub(super) fn cache(_: &mut State<'_>) -> Option<Finding> {
    const CONSEQUENCE: &str = "nothing is cached, so each get mints a token";
    let warning = |why: &str, hint: &str| {
        let what = format!("{why}: {CONSEQUENCE}");
        Warning(Failure::new(what, hint))
    };
    let places = match Places::find() {
        Ok(places) => places,
        Err(failure) => return Some(Failed(failure)),
    };
    let Some(dir) = &places.cache else {
        let hint = format!("set {} or IONOS_CR_CACHE_DIR", env::HOME);
        return Some(warning("no home directory", &hint));
    };
    Some(match places.cache_in_use() {
        Err(failure) => Failed(failure),
        Ok(None) => warning("IONOS_CR_DISABLE_CACHE is set", "unset it"),
        Ok(Some(_)) => match PrivateDir::probe(dir) {
            Ok(()) if files::is_outside_of_the_profile(dir) => {
                let what = format!(
                    "{} is outside of your profile directory, whose access control list keeps other users out",
                    dir.display()
                );
                let hint = "unset IONOS_CR_CACHE_DIR, or choose a directory that only you can read";
                Warning(Failure::new(what, hint))
            }
            Ok(()) => Passed(format!("{} can be written", dir.display())),
            Err(err) => warning(
                &format!("{err:#}"),
                "make that directory yours and writable for you alone, or set IONOS_CR_CACHE_DIR",
            ),
        },
    })
}
