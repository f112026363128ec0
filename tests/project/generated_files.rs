//! The man pages and completions in `packaging/`, generated from the definitions of the arguments.
//! `UPDATE_GENERATED=1 cargo test --test black_box generated_files` updates them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use docker_credential_ionos::cli;

use crate::support::helper::{Home, walk};

const NAME: &str = "docker-credential-ionos";

fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

fn completions() -> BTreeMap<PathBuf, Vec<u8>> {
    [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell]
        .into_iter()
        .map(|shell| {
            let name = clap_complete::Generator::file_name(&shell, NAME);
            (PathBuf::from(name), script(shell))
        })
        .collect()
}

fn script(shell: Shell) -> Vec<u8> {
    let generate = |name: &str| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut cli::definition(), name, &mut script);
        script
    };
    if shell != Shell::Bash {
        return generate(NAME);
    }
    // clap_complete 4.6.11 writes the states of a program name with dashes in two ways, which breaks the
    // completion of subcommands.
    let plain = NAME.replace('-', "_");
    let script = String::from_utf8(generate(&plain)).unwrap();
    let complete = |name: &str| format!(" {name}\n");
    script
        .replace(&complete(&plain), &complete(NAME))
        .into_bytes()
}

/// The bash script has a state for each command, and each state has its own words.
#[test]
fn bash_completes_every_command() {
    let script = String::from_utf8(script(Shell::Bash)).unwrap();
    let states = script.split("cmd=\"").skip(2);
    for state in states.map(|rest| rest.split('"').next().unwrap()) {
        assert!(script.contains(&format!("\n        {state})\n")), "{state}");
    }
    assert!(script.ends_with("default docker-credential-ionos\nfi\n"));
}

/// A page for the program and one for each command.
fn pages() -> BTreeMap<PathBuf, Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let program = cli::definition().disable_help_subcommand(true);
    clap_mangen::generate_to(program, dir.path()).unwrap();
    files_in(dir.path())
}

fn files_in(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    walk(dir)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(dir).unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

#[track_caller]
fn is_up_to_date(dir: &str, wanted: &BTreeMap<PathBuf, Vec<u8>>) {
    let dir = packaging().join(dir);
    #[expect(
        clippy::disallowed_methods,
        reason = "the one test that writes into the tree, and only when asked to"
    )]
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        for (name, content) in wanted {
            fs::write(dir.join(name), content).unwrap();
        }
    }
    let found = files_in(&dir);
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    let way_out = "UPDATE_GENERATED=1 cargo test --test black_box generated_files";
    assert_eq!(names(&found), names(wanted), "{way_out}");
    for (name, content) in wanted {
        assert!(found[name] == *content, "{}: {way_out}", name.display());
    }
}

#[test]
fn completions_match_the_arguments() {
    is_up_to_date("completions", &completions());
}

#[test]
fn man_pages_match_the_arguments() {
    is_up_to_date("man", &pages());
}

#[test]
fn program_prints_its_completions() {
    for (shell, name) in [
        ("bash", "docker-credential-ionos.bash"),
        ("zsh", "_docker-credential-ionos"),
        ("fish", "docker-credential-ionos.fish"),
        ("powershell", "_docker-credential-ionos.ps1"),
    ] {
        let script = fs::read_to_string(packaging().join("completions").join(name)).unwrap();
        let done = Home::new().helper().run(&["completions", shell], "");
        done.says(&format!("{}\n", script.trim_end()));
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let mut program = cli::definition();
    program.build();
    for command in program.get_subcommands() {
        let name = command.get_name();
        if name == "help" {
            continue;
        }
        let done = Home::new().helper().run(&[name, "--help"], "");
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{name}");
        assert!(done.stdout.contains("\nExample"), "{name}: {}", done.stdout);
        assert!(
            done.stdout.lines().all(|line| line.len() <= 100),
            "{name}: {}",
            done.stdout
        );
    }
}
