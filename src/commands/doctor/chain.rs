//! The links, from what Docker runs to what the registry says.

use super::report::Report;
use crate::client_config::{self, Client, ClientConfig};
use crate::config::{self, ConfigFile, Places, Settings};
use crate::credential::cache::{Age, Cache};
use crate::credential::mint;
use crate::credential::stored_login::StoredLogins;
use crate::credential::{self, Cleanup, Credential};
use crate::docker::registry_login::{self, Scheme};
use crate::env::{self, Deadline};
use crate::error::{Failure, one_line};
use crate::ionos::account::{self, Account};
use crate::ionos::api::Api;
use crate::registry_host::RegistryHost;

/// A clock that is off by more confuses other programs; this one goes by the API's.
const TOLERATED_SKEW: i64 = 60;
const RUNNING: &str = "Running";
const NOT_REACHED: &str = "not looked at after what failed above";

/// Checks what a `get` for this registry goes through. Mints only if `may_mint`.
pub(super) fn check(
    host: Option<&RegistryHost>,
    config: Result<&ConfigFile, &Failure>,
    profile: Option<&str>,
    may_mint: bool,
) -> Report {
    let mut report = Report {
        host: host.map(ToString::to_string),
        ..Report::default()
    };
    let wired = docker(host, &mut report);
    let profile = profile.map(ToOwned::to_owned).or(wired);
    let settings = match config {
        Ok(config) => match host {
            Some(host) => config.settings(host, profile.as_deref()),
            None => config.general_settings(profile.as_deref()),
        },
        Err(failure) => Err(failure.clone()),
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(failure) => {
            report.failed("settings", failure);
            rest(
                &mut report,
                &["account", "api", "registry", "token", "login"],
            );
            return report;
        }
    };
    report.ok("settings", shown(&settings));
    // Switches that no get looks at, or only one that fails.
    for switch in [config::revokes_on_erase(), config::failure_is_not_found()] {
        if let Err(failure) = switch {
            report.failed("settings", failure);
        }
    }
    let is_asked = ask(host, &settings, &mut report);
    if let (Some(host), Ok(config)) = (host, config) {
        let held = held(host, config, &settings, profile.as_deref());
        let found = match held {
            Some((credential, how)) => {
                report.ok("token", how);
                Some((credential, None))
            }
            None if may_mint && is_asked => minted(host, config, profile.as_deref(), &mut report),
            None if may_mint => {
                report.skipped("token", NOT_REACHED);
                None
            }
            None => {
                report.skipped("token", "none is held; --mint makes one");
                None
            }
        };
        match found {
            Some((credential, cleanup)) => {
                log_in(host, &credential, &settings, &mut report);
                if let Some(cleanup) = cleanup {
                    cleanup.run();
                }
            }
            None => report.skipped("login", "there is no credential to log in with"),
        }
    }
    report
}

