//! IONOS Cloud: the registry API, the account that is used there, and the files of ionosctl.

pub mod account;
pub mod api;
pub mod ionosctl;
