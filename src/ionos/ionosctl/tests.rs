use std::fs;

use tempfile::TempDir;

use super::*;

/// A home with the named files in it, empty.
#[expect(clippy::disallowed_methods, reason = "not a file of ours")]
fn home(paths: &[&str]) -> TempDir {
    let home = TempDir::new().unwrap();
    for path in paths {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    home
}

fn searched(home: &TempDir) -> Option<String> {
    let located = search(Some(&home.path().join("ionosctl")), Some(home.path()))?;
    let path = located.path.strip_prefix(home.path()).unwrap();
    let json = path.extension().is_some_and(|ext| ext == "json");
    assert_eq!(json, located.format == Format::LegacyJson);
    Some(path.to_str().unwrap().to_owned())
}

#[test]
fn files_are_searched_in_order() {
    let mut there = vec![
        "ionosctl/config.yaml",
        "ionosctl/config.json",
        ".ionos/config",
        ".ionos/config.yaml",
    ];
    while !there.is_empty() {
        assert_eq!(searched(&home(&there)).as_deref(), Some(there[0]));
        there.remove(0);
    }
    assert_eq!(searched(&home(&[])), None);
    assert_eq!(search(None, None), None);
    // `.ionos` is a file.
    assert_eq!(searched(&home(&[".ionos"])), None);
}

#[test]
fn named_file_must_exist() {
    let home = home(&["any name"]);
    let located = named(&home.path().join("any name")).unwrap();
    assert_eq!(located.format, Format::Yaml);
    assert!(named(Path::new("a")).unwrap_err().to_string().ends_with(
        "IONOS_CONFIG_FILE names a, which does not exist; correct IONOS_CONFIG_FILE or unset it"
    ));
}

fn why_not(path: &Path) -> String {
    let located = Located {
        path: path.to_owned(),
        format: Format::Yaml,
    };
    let failure = located.read_as(None, None).unwrap_err();
    let (dir, line) = (path.parent().unwrap(), failure.to_string());
    assert!(!line.contains(['\n', '\r']), "{line}");
    line.replace(dir.to_str().unwrap(), "DIR")
        .replace(std::path::MAIN_SEPARATOR, "/")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "not a file of ours")]
fn unreadable_file_is_an_error_with_its_reason() {
    let hint = "make it a file that you can read, or run \"ionosctl login\"";
    let home = home(&["empty", "dir/x"]);
    let at = |name: &str| home.path().join(name);
    fs::write(at("large"), vec![b'a'; 1024 * 1024 + 1]).unwrap();
    fs::write(at("binary"), b"\x7fELF\xff\x00").unwrap();
    fs::write(at("blank"), "\u{feff} \n\n").unwrap();
    fs::write(at("utf16"), b"\xff\xfea\0").unwrap();
    assert_eq!(
        why_not(&at("large")),
        format!("cannot read DIR/large: larger than 1 MiB; {hint}")
    );
    assert_eq!(
        why_not(&at("dir")),
        format!("cannot read DIR/dir: not a regular file; {hint}")
    );
    assert!(why_not(&at("missing")).starts_with("cannot read DIR/missing: "));
    for name in ["binary", "utf16"] {
        assert_eq!(
            why_not(&at(name)),
            format!(
                "DIR/{name}: it is not valid UTF-8; save it as UTF-8, or run \"ionosctl login\""
            )
        );
    }
    for name in ["empty", "blank"] {
        assert_eq!(
            why_not(&at(name)),
            format!("DIR/{name}: it is empty; {FIX}")
        );
    }
}

#[test]
// rustix makes no FIFO on macOS.
#[cfg(target_os = "linux")]
fn link_loops_and_pipes_do_not_hang() {
    use std::os::unix::fs::symlink;
    let home = home(&["ionosctl/real"]);
    let at = |name: &str| home.path().join("ionosctl").join(name);
    symlink(at("loop"), at("loop")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), 0o600.into()).unwrap();
    assert!(may_exist(&at("loop")));
    assert!(why_not(&at("loop")).starts_with("cannot read DIR/loop: "));
    assert!(why_not(&at("pipe")).starts_with("cannot read DIR/pipe: not a regular file; "));
    // A dotfile manager links to the file; a link to nothing is no file.
    symlink(at("nothing"), at("config.yaml")).unwrap();
    symlink(at("real"), at("config.json")).unwrap();
    assert_eq!(searched(&home).as_deref(), Some("ionosctl/config.json"));
}
