//! SECURITY.md names a test for each statement. The tests that it and the lists of skipped tests name exist.

use std::fs;
use std::path::Path;

use super::sources;

#[test]
fn every_named_test_exists() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let files = source_files();
    let is_name = |word: &str| {
        word.matches('_').count() >= 3
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
    };
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| is_name(it))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        let found = has_test(&files, &format!("{name}("));
        assert!(found, "SECURITY.md names {name}, which is not a test");
    }
}

/// Otherwise a renamed test fails only on the platform that skips it, which may not be at hand.
#[test]
fn every_skipped_test_exists() {
    let files = source_files();
    for list in fs::read_dir(root().join(".ci/skip")).unwrap() {
        let list = list.unwrap().path();
        for line in fs::read_to_string(&list).unwrap().lines() {
            let name = line.split_whitespace().next().unwrap_or("#");
            let found = name == "#" || has_test(&files, name);
            assert!(
                found,
                "{} names {name}, which is not a test",
                list.display()
            );
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Paths without extension, and contents.
fn source_files() -> Vec<(String, String)> {
    let paths = ["src", "tests"].map(|dir| sources(&root().join(dir)));
    let paths = paths.into_iter().flatten();
    paths
        .map(|path| {
            let content = fs::read_to_string(&path).unwrap();
            let path = path.display().to_string().replace('\\', "/");
            let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
            (path.to_owned(), content)
        })
        .collect()
}

/// Whether the module of `name` has a function that begins with the rest of `name`.
fn has_test(files: &[(String, String)], name: &str) -> bool {
    let (module, function) = name.rsplit_once("::").unwrap_or(("", name));
    let place = module.replace("::", "/");
    // A module of unit tests is often at the end of the file that it tests.
    let tested = place.trim_end_matches("/tests");
    files.iter().any(|(path, content)| {
        (path.ends_with(&place) || path.ends_with(tested))
            && content.contains(&format!("fn {function}"))
    })
}

#[test]
fn every_statement_names_a_test() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    // Statements about IONOS itself have no test.
    let statements = text
        .lines()
        .filter(|line| line.starts_with("- ") && !line.contains("at IONOS ("));
    for statement in statements {
        assert!(statement.ends_with("`)."), "names no test: {statement}");
    }
}
