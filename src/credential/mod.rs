//! Credentials for our hosts. `lookup.rs` has the order in which `get` looks for one.

pub mod cache;
mod cleanup;
pub mod ledger;
mod lookup;
pub mod mint;
mod new_token;
mod recent_failure;
mod registry_hint;
mod signals;
mod store_erase_list;
pub mod stored_login;

pub use cleanup::Cleanup;
pub use lookup::{Credential, Lookup, get, get_in};
pub use store_erase_list::{erase, list, store};
