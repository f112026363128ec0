//! Files on disk.

#[cfg(unix)]
mod attacks;
mod concurrency;
#[cfg(unix)]
mod core_dumps;
mod damaged_files;
mod damaged_revocations;
#[cfg(target_os = "linux")]
mod depth_and_size;
mod directories;
mod earlier_releases;
#[cfg(unix)]
mod foreign_config;
#[cfg(unix)]
mod foreign_directories;
mod full_disk;
mod kills;
mod ledger;
mod many_hosts;
#[cfg(target_os = "linux")]
mod mint_kills;
#[cfg(target_os = "linux")]
mod model;
mod orphaned_tokens;
mod resource_limits;
