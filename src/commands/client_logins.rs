//! Logins that clients keep in their own files, and the commands that remove them.

use std::path::Path;

use crate::client_config::{self, Client, ClientConfig};
use crate::error::{Failure, one_line, quoted_for_shell, shown};
use crate::registry_host::RegistryHost;

/// How to remove an entry of `auths`: measured with docker 28.2 and podman 4.3.
pub(super) fn how_to_remove(file: &Path, key: &str) -> String {
    let word = shell_word(key);
    if Client::Docker.config_file().as_deref() == Some(file) {
        return format!("docker logout {word}");
    }
    let file = shell_word(&file.display().to_string());
    if podman_can_remove(key) {
        return format!("podman logout --authfile {file} {word}");
    }
    let key = one_line(key);
    format!("remove '{key}' from auths in {file} with an editor; podman logout cannot")
}

/// Podman drops the scheme of its argument, and refuses a path that is no repository.
fn podman_can_remove(key: &str) -> bool {
    let is_path = |path: &str| {
        let mut parts = path.split('/');
        parts.all(|part| !part.is_empty() && !part.contains(|c: char| c.is_ascii_uppercase()))
    };
    !key.contains("://") && key.split_once('/').is_none_or(|(_, path)| is_path(path))
}

/// A string as one word of a command line on this system.
pub(super) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,\\".contains(c);
    match text {
        _ if !cfg!(windows) => quoted_for_shell(text),
        "" => "\"\"".to_owned(),
        _ if text.chars().all(is_plain) => text.to_owned(),
        _ => format!("\"{text}\""),
    }
}

/// Docker prefers the variable to a helper.
pub(super) fn in_variable(host: &RegistryHost) -> Option<Failure> {
    let what =
        format!("DOCKER_AUTH_CONFIG has a login for {host}, which Docker 28.3 and later prefers");
    let hint = "unset DOCKER_AUTH_CONFIG, or remove that host from it";
    client_config::docker_auth_config_has(host).then(|| Failure::new(what, hint))
}

/// The logins for a host in a file whose helper replaces them.
pub(super) fn left_over(file: &ClientConfig, host: &RegistryHost) -> impl Iterator<Item = Failure> {
    file.login_keys(host).map(|key| {
        let (path, shown_key) = (shown(&file.path), one_line(key));
        Failure::new(
            format!(
                "{path} still has a login for '{shown_key}', in plain text and no longer needed"
            ),
            how_to_remove(&file.path, key),
        )
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn string_is_quoted_as_one_shell_word() {
        for (text, word) in [
            ("/usr/local/bin/x-y.z", "/usr/local/bin/x-y.z"),
            ("/home/J D/x", "'/home/J D/x'"),
            ("/it's", r"'/it'\''s'"),
            ("/$HOME", "'/$HOME'"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }

    #[test]
    fn hint_names_the_key_and_a_command_that_removes_it() {
        let host = "demo.cr.de-fra.ionos.com";
        let logout = format!("podman logout --authfile /run/auth.json {host}");
        let editor = |key: &str| {
            format!(
                "remove '{key}' from auths in /run/auth.json with an editor; podman logout cannot"
            )
        };
        for (key, hint) in [
            (host.to_owned(), logout.clone()),
            (format!("{host}:443"), format!("{logout}:443")),
            (format!("{host}/team"), format!("{logout}/team")),
            (format!("{host}/team/app"), format!("{logout}/team/app")),
            (format!("{host}/"), editor(&format!("{host}/"))),
            (format!("{host}/Team"), editor(&format!("{host}/Team"))),
            (
                format!("https://{host}/v1/"),
                editor(&format!("https://{host}/v1/")),
            ),
        ] {
            assert_eq!(how_to_remove(Path::new("/run/auth.json"), &key), hint);
        }
    }
}
