//! Links the unwinder statically if gcc has it as an archive.
//!
//! Rust's standard library links `libgcc_s.so.1`. Loading it costs a warm `get` of the dynamic
//! program 8 % of its instructions (485,000 instead of 447,000) and 8 % of its time. If the archive
//! precedes the library, the linker drops the library.

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
    // The linker reads this file: see packaging/flags.
    println!("cargo::rerun-if-changed=packaging/static.ld");
    println!("cargo::rerun-if-env-changed=CC");
    let var = |name| env::var(name).unwrap_or_default();
    let is_linux_gnu =
        var("CARGO_CFG_TARGET_OS") == "linux" && var("CARGO_CFG_TARGET_ENV") == "gnu";
    // The compiler of this machine has no libraries of another target. A static binary contains the
    // archive already.
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
    // A compiler without this file prints the bare name.
    let archive = Path::new(found.trim());
    if let Some(dir) = archive.parent()
        && archive.is_absolute()
        && archive.is_file()
    {
        println!("cargo::rustc-link-search=native={}", dir.display());
        println!("cargo::rustc-link-lib=static=gcc_eh");
    }
}
