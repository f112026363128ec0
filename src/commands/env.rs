//! `env HOST`: user name and password as variables, from one answer so that they fit.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;

use super::hosts::{self, Credentials};
use crate::config::ConfigFile;
use crate::credential::Credential;
use crate::env;
use crate::error::{Failure, one_line, system};
use crate::files;
use crate::terminal::Terminal;

const USERNAME: &str = "IONOS_CR_REGISTRY_USERNAME";
const PASSWORD: &str = "IONOS_CR_REGISTRY_PASSWORD";

/// What `env` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// The registry
    #[arg(value_name = "HOST")]
    host: String,
    /// The shell that is to read it
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
    Sh,
    /// The friendly interactive shell
    Fish,
    /// PowerShell
    Powershell,
}

/// Prints the variables, or hands them to the steps that follow.
pub fn run(
    options: &Options,
    profile: Option<&str>,
    terminal: &mut Terminal<'_>,
) -> Result<bool, Failure> {
    let config = ConfigFile::load()?;
    let host = hosts::parse(&options.host, &config)?;
    // Before anything is minted for nobody.
    let github = options.github.then(github_env).transpose()?;
    let credentials = Credentials::get(&[host], &config, profile, terminal)?;
    for (_, credential) in &credentials.logins {
        match &github {
            Some(path) => for_github(credential, path, terminal)?,
            None => {
                for (name, value) in variables(credential) {
                    terminal.result(&options.shell.set(name, value));
                }
            }
        }
    }
    credentials.tidy_up();
    Ok(true)
}

fn variables(credential: &Credential) -> [(&'static str, &str); 2] {
    [
        (USERNAME, &credential.username),
        (PASSWORD, credential.secret.expose_secret()),
    ]
}

impl Shell {
    fn set(self, name: &str, value: &str) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:+=@".contains(&byte);
        let is_plain = !value.is_empty() && value.bytes().all(plain);
        match self {
            Self::Sh if is_plain => format!("export {name}={value}"),
            Self::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'")
            }
            Self::Powershell => format!("$Env:{name} = '{}'", value.replace('\'', "''")),
        }
    }
}

fn github_env() -> Result<PathBuf, Failure> {
    env::path("GITHUB_ENV").ok_or_else(|| {
        Failure::new(
            "GITHUB_ENV is not set, so this is no step of GitHub Actions",
            "leave --github out",
        )
    })
}

/// The mask comes first: what is printed after it, here or by a later step, is not shown. But where
/// nobody can be told the variables, nobody is told the mask either: outside of GitHub it is the
/// password in the clear.
/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
fn for_github(
    credential: &Credential,
    path: &Path,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    append(path, "")?;
    let secret = credential.secret.expose_secret();
    let escaped = secret
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    terminal.result(&format!("::add-mask::{escaped}"));
    let lines = variables(credential).map(|(name, value)| {
        // No value can end a text whose end it cannot know.
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
        let path = one_line(&path.display().to_string());
        Failure::new(
            format!(
                "cannot write {path}, which GITHUB_ENV names: {}",
                system(&err)
            ),
            "see whether the runner set it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_reads_back_what_was_set() {
        for (shell, value, line) in [
            (Shell::Sh, "a-b.C_1", "export X=a-b.C_1"),
            (Shell::Sh, "a'b $c", r"export X='a'\''b $c'"),
            (Shell::Sh, "", "export X=''"),
            (Shell::Fish, r"a'b\c", r"set -gx X 'a\'b\\c'"),
            (Shell::Powershell, "a'b$c", "$Env:X = 'a''b$c'"),
        ] {
            assert_eq!(shell.set("X", value), line);
        }
    }
}
