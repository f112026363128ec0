//! Checks of the clients: whether they run this program, and for which registries.

use std::path::Path;

use super::report::Finding;
use crate::client_config::{self, Client, ClientConfig};
use crate::commands::client_logins::{how_to_remove, in_variable, left_over, shell_word};
use crate::env;
use crate::error::{Failure, one_line, shown};
use crate::registry_host::RegistryHost;

const PODMAN_PROGRAMS: [&str; 3] = ["podman", "skopeo", "buildah"];
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// The helper in Docker's file, if it is this program.
pub(super) fn our_helper<'a>(
    file: &'a ClientConfig,
    host: Option<&RegistryHost>,
) -> Option<&'a str> {
    let helper = file
        .helper_for(host?.as_str())
        .or_else(|| file.creds_store())?;
    Some(helper).filter(|name| client_config::is_our_helper(name))
}

pub(super) fn program(helper: Option<&str>) -> Finding {
    let plain = client_config::helper_name(None);
    let name = client_config::program_name(helper.unwrap_or(&plain));
    match env::on_path(&name) {
        Some(path) => Finding::passed(format!("{} is on PATH", path.display())),
        None => Finding::failed(Failure::new(
            format!("{name} is not on PATH, so no client can run it"),
            "put it, or a link to it, into a directory on PATH",
        )),
    }
}

/// `file` is `None` without a home directory.
pub(super) fn docker(
    file: Option<Result<&ClientConfig, &Failure>>,
    helper: Option<&str>,
    host: Option<&RegistryHost>,
    profile: Option<&str>,
) -> Vec<Finding> {
    let file = match file {
        Some(Ok(file)) => file,
        Some(Err(failure)) => return vec![Finding::failed(failure.clone())],
        None => {
            let what = "no home directory to look for config.json in";
            let hint = format!("set {} or DOCKER_CONFIG", env::HOME);
            return vec![Finding::warning(what, hint)];
        }
    };
    let path = shown(&file.path);
    let mut findings = vec![match host {
        Some(host) => helper_in_docker_file(file, host, profile),
        None => Finding::warning(
            format!("no registry in {path} uses this program"),
            "docker-credential-ionos configure-docker",
        ),
    }];
    if let (Some(host), Some(_)) = (host, helper) {
        let overruling = in_variable(host).into_iter();
        findings.extend(overruling.chain(left_over(file, host)).map(Finding::from));
    }
    if !podman_is_used() {
        findings.extend(file.podman_refusal.clone().map(Finding::from));
    }
    findings.extend(snap(&path, host));
    findings.extend(sudo(file, &path, host, profile));
    findings
}

/// Which helper Docker runs for the host.
fn helper_in_docker_file(
    file: &ClientConfig,
    host: &RegistryHost,
    profile: Option<&str>,
) -> Finding {
    let path = shown(&file.path);
    let add = how_to_configure("", profile, host.as_str());
    let what = match (file.helper_for(host.as_str()), file.creds_store()) {
        (Some(""), _) => format!("credHelpers in {path} has '' for {host}, which is no helper"),
        (Some(helper), _) if client_config::is_our_helper(helper) => {
            return Finding::passed(format!("{path} has helper '{helper}' for {host}"));
        }
        (Some(helper), _) => format!("{path} has helper '{}' for {host}", one_line(helper)),
        // `docker login` of every other registry fails.
        (None, Some(store)) if client_config::is_our_helper(store) => {
            return Finding::warning(
                format!(
                    "{path} has credsStore '{store}', but this program stores no login of other registries"
                ),
                format!("{add}, then remove credsStore from {path}"),
            );
        }
        (None, Some(store)) => {
            let store = one_line(store);
            format!("{path} has no helper for {host}, so Docker asks credsStore '{store}'")
        }
        (None, None) if !file.exists => format!("{path} does not exist"),
        (None, None) => match misspelled(file, host).map(one_line) {
            Some(key) => {
                format!("{path} has a helper for '{key}', which Docker does not take for {host}")
            }
            None => format!("{path} has no helper for {host}"),
        },
    };
    Finding::warning(what, add)
}

/// A key for the host that clients never look up, because they compare it letter by letter.
fn misspelled<'a>(file: &'a ClientConfig, host: &RegistryHost) -> Option<&'a str> {
    file.our_keys()
        .find(|key| RegistryHost::parse(key).as_ref() == Ok(host))
}

