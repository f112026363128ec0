//! Responses and error bodies.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::empty(status)
            .header("Content-Type", "application/json")
            .body(body.to_string())
    }

    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An `ApiErrorResponse` as documented.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &error_body(status, code, message))
    }

    /// The gateway's answer for an unknown path.
    pub fn no_such_route() -> Self {
        Self::json(404, &json!({"msg": "Not Found"}))
    }

    /// Sets a header, replacing one with the same name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn head(&self, date: &str, length: u64) -> Vec<u8> {
        use std::fmt::Write as _;
        let reason = reason(self.status);
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let own = |name: &str| {
            self.headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case(name))
        };
        if !own("date") {
            write!(head, "Date: {date}\r\n").unwrap();
        }
        if self.status != 204 && !own("content-length") {
            write!(head, "Content-Length: {length}\r\n").unwrap();
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Head and body in one buffer, so that they are sent in one packet.
    pub fn encode(&self, date: &str) -> Vec<u8> {
        let mut bytes = self.head(date, self.body.len() as u64);
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The body that IONOS sends for `status`, as far as it is known; otherwise one that follows its schema.
pub fn usual_error_body(status: u16) -> Value {
    match status {
        401 => error_body(
            401,
            "paas-auth-1",
            "Unauthorized, wrong or no api key provided to process this request",
        ),
        403 => error_body(
            403,
            "paas-feature-1",
            "feature is not enabled for the contract",
        ),
        409 => error_body(409, "0", "already exists: name is not available"),
        _ => error_body(status, "0", reason(status)),
    }
}

fn error_body(status: u16, code: &str, message: &str) -> Value {
    json!({"httpStatus": status, "messages": [{"errorCode": code, "message": message}]})
}

pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