fn rest(report: &mut Report, names: &[&'static str]) {
    for name in names {
        report.skipped(name, NOT_REACHED);
    }
}

/// The program, and who asks it. Answers the profile that Docker asks for.
fn docker(host: Option<&RegistryHost>, report: &mut Report) -> Option<String> {
    let file = Client::Docker.config_file();
    let loaded = file.as_deref().map(ClientConfig::load);
    let helper = match (&loaded, host) {
        (Some(Ok(file)), Some(host)) => file.helper_for(host),
        _ => None,
    };
    let ours = helper
        .clone()
        .filter(|name| client_config::is_our_helper(name));
    let name = client_config::program_name(
        &ours
            .clone()
            .unwrap_or_else(|| client_config::helper_name(None)),
    );
    match env::on_path(&name) {
        Some(path) => report.ok("program", format!("{} is on PATH", path.display())),
        None => report.failed(
            "program",
            Failure::new(
                format!("{name} is not on PATH, so no client can run it"),
                "put it, or a link to it, into a directory on PATH",
            ),
        ),
    }
    let hint = host.map_or_else(
        || "docker-credential-ionos configure-docker".to_owned(),
        |host| format!("docker-credential-ionos configure-docker {host}"),
    );
    let shown = |file: &ClientConfig| one_line(&file.path.display().to_string());
    match (loaded, host) {
        (None, _) => report.warning(
            "docker",
            Failure::new(
                "there is no home directory to look for config.json in",
                "set HOME or DOCKER_CONFIG",
            ),
        ),
        (Some(Err(failure)), _) => report.failed("docker", failure),
        (Some(Ok(file)), None) => report.warning(
            "docker",
            Failure::new(
                format!("no registry in {} asks this program", shown(&file)),
                hint,
            ),
        ),
        (Some(Ok(file)), Some(host)) => match (&helper, &ours) {
            (_, Some(_)) if client_config::docker_auth_config_has(host) => report.warning(
                "docker",
                Failure::new(
                    format!("DOCKER_AUTH_CONFIG holds a login for {host}, which docker from 28.3 takes first"),
                    "unset DOCKER_AUTH_CONFIG",
                ),
            ),
            (_, Some(ours)) => report.ok("docker", format!("{} asks helper {ours}", shown(&file))),
            (Some(other), None) => report.warning(
                "docker",
                Failure::new(
                    format!("{} asks helper {} instead", shown(&file), one_line(other)),
                    hint,
                ),
            ),
            (None, None) => report.warning(
                "docker",
                Failure::new(format!("{} does not ask this program", shown(&file)), hint),
            ),
        },
    }
    let ours = ours?;
    let profile = ours.strip_prefix(&client_config::helper_name(None))?;
    profile.strip_prefix('-').map(ToOwned::to_owned)
}

fn shown(settings: &Settings) -> String {
    let scopes: Vec<String> = settings
        .scopes
        .iter()
        .map(|scope| format!("{}:{}", scope.name, scope.actions.join(",")))
        .collect();
    let hours = settings.token_ttl.as_secs() / 3600;
    one_line(&format!(
        "profile {}, scopes {}, tokens of {hours} h",
        settings.profile,
        scopes.join(" ")
    ))
}

/// The account, the API and the registry. `true` if all of them are well.
fn ask(host: Option<&RegistryHost>, settings: &Settings, report: &mut Report) -> bool {
    let deadline = Deadline::after(settings.timeout);
    let chosen = match Account::choose(settings) {
        Ok(Some(chosen)) => chosen,
        Ok(None) => {
            report.failed(
                "account",
                Failure::new("there is no IONOS account to ask with", account::HOW_TO),
            );
            rest(report, &["account token", "api", "registry", "clock"]);
            return false;
        }
        Err(failure) => {
            report.failed("account", failure);
            rest(report, &["account token", "api", "registry", "clock"]);
            return false;
        }
    };
    let access = match chosen.resolve(host, deadline) {
        Ok(access) => access,
        Err(failure) => {
            report.failed("account", failure.asked_as(chosen.origin()));
            rest(report, &["account token", "api", "registry", "clock"]);
            return false;
        }
    };
    report.ok("account", format!("from {}", chosen.origin()));
    match (access.expires(), access.expired()) {
        (_, Some(ended)) => report.failed(
            "account token",
            Failure::new(
                format!("expired at {ended}"),
                format!(
                    "make a new one (\"ionosctl token generate\") and put it into {}",
                    chosen.origin()
                ),
            ),
        ),
        (Some(expires), None) => report.ok("account token", format!("good until {expires}")),
        (None, None) => report.skipped("account token", "does not say when it ends"),
    }
    let api = match Api::new(access, deadline) {
        Ok(api) => api,
        Err(failure) => {
            report.failed("api", failure);
            rest(report, &["registry", "clock"]);
            return false;
        }
    };
    let is_well = registry(&api, host, settings, report);
    clock(&api, report);
    is_well
}

fn registry(
    api: &Api,
    host: Option<&RegistryHost>,
    settings: &Settings,
    report: &mut Report,
) -> bool {
    let endpoint = api.access().endpoint.host().to_owned();
    let by_way_of = api
        .proxy()
        .map_or_else(String::new, |it| format!(", by {it}"));
    let answered = format!("{endpoint} answers and knows the account{by_way_of}");
    let Some(host) = host else {
        match api.registries(None) {
            Ok(found) => report.ok(
                "api",
                format!("{answered}, which has {} registries", found.len()),
            ),
            Err(err) => {
                report.failed("api", err.failure(api.access()));
                return false;
            }
        }
        report.skipped("registry", "none is named");
        return true;
    };
    let found = match mint::registry(api, host, &settings.target) {
        Ok(found) => found,
        Err(mint::MintError::Api(err)) => {
            report.failed("api", err.failure(api.access()));
            report.skipped("registry", NOT_REACHED);
            return false;
        }
        Err(err) => {
            report.ok("api", answered);
            report.failed("registry", err.failure(api.access()));
            return false;
        }
    };
    report.ok("api", answered);
    let name = one_line(&found.name);
    match found.state.as_deref().map(one_line) {
        Some(state) if !state.eq_ignore_ascii_case(RUNNING) => {
            report.failed(
                "registry",
                Failure::new(
                    format!("{name} is {state}"),
                    "wait until its state is Running, or see the DCD",
                ),
            );
            return false;
        }
        _ => report.ok("registry", format!("{name} is running")),
    }
    if found.allow_list.is_empty() {
        report.ok("allow list", "every network may reach the registry");
    } else {
        let networks: Vec<String> = found.allow_list.iter().map(|it| one_line(it)).collect();
        report.warning(
            "allow list",
            Failure::new(
                format!("only {} may reach the registry", networks.join(", ")),
                "see that this machine's public address is among them",
            ),
        );
    }
    true
}

fn clock(api: &Api, report: &mut Report) {
    match api.skew() {
        Some(skew) if skew.abs() > TOLERATED_SKEW => report.warning(
            "clock",
            Failure::new(
                format!(
                    "this machine's clock is {} s {} the API's",
                    skew.abs(),
                    if skew > 0 { "behind" } else { "ahead of" }
                ),
                "set it (NTP); this program goes by the API's, others do not",
            ),
        ),
        Some(_) => report.ok("clock", "agrees with the API's"),
        None => report.skipped("clock", "the API told no time"),
    }
}

/// What a `get` would hand out without minting.
fn held(
    host: &RegistryHost,
    config: &ConfigFile,
    settings: &Settings,
    profile: Option<&str>,
) -> Option<(Credential, &'static str)> {
    let places = Places::find_lossy();
    let is_stored = StoredLogins::new(places.data.clone()).read(host).is_some();
    let account = Account::choose(settings).ok().flatten();
    let cache = Cache::new(places.cache_in_use().ok().flatten());
    let entry = match &account {
        Some(account) => cache
            .slot(host, account.key(), settings)
            .and_then(|slot| cache.read(&slot, host, account.key(), settings)),
        None => cache.read_any(host, settings),
    };
    let is_fresh = entry.is_some_and(|entry| entry.age(env::now()) == Age::Fresh);
    if !is_stored && !is_fresh {
        return None;
    }
    let answer = credential::get(host, config, profile).ok()?;
    let how = if is_stored {
        "a stored login"
    } else {
        "held, and younger than half its life"
    };
    Some((answer.credential, how))
}

fn minted(
    host: &RegistryHost,
    config: &ConfigFile,
    profile: Option<&str>,
    report: &mut Report,
) -> Option<(Credential, Option<Cleanup>)> {
    match credential::get(host, config, profile) {
        Ok(answer) => {
            let name = one_line(&answer.credential.username);
            report.ok("token", format!("minted {name}"));
            Some((answer.credential, answer.cleanup))
        }
        Err(failure) => {
            report.failed("token", failure);
            None
        }
    }
}

fn log_in(host: &RegistryHost, credential: &Credential, settings: &Settings, report: &mut Report) {
    match registry_login::log_in(host, credential, Deadline::after(settings.timeout)) {
        Ok(Scheme::Open) => report.ok("login", format!("{host} lets everybody in")),
        Ok(scheme) => report.ok(
            "login",
            format!("{host} accepts the credential ({})", scheme.as_str()),
        ),
        Err(failure) => report.failed("login", failure),
    }
}
