//! The layers of src/: a room imports only from the layers below its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::sources;

/// From the top to the bottom. Rooms of one layer do not import each other.
const LAYERS: [&[&str]; 13] = [
    &["main", "lib"],
    &["cli"],
    &["commands"],
    &["kubernetes"],
    &["docker", "client_config"],
    &["credential"],
    &["ionos"],
    &["http"],
    &["config"],
    &["scope", "uuid", "json", "files", "terminal", "log"],
    &["registry_host", "output", "env"],
    &["secret"],
    &["error"],
];

/// Test support may import every room, and tests of every room may import it.
const EXEMPT: &str = "testing";

/// The layers inside of rooms.
const INNER_LAYERS: [(&str, &[&[&str]]); 3] = [
    (
        "credential",
        &[
            &["lookup"],
            &["new_token", "store_erase_list"],
            &["cleanup"],
            &["mint"],
            &["ledger", "registry_hint", "recent_failure"],
            &["cache", "stored_login", "signals"],
        ],
    ),
    ("ionos", &[&["account"], &["ionosctl"], &["api"]]),
    (
        "kubernetes",
        &[
            &["kubelet", "objects"],
            &["refusal", "secret"],
            &["cluster"],
            &["names"],
        ],
    ),
];

#[test]
fn no_import_points_up() {
    let layer_of = |room: &str| LAYERS.iter().position(|layer| layer.contains(&room));
    for (file, room, imported) in imports(Path::new("src"), "crate::") {
        let (Some(from), Some(to)) = (layer_of(&room), layer_of(&imported)) else {
            panic!(
                "{}: '{room}' or '{imported}' is in no layer",
                file.display()
            );
        };
        assert!(from < to, "{}: {room} imports {imported}", file.display());
    }
    for (parent, layers) in INNER_LAYERS {
        let layer_of = |room: &str| layers.iter().position(|layer| layer.contains(&room));
        let prefix = format!("crate::{parent}::");
        let dir = Path::new("src").join(parent);
        let above = imports(&dir, "super::").into_iter();
        // In a folder `super` is the room itself.
        let above = above.filter(|(file, ..)| file.parent() == Some(&dir));
        for (file, room, imported) in imports(&dir, &prefix).into_iter().chain(above) {
            if room == "mod" {
                continue;
            }
            let is_allowed = layer_of(&room) < layer_of(&imported);
            assert!(is_allowed, "{}: {room} imports {imported}", file.display());
        }
    }
}

#[test]
fn every_room_is_in_a_layer_and_the_map_of_the_library_names_it() {
    let map = fs::read_to_string("src/lib.rs").unwrap();
    let entries: BTreeSet<String> = fs::read_dir("src")
        .unwrap()
        .map(|entry| room_of(Path::new(&entry.unwrap().file_name())))
        .filter(|room| room != EXEMPT)
        .collect();
    let known: BTreeSet<String> = LAYERS
        .iter()
        .flat_map(|layer| layer.iter().map(ToString::to_string))
        .collect();
    assert_eq!(entries, known);
    for room in entries
        .iter()
        .filter(|room| *room != "main" && *room != "lib")
    {
        let link = [format!("[`{room}`]"), format!("[`mod@{room}`]")];
        assert!(
            link.iter().any(|link| map.contains(link)),
            "the map in src/lib.rs does not name {room}"
        );
    }
}

/// Each occurrence of `prefix` NAME in the files below a directory: the file, its room, the imported room.
fn imports(dir: &Path, prefix: &str) -> Vec<(PathBuf, String, String)> {
    let mut found = Vec::new();
    for file in sources(dir) {
        let room = room_of(file.strip_prefix(dir).unwrap());
        if room == EXEMPT {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        for (at, _) in source.match_indices(prefix) {
            let rest = &source[at + prefix.len()..];
            let end = rest
                .find(|c: char| !c.is_ascii_lowercase() && c != '_')
                .unwrap_or(rest.len());
            let imported = &rest[..end];
            if !imported.is_empty() && imported != room && imported != EXEMPT {
                found.push((file.clone(), room.clone(), imported.to_owned()));
            }
        }
    }
    found
}

/// The room of a file: `config` for `config/file.rs` and `config.rs`.
fn room_of(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}
