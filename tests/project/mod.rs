//! The repository: generated files, SECURITY.md, size and speed, rooms.

mod budget;
mod generated_files;
mod named_tests;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

/// Rust files below a directory.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .collect()
}
