//! Files on disk.

mod attacks;
mod concurrency;
mod damaged_files;
mod damaged_revocations;
mod directories;
mod earlier_releases;
mod kills;
mod many_hosts;
mod orphaned_tokens;
mod resource_limits;
