//! The repository itself: generated files, SECURITY.md, size and speed.

mod budget;
mod generated_files;
mod security_md;
