//! Whether clients find the program under the helper's name.

use std::path::Path;

use crate::client_config::{self, Client};
use crate::commands::client_logins::shell_word;
use crate::env;
use crate::error::{Failure, shown, system};
use crate::files;
use crate::terminal::Terminal;

/// Offers to make a missing name, or tells how to. Returns whether clients find the program.
pub(super) fn make_sure(
    helper: &str,
    client: Client,
    only_show: bool,
    terminal: &mut Terminal,
) -> bool {
    let name = client_config::program_name(helper);
    if env::on_path(&name).is_some() {
        return true;
    }
    let plain = client_config::program_name(&client_config::helper_name(None));
    let missing = |hint: String| {
        let command = client.name();
        Failure::new(
            format!("{name} is not on PATH, so {command} cannot run it"),
            hint,
        )
    };
    // A link on PATH survives an update of the program; the file it leads to may not.
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

fn link_command(program: &Path, link: &Path) -> String {
    let [program, link] = [program, link].map(|path| shell_word(&path.display().to_string()));
    if cfg!(unix) {
        format!("ln -s {program} {link}")
    } else {
        format!("mklink /H {link} {program}")
    }
}
