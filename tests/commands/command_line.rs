//! Help, usage errors and arguments.

use crate::support::fake_ionos::{DEMO_HOST, FakeIonos};
use crate::support::helper::{Done, Home};

#[test]
fn help_lists_every_verb_and_variable() {
    for flag in ["--help", "-h", "help"] {
        let help = Home::new().helper().run(&[flag], "");
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        for word in [
            "get",
            "store",
            "erase",
            "list",
            "version",
            "IONOS_TOKEN",
            "IONOS_CR_ON_ERROR",
            "credHelpers",
        ] {
            assert!(help.stdout.contains(word), "{word}");
        }
        assert!(help.stdout.lines().all(|line| line.len() <= 100), "{flag}");
    }
}

/// A line that clap wraps would be two commands.
#[test]
fn example_can_be_pasted() {
    let (home, program) = (Home::new(), "docker-credential-ionos ");
    let help = home.helper().run(&["--help"], "").stdout;
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !matches!(*name, "" | "help"));
    let mut seen = 0;
    for command in commands {
        let help = home.helper().run(&[command, "--help"], "").stdout;
        let (_, examples) = help.split_once("Example:\n").unwrap();
        let mut is_continued = false;
        for line in examples.lines().filter(|line| line.starts_with("  ")) {
            assert!(is_continued || line.contains(program), "{examples}");
            is_continued = line.ends_with(['\\', '|']);
            seen += 1;
        }
    }
    assert!(seen >= 17, "{seen}");
}

#[test]
fn usage_error_is_one_line_and_exit_1() {
    let home = Home::new();
    for (args, line) in [
        (&[][..], "no command; see docker-credential-ionos --help"),
        (
            &["push"],
            "unknown command 'push'; see docker-credential-ionos --help",
        ),
        (
            &["a\nb"],
            "unknown command 'a b'; see docker-credential-ionos --help",
        ),
        (
            &["comletions"],
            "unknown command 'comletions'; did you mean 'completions'?",
        ),
        // Clients read stdout, also after a usage error.
        (
            &["get", "a", "b"],
            "unexpected argument 'b' found; see docker-credential-ionos --help",
        ),
        (
            &["get", "--pofile", "x"],
            "unexpected argument '--pofile' found; a similar argument exists: '--profile'",
        ),
        (
            &["store", "x"],
            "unexpected argument 'x' found; see docker-credential-ionos --help",
        ),
        (
            &["erase", "x"],
            "unexpected argument 'x' found; see docker-credential-ionos --help",
        ),
        (
            &["list", "--all"],
            "unexpected argument '--all' found; see docker-credential-ionos --help",
        ),
        (
            &["version", "x"],
            "unexpected argument 'x' found; see docker-credential-ionos --help",
        ),
        (
            &["--version", "x"],
            "unexpected argument 'x' found; see docker-credential-ionos --help",
        ),
    ] {
        home.helper().run(args, "").fails(line);
    }
}

#[test]
fn invalid_arguments_have_a_hint() {
    let home = Home::new();
    for (args, what, hint) in [
        (
            &["--get"][..],
            "unexpected argument '--get' found",
            "see docker-credential-ionos --help",
        ),
        (
            &["status", "--pofile", "x"],
            "unexpected argument '--pofile' found",
            "a similar argument exists: '--profile'",
        ),
        (
            &["completions"],
            "the following required arguments were not provided: <SHELL>",
            "see docker-credential-ionos --help",
        ),
    ] {
        let done = home.helper().run(args, "");
        let seen = (done.code, done.stdout.as_str(), done.stderr.as_str());
        let told = format!("error: {what}\nhint: {hint}\n");
        assert_eq!(seen, (Some(1), "", told.as_str()));
    }
}

#[test]
fn reason_for_a_long_value_is_shown_in_full() {
    let home = Home::new();
    let reason = "a label's value has at most 63 letters, digits, -, _ and ., with a letter or digit at both ends";
    for (label, shown) in [
        (format!("a.example/b={}", "c".repeat(64)), None),
        (
            format!("a={}", "c".repeat(5000)),
            Some(format!("a={}…", "c".repeat(198))),
        ),
    ] {
        let shown = shown.as_ref().unwrap_or(&label);
        let args = ["kubernetes-manifest", DEMO_HOST, "--label", &label];
        let done = home.helper().run(&args, "");
        assert_eq!(
            done.stderr,
            format!(
                "error: invalid value '{shown}' for '--label <KEY=VALUE>': {reason}\nhint: see docker-credential-ionos --help\n"
            )
        );
    }
}

#[test]
fn get_accepts_the_host_as_an_argument() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let (theirs, _open) = std::io::pipe().unwrap();
    let output = home
        .helper_for(&fake)
        .command(&["get", DEMO_HOST])
        .stdin(theirs)
        .output()
        .unwrap();
    assert_eq!(Done::from(output).credential().server_url, DEMO_HOST);
    home.helper().run(&["get", "ghcr.io"], "").is_not_found();
}

#[test]
fn debug_log_is_off_by_default_and_prints_no_secret() {
    let (fake, home) = (FakeIonos::start(), Home::new());
    let done = home
        .helper_for(&fake)
        .env("IONOS_CR_LOG", "debug")
        .get(DEMO_HOST);
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.lines().count() >= 3, "{}", done.stderr);
    for line in done.stderr.lines() {
        assert!(
            line.starts_with("docker-credential-ionos: debug: "),
            "{line}"
        );
    }
    for secret in fake.minted_passwords() {
        assert!(!done.stderr.contains(&secret));
    }
    assert!(
        !done
            .stderr
            .contains(crate::support::fake_ionos::ACCOUNT_TOKEN)
    );
}
