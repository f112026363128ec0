//! Answers of the fake cluster.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::super::fake_ionos::wire::Wire;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub retry_after: Option<u32>,
}

impl Answer {
    pub fn object(status: u16, object: &Value) -> Self {
        Self::text(status, &object.to_string())
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
            retry_after: None,
        }
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(super) fn send(&self, wire: &mut Wire) -> io::Result<()> {
        let retry_after = self
            .retry_after
            .map(|seconds| format!("Retry-After: {seconds}\r\n"))
            .unwrap_or_default();
        let (status, length) = (self.status, self.body.len());
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n{retry_after}Content-Length: {length}\r\n\r\n"
        );
        wire.write_all(head.as_bytes())?;
        wire.write_all(self.body.as_bytes())?;
        wire.flush()
    }
}

/// A `Status` object as Kubernetes sends it with an error.
pub fn status(code: u16, reason: &str, message: &str) -> Answer {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    Answer::object(code, &body)
}
