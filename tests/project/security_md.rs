//! Every statement of SECURITY.md names a test, and every named test exists.

use std::fs;
use std::path::Path;

use super::sources;

#[test]
fn every_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let files: Vec<(String, String)> = ["src", "tests"]
        .iter()
        .flat_map(|dir| sources(&root.join(dir)))
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
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
        let (module, function) = name.rsplit_once("::").unwrap_or(("", name));
        let place = module.replace("::", "/");
        let found = files.iter().any(|(path, content)| {
            let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
            path.ends_with(&place) && content.contains(&format!("fn {function}("))
        });
        assert!(found, "SECURITY.md names {name}, which is not a test");
    }
}

#[test]
fn every_statement_names_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    // Statements about IONOS itself have no test.
    let statements = text
        .lines()
        .filter(|line| line.starts_with("- ") && !line.contains("at IONOS ("));
    for statement in statements {
        assert!(statement.ends_with("`)."), "names no test: {statement}");
    }
}
