//! Accounts and how requests are authenticated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::http::Request;
use super::response::{Response, usual_error_body};

/// Part of every account secret below and of nothing else. Leak tests search for it.
pub const ACCOUNT_MARKER: &str = "account-secret-";

/// A JWT with claims as IONOS writes them; `iat` and `exp` are in milliseconds.
pub const ACCOUNT_TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJraWQiOiI1YzhmMGQzZS0xZDBiLTRiMmMtOWE1Ny0zZjBlNmExZDdjNDIiLCJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJpb25vc2Nsb3VkIiwiaWF0IjoxNzY3MjI1NjAwMDAwLCJleHAiOjQxMDI0NDQ4MDAwMDAsImlkZW50aXR5Ijp7InJvbGUiOiJvd25lciIsImNvbnRyYWN0TnVtYmVyIjozMTkwMTIzNCwiaXNQYXJlbnQiOmZhbHNlLCJwcml2aWxlZ2VzIjpbIkFDQ0VTU19BTkRfTUFOQUdFX1JFR0lTVFJJRVMiXSwidXVpZCI6IjdkNmUyYTU0LTBjMWYtNGI3ZS04ZjU1LTJmNmE5YTNjMWIxMCIsInJlc2VsbGVySWQiOjEsInJlZ0RvbWFpbiI6Imlvbm9zLmRlIn19.account-secret-5e1f0aa7c2-not-a-real-signature";

/// A user of another contract. The fake accepts it only if the builder adds it.
pub const OTHER_ACCOUNT_TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJraWQiOiI1YzhmMGQzZS0xZDBiLTRiMmMtOWE1Ny0zZjBlNmExZDdjNDIiLCJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJpb25vc2Nsb3VkIiwiaWF0IjoxNzY3MjI1NjAwMDAwLCJleHAiOjQxMDI0NDQ4MDAwMDAsImlkZW50aXR5Ijp7InJvbGUiOiJvd25lciIsImNvbnRyYWN0TnVtYmVyIjozMTkwNTY3OCwiaXNQYXJlbnQiOmZhbHNlLCJwcml2aWxlZ2VzIjpbIkFDQ0VTU19BTkRfTUFOQUdFX1JFR0lTVFJJRVMiXSwidXVpZCI6ImMyYjlmN2YwLTkzZjEtNGE4Ni1hN2E0LTFmNGY0YTBiNmUyMSIsInJlc2VsbGVySWQiOjEsInJlZ0RvbWFpbiI6Imlvbm9zLmRlIn19.account-secret-b04d9e6613-not-a-real-signature";

pub const USERNAME: &str = "jane.doe@example.com";

/// Contains a colon: a Basic header is split at the first colon only.
pub const PASSWORD: &str = "account-secret-b8:7720d1c9";

#[derive(Default)]
pub struct Accounts {
    pub(super) tokens: Vec<String>,
    pub(super) basic: Vec<(String, String)>,
    pub(super) contract: Option<String>,
    /// Tokens and user names that are valid and have no rights (403).
    pub(super) forbidden: Vec<String>,
    /// Whether an account sees only the tokens that it created.
    pub(super) tokens_are_private: bool,
}

impl Accounts {
    pub fn revoke(&mut self, who: &str) {
        self.tokens.retain(|token| token != who);
        self.basic.retain(|(user, _)| user != who);
    }

    pub fn check(&self, request: &Request) -> Result<(), Response> {
        let refuse = |status| Response::json(status, &usual_error_body(status));
        let header = request.header("authorization").ok_or_else(|| refuse(401))?;
        let (scheme, value) = header.split_once(' ').ok_or_else(|| refuse(401))?;
        let who = if scheme.eq_ignore_ascii_case("bearer") {
            self.bearer(value)
        } else if scheme.eq_ignore_ascii_case("basic") {
            self.user(value)
        } else {
            None
        };
        let who = who.ok_or_else(|| refuse(401))?;
        if self.forbidden.contains(&who) {
            return Err(refuse(403));
        }
        let sent = request.header("x-contract-number");
        // A token belongs to one contract, so the contract header matters only for a password.
        let binding = scheme.eq_ignore_ascii_case("basic");
        match (&self.contract, sent) {
            (Some(own), Some(sent)) if binding && own != sent => Err(refuse(403)),
            _ => Ok(()),
        }
    }

    fn bearer(&self, value: &str) -> Option<String> {
        self.tokens.iter().find(|token| *token == value).cloned()
    }

    fn user(&self, value: &str) -> Option<String> {
        let pair = STANDARD.decode(value).ok()?;
        let pair = String::from_utf8(pair).ok()?;
        let (user, password) = pair.split_once(':')?;
        let known = self
            .basic
            .iter()
            .find(|known| known.0 == user && known.1 == password)?;
        Some(known.0.clone())
    }
}
