//! Ways to damage a file.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::helper::write_private;
#[cfg(unix)]
use super::platform::{fifo, set_mode, socket, symlink};

/// A name, a function that damages the file, and whether the program can replace the file with a
/// good one.
pub type Damage = (&'static str, fn(&Path), bool);

/// Damage that applies to every JSON file of the program.
pub const DAMAGES: &[Damage] = &[
    (
        "truncated",
        |path| edit_bytes(path, |text| text[..text.len() / 2].to_vec()),
        true,
    ),
    ("empty", |path| write_private(path, b""), true),
    ("null", |path| write_private(path, b"null"), true),
    ("a list", |path| write_private(path, b"[]"), true),
    (
        "a list of its values",
        |path| edit_bytes(path, values),
        true,
    ),
    ("an empty object", |path| write_private(path, b"{}"), true),
    (
        "binary",
        |path| write_private(path, b"\xff\xfe\0\x01"),
        true,
    ),
    (
        "deep",
        |path| write_private(path, "[".repeat(200_000).as_bytes()),
        true,
    ),
    (
        "followed by text",
        |path| edit_bytes(path, |text| [text, b"x"].concat()),
        true,
    ),
    (
        "a megabyte",
        |path| edit_bytes(path, |text| [text, &[b' '; 1 << 20]].concat()),
        true,
    ),
    (
        "of a newer version",
        |path| edit(path, |file| file["version"] = 2.into()),
        true,
    ),
    (
        "of no version",
        |path| edit(path, |file| file["version"] = Value::Null),
        true,
    ),
    (
        "a directory",
        |path| replace(path, |path| drop(fs::DirBuilder::new().create(path))),
        false,
    ),
    #[cfg(unix)]
    (
        "a dangling link",
        |path| replace(path, |path| symlink("/nowhere", path)),
        true,
    ),
    #[cfg(unix)]
    (
        "a link to itself",
        |path| replace(path, |path| symlink(path, path)),
        true,
    ),
    #[cfg(unix)]
    (
        "a link to a good file",
        |path| {
            let good = path.with_extension("good");
            fs::rename(path, &good).unwrap();
            symlink(good, path);
        },
        true,
    ),
    #[cfg(unix)]
    ("a FIFO", |path| replace(path, fifo), true),
    #[cfg(unix)]
    ("a socket", |path| replace(path, socket), true),
    #[cfg(unix)]
    ("open to others", |path| set_mode(path, 0o644), true),
];

fn edit_bytes(path: &Path, edit: impl FnOnce(&[u8]) -> Vec<u8>) {
    write_private(path, &edit(&fs::read(path).unwrap()));
}

/// The list that serde accepts as the object.
fn values(object: &[u8]) -> Vec<u8> {
    let members: serde_json::Map<String, Value> = serde_json::from_slice(object).unwrap();
    let mut text = String::from_utf8(object.to_vec()).unwrap();
    for key in members.keys() {
        text = text.replacen(&format!("\"{key}\":"), "", 1);
    }
    format!("[{}]", &text[1..text.len() - 1]).into_bytes()
}

pub fn edit(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut file = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    edit(&mut file);
    write_private(path, file.to_string().as_bytes());
}

fn replace(path: &Path, make: impl FnOnce(&Path)) {
    fs::remove_file(path).unwrap();
    make(path);
}
