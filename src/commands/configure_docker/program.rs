//! Whether clients find the program under the name they look for.

use std::path::Path;

use super::command;
use crate::client_config::{self, Client};
use crate::env;
use crate::error::{Failure, one_line, system};
use crate::files;
use crate::terminal::Terminal;

/// Offers the name that is missing, or says how to make it. Whether clients find the program now.
pub(super) fn make_sure(
    helper: &str,
    client: Client,
    only_show: bool,
    terminal: &mut Terminal<'_>,
) -> bool {
    let name = client_config::program_name(helper);
    if env::on_path(&name).is_some() {
        return true;
    }
    let plain = client_config::program_name(&client_config::helper_name(None));
    let missing = |hint: String| {
        let command = command(client);
        Failure::new(
            format!("{name} is not on PATH, so {command} cannot run it"),
            hint,
        )
    };
    // On PATH it may be a link that outlives an update, and the file it leads to does not.
    let Some(program) = env::on_path(&plain).or_else(env::program) else {
        terminal.warn(&missing("put it into a directory on PATH".into()));
        return false;
    };
    let link = program.with_file_name(&name);
    let mut hints = Vec::new();
    if link.symlink_metadata().is_err() {
        let question = format!(
            "{name} is not on PATH; make it a link to {}?",
            shown(&program)
        );
        let wanted = !only_show && terminal.is_interactive() && terminal.confirm(&question);
        let made = wanted.then(|| files::link(&program, &link));
        match made {
            Some(Ok(())) => {
                terminal.result(&format!("linked {} to {}", shown(&link), shown(&program)));
            }
            Some(Err(err)) => {
                terminal.say(&format!("cannot make {}: {}", shown(&link), system(&err)));
                hints.push(format!("sudo {}", link_command(&program, &link)));
            }
            None => hints.push(link_command(&program, &link)),
        }
    }
    if env::on_path(&name).is_some() {
        return true;
    }
    let dir = link.parent().unwrap_or(&link);
    if !env::search_path().iter().any(|on_path| on_path == dir) {
        hints.push(format!("add {} to PATH", shown(dir)));
    }
    if hints.is_empty() {
        hints.push(format!("make {} a program that can be run", shown(&link)));
    }
    terminal.warn(&missing(hints.join(" and ")));
    false
}

#[cfg(unix)]
fn link_command(program: &Path, link: &Path) -> String {
    format!("ln -s {} {}", shell_word(program), shell_word(link))
}

#[cfg(not(unix))]
fn link_command(program: &Path, link: &Path) -> String {
    format!("mklink /H {} {}", shell_word(link), shell_word(program))
}

/// A path as one word of a command line.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain =
        |c: char| c.is_alphanumeric() || "/._-+:@%,".contains(c) || (c == '\\' && cfg!(windows));
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn shown(path: &Path) -> String {
    one_line(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_path_is_one_word_to_a_shell() {
        for (path, word) in [
            ("/usr/local/bin/x-y.z", "/usr/local/bin/x-y.z"),
            ("/home/J D/x", "'/home/J D/x'"),
            ("/it's", r"'/it'\''s'"),
            ("/$HOME", "'/$HOME'"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
