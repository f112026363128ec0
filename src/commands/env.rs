//! `env HOST`: user name and password as variables, both of one credential.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

use super::{Session, hosts};
use crate::credential::{Cleanup, Credential};
use crate::env;
use crate::error::{Failure, is_unsafe, is_unsafe_in_lines, quoted_for_shell, shown, system};
use crate::files;
use crate::terminal::Terminal;

const USERNAME: &str = "IONOS_CR_REGISTRY_USERNAME";
const PASSWORD: &str = "IONOS_CR_REGISTRY_PASSWORD";

/// The arguments of `env`.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,
    /// The shell that reads the output
    #[arg(long, value_enum, value_name = "SHELL", default_value_t = Shell::Sh)]
    shell: Shell,
    /// In GitHub Actions: set the variables for the steps that follow, and mask the password
    #[arg(long, conflicts_with = "shell")]
    github: bool,
}

/// How variables are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// sh, bash, zsh and other POSIX shells
    #[value(aliases = ["bash", "dash", "ksh", "zsh"])]
    Sh,
    /// The friendly interactive shell
    Fish,
    /// PowerShell
    Powershell,
}

/// Prints the variables, or sets them for the steps that follow.
pub fn run(options: &Options, session: &mut Session<'_>) -> Result<bool, Failure> {
    let host = hosts::parse(&options.host, session.config()?)?;
    let github = options.github.then(github_env).transpose()?;
    if let Some(path) = &github {
        // Mints nothing for a file that cannot be written. Also prints no mask then: outside of
        // GitHub Actions the mask is the password in the clear.
        append(path, "")?;
    }
    let lookup = hosts::credential(&host, session)?;
    let variables = variables(&lookup.credential).map_err(|it| it.within(host.as_str()))?;
    let terminal = &mut session.terminal;
    match &github {
        Some(path) => for_github(variables, path, terminal)?,
        None => {
            for (name, value) in variables {
                terminal.credential(&options.shell.set(name, value));
            }
        }
    }
    if github.is_some() || terminal.has_written_all() {
        lookup.cleanup.into_iter().for_each(Cleanup::run);
    }
    Ok(true)
}

type Variables<'a> = [(&'static str, &'a str); 2];

/// Refuses control characters: terminals and logs act on them, and replacing them would make
/// another password.
fn variables(credential: &Credential) -> Result<Variables<'_>, Failure> {
    let username = credential.username.as_str();
    let password = credential.secret.expose_secret();
    if username.contains(is_unsafe) || password.contains(is_unsafe_in_lines) {
        return Err(Failure::new(
            "the user name or the password has control characters in it",
            "use docker-config or login, which do not print them",
        ));
    }
    Ok([(USERNAME, username), (PASSWORD, password)])
}

impl Shell {
    fn set(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}", quoted_for_shell(value)),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'")
            }
            Self::Powershell => {
                // PowerShell ends a string at each of these quotes, and takes two for one.
                let quotes = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
                let double =
                    |value: String, quote: &char| value.replace(*quote, &format!("{quote}{quote}"));
                let doubled = quotes.iter().fold(value.to_owned(), double);
                format!("$Env:{name} = '{doubled}'")
            }
        }
    }
}

fn github_env() -> Result<PathBuf, Failure> {
    env::path("GITHUB_ENV").ok_or_else(|| {
        Failure::new(
            "GITHUB_ENV is not set, so this is not a step of GitHub Actions",
            "leave --github out",
        )
    })
}

/// Prints the mask first: GitHub hides what is printed after it.
/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
fn for_github(
    variables: Variables<'_>,
    path: &Path,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let [_, (_, password)] = variables;
    let escaped = password.replace('%', "%25").replace('\n', "%0A");
    terminal.credential(&format!("::add-mask::{escaped}"));
    let lines = variables.map(|(name, value)| {
        // Random, so that no value can contain it.
        let end = format!("END_{:016x}", fastrand::u64(..));
        format!("{name}<<{end}\n{value}\n{end}\n")
    });
    append(path, &lines.concat())?;
    terminal.say(&format!(
        "set {USERNAME} and {PASSWORD} for the steps that follow"
    ));
    Ok(())
}

fn append(path: &Path, lines: &str) -> Result<(), Failure> {
    files::append(path, lines.as_bytes()).map_err(|err| {
        Failure::new(
            format!(
                "cannot write {}, which GITHUB_ENV names: {}",
                shown(path),
                system(&err)
            ),
            "check that the runner sets it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_each_shell() {
        for (shell, value, line) in [
            (Shell::Sh, "a-b.C_1", "export X=a-b.C_1"),
            (Shell::Sh, "a'b $c", r"export X='a'\''b $c'"),
            (Shell::Sh, "", "export X=''"),
            (Shell::Fish, r"a'b\c", r"set -gx X 'a\'b\\c'"),
            (Shell::Powershell, "a'b$c", "$Env:X = 'a''b$c'"),
            (Shell::Powershell, "\u{2019}", "$Env:X = '\u{2019}\u{2019}'"),
        ] {
            assert_eq!(shell.set("X", value), line);
        }
    }
}
