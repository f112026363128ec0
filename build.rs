//! Links the unwinder in where gcc has it as an archive.
//!
//! Rust's standard library asks for `libgcc_s.so.1`. Loading that library and looking up its
//! symbols costs a warm `get` of the dynamic program 8 % of its instructions (485,000 with the
//! library, 447,000 without) and 8 % of its time. With the archive of the same code ahead of it, the
//! linker has no need of the library. Where there is no such archive, nothing changes.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script about the target in variables"
)]

use std::env;
use std::path::Path;
use std::process::Command;

const ARCHIVE: &str = "libgcc_eh.a";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // The linker reads it, see packaging/flags.
    println!("cargo::rerun-if-changed=packaging/static.ld");
    println!("cargo::rerun-if-env-changed=CC");
    let var = |name| env::var(name).unwrap_or_default();
    let is_linux_gnu =
        var("CARGO_CFG_TARGET_OS") == "linux" && var("CARGO_CFG_TARGET_ENV") == "gnu";
    // The compiler of this machine knows nothing of another's libraries, and a static binary has
    // the archive already.
    let is_static = var("CARGO_CFG_TARGET_FEATURE").contains("crt-static");
    if !is_linux_gnu || is_static || var("TARGET") != var("HOST") {
        return;
    }
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let Ok(found) = Command::new(compiler)
        .arg(format!("-print-file-name={ARCHIVE}"))
        .output()
    else {
        return;
    };
    let found = String::from_utf8_lossy(&found.stdout);
    // A compiler that has no such file answers with the bare name.
    let archive = Path::new(found.trim());
    if let Some(dir) = archive.parent()
        && archive.is_absolute()
        && archive.is_file()
    {
        println!("cargo::rustc-link-search=native={}", dir.display());
        println!("cargo::rustc-link-lib=static=gcc_eh");
    }
}
