//! Logins that clients keep in their own files, and the commands that remove them.

use std::path::Path;

use crate::client_config::Client;
use crate::error::one_line;

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

/// A string as one word of a command line.
pub(super) fn shell_word(text: &str) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || "/._-+:@%,".contains(c) || (c == '\\' && cfg!(windows));
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
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
    #[cfg(unix)]
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
