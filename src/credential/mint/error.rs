//! Why no token is minted.

use crate::error::Failure;
use crate::ionos::api::{Access, ApiError};
use crate::registry_host::RegistryHost;

/// Why there is no token.
#[derive(Debug)]
pub enum MintError {
    /// A call failed.
    Api(ApiError),
    /// The account does not have this registry.
    NoSuchRegistry {
        /// How many it has.
        seen: usize,
        /// How many more could not be read.
        skipped: usize,
        /// The key in config.json that named it.
        key: Option<&'static str>,
    },
    /// The registry exists and has no hostname yet.
    BeingCreated(RegistryHost),
    /// The token expired before it could be used.
    ShortLived,
}

impl From<ApiError> for MintError {
    fn from(err: ApiError) -> Self {
        Self::Api(err)
    }
}

impl MintError {
    /// The line for a person.
    pub fn failure(&self, access: &Access) -> Failure {
        match self {
            Self::Api(err) => err.failure(access),
            Self::NoSuchRegistry { seen, skipped, key } => Failure::new(
                match skipped {
                    0 => format!("no such registry among the {seen} that the account sees"),
                    _ => format!(
                        "no such registry among the {seen} that the account sees ({skipped} more could not be read)"
                    ),
                },
                format!(
                    "check {} with \"ionosctl container-registry registry list\", or use the account that owns it",
                    key.map_or("the spelling".into(), |key| format!("{key} in config.json"))
                ),
            ),
            Self::BeingCreated(host) => Failure::new(
                "the registry is still being created and has no hostname yet",
                format!(
                    "run it again once its state is Running; \"docker-credential-ionos doctor --wait {host}\" waits for that"
                ),
            ),
            Self::ShortLived => Failure::new(
                format!(
                    "{} created a token that expires at once",
                    access.endpoint.host()
                ),
                "check this machine's clock and try again",
            ),
        }
    }
}