/// The snap of Docker has its own home directory and runs no program from outside.
fn snap(path: &str, host: Option<&RegistryHost>) -> Option<Finding> {
    let docker = env::on_path("docker")?;
    let target = docker.canonicalize().ok()?;
    let is_snap = docker.starts_with("/snap") || target.file_name()? == "snap";
    is_snap.then(|| {
        Finding::warning(
            format!(
                "{} is a snap, which reads ~/snap/docker/current/.docker/config.json instead of {path} and cannot run this program",
                docker.display()
            ),
            format!(
                "install Docker from docs.docker.com/engine/install, or log in for some hours: docker-credential-ionos login {}",
                host.map_or("HOST", RegistryHost::as_str)
            ),
        )
    })
}

/// `sudo docker` reads root's file.
fn sudo(
    file: &ClientConfig,
    path: &str,
    host: Option<&RegistryHost>,
    profile: Option<&str>,
) -> Option<Finding> {
    if let Some(user) = env::var("SUDO_USER").filter(|_| env::user_id() == Some(0)) {
        let user = one_line(&user);
        return Some(Finding::warning(
            format!("sudo: {path} is for sudo docker; docker of user '{user}' reads another file"),
            "run doctor without sudo, unless you run docker with sudo",
        ));
    }
    let is_default = |context: &str| ["", "default"].contains(&context);
    let uses_socket = env::var("DOCKER_HOST").is_none()
        && file.context.as_deref().is_none_or(is_default)
        && env::on_path("docker").is_some();
    let socket = Path::new(DOCKER_SOCKET);
    if !uses_socket || !socket.exists() || env::can_write(socket) {
        return None;
    }
    let host = host.map_or("HOST", RegistryHost::as_str);
    Some(Finding::warning(
        format!(
            "{DOCKER_SOCKET} is not writable for you, and sudo docker reads root's file, not {path}"
        ),
        format!(
            "join the group docker, or configure root: sudo {}",
            how_to_configure("", profile, host)
        ),
    ))
}

/// Whether podman or a program with its files is installed, or was.
fn podman_is_used() -> bool {
    let docker_file = Client::Docker.config_file();
    let mut programs = PODMAN_PROGRAMS.iter();
    let mut own_files = Client::Podman.files().into_iter();
    programs.any(|name| env::on_path(name).is_some())
        || own_files.any(|path| Some(&path) != docker_file.as_ref() && path.exists())
}

pub(super) fn podman(host: Option<&RegistryHost>, profile: Option<&str>) -> Finding {
    if !podman_is_used() {
        let programs = PODMAN_PROGRAMS.join(", ");
        return Finding::skipped(format!("{programs} are not on PATH"));
    }
    let files = Client::Podman.files();
    for path in &files {
        // Podman stops at the first file that it cannot read.
        let file = match ClientConfig::load(path) {
            Ok(ClientConfig {
                podman_refusal: Some(failure),
                ..
            })
            | Err(failure) => return Finding::failed(failure),
            Ok(file) => file,
        };
        if let Some(finding) = host.and_then(|host| entry_for_podman(&file, host)) {
            return finding;
        }
    }
    let names: Vec<String> = files.iter().map(|path| shown(path)).collect();
    let names = names.join(", ");
    match host {
        None => Finding::passed(format!("can read {names}")),
        Some(host) => Finding::warning(
            format!("no helper for {host} in {names}"),
            how_to_configure("--podman ", profile, host.as_str()),
        ),
    }
}

fn how_to_configure(option: &str, profile: Option<&str>, host: &str) -> String {
    let profile = profile.map(|name| format!("--profile {} ", shell_word(name)));
    let profile = profile.unwrap_or_default();
    format!("docker-credential-ionos configure-docker {option}{profile}{host}")
}

/// What podman does for the host because of this file; `None`: it reads the next file.
fn entry_for_podman(file: &ClientConfig, host: &RegistryHost) -> Option<Finding> {
    let path = shown(&file.path);
    let edit = format!(
        "set credHelpers for {host} in {} to \"{}\" with an editor, or remove it",
        shell_word(&file.path.display().to_string()),
        client_config::helper_name(None)
    );
    Some(match file.helper_for(host.as_str()) {
        Some("") => Finding::failed(Failure::new(
            format!("credHelpers in {path} has '' for {host}, with which podman fails"),
            edit,
        )),
        Some(helper) if client_config::is_our_helper(helper) => {
            Finding::passed(format!("{path} has helper '{helper}' for {host}"))
        }
        Some(helper) => Finding::warning(
            format!("{path} has helper '{}' for {host}", one_line(helper)),
            edit,
        ),
        None => {
            let key = file.login_keys(host).next()?;
            let what = format!(
                "{path} has a login for '{}', which podman uses",
                one_line(key)
            );
            Finding::warning(what, how_to_remove(&file.path, key))
        }
    })
}
