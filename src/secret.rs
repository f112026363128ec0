//! How a secret gets into a private file: a field says so, with `serialize_with`.
//!
//! `secrecy` leaves this out on purpose, so that no secret is written by accident.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serializer;

/// Writes the secret itself.
pub fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
