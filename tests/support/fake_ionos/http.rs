//! The part of HTTP/1.1 that an API client uses.

use std::io::{self, Read, Write};
use std::time::Instant;

use serde_json::Value;

use super::wire::Wire;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Percent-decoded.
    pub query: Vec<(String, String)>,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Number of the TCP connection, counted from 1.
    pub connection: u64,
    pub at: Instant,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request's body is JSON")
    }

    pub(super) fn wants_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let pair = pairs.iter().find(|(key, _)| key == name)?;
    Some(&pair.1)
}

/// Reads requests from a connection and keeps bytes of the next request.
pub struct Reader {
    early: Vec<u8>,
}

impl Reader {
    pub fn new() -> Self {
        Self { early: Vec::new() }
    }

    pub fn has_more(&self) -> bool {
        !self.early.is_empty()
    }

    /// `None` at the end of the connection, an error if the bytes are not HTTP.
    pub fn next(&mut self, wire: &mut Wire, connection: u64) -> io::Result<Option<Request>> {
        let head = loop {
            if let Some(end) = position(&self.early, b"\r\n\r\n") {
                let rest = self.early.split_off(end + 4);
                break std::mem::replace(&mut self.early, rest);
            }
            if self.early.len() > HEAD_LIMIT {
                return Err(malformed("head too large"));
            }
            if !self.fill(wire)? {
                return Ok(None);
            }
        };
        let head = std::str::from_utf8(&head).map_err(|_| malformed("head is not UTF-8"))?;
        let mut request = parse_head(head, connection)?;
        if request.header("expect").is_some() {
            wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.body = if request.header("transfer-encoding").is_some() {
            self.chunked(wire)?
        } else {
            let length = match request.header("content-length") {
                Some(value) => value.parse().map_err(|_| malformed("content-length"))?,
                None => 0,
            };
            self.take(wire, length)?
        };
        Ok(Some(request))
    }

    fn fill(&mut self, wire: &mut Wire) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = wire.read(&mut buffer)?;
        self.early.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    fn take(&mut self, wire: &mut Wire, length: usize) -> io::Result<Vec<u8>> {
        if length > BODY_LIMIT {
            return Err(malformed("body too large"));
        }
        while self.early.len() < length {
            if !self.fill(wire)? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let rest = self.early.split_off(length);
        Ok(std::mem::replace(&mut self.early, rest))
    }

    fn line(&mut self, wire: &mut Wire) -> io::Result<String> {
        loop {
            if let Some(end) = position(&self.early, b"\r\n") {
                let line = self.take(wire, end + 2)?;
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.early.len() > HEAD_LIMIT || !self.fill(wire)? {
                return Err(malformed("chunk"));
            }
        }
    }

    fn chunked(&mut self, wire: &mut Wire) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line(wire)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| malformed("chunk size"))?;
            if size == 0 {
                while !self.line(wire)?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(wire, size)?);
            self.line(wire)?;
            if body.len() > BODY_LIMIT {
                return Err(malformed("body too large"));
            }
        }
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|at| at == needle)
}

fn parse_head(head: &str, connection: u64) -> io::Result<Request> {
    let mut lines = head.split("\r\n");
    let mut start = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (start.next(), start.next(), start.next(), start.next())
    else {
        return Err(malformed("request line"));
    };
    if !target.starts_with('/') {
        return Err(malformed("request target"));
    }
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect();
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query,
        headers,
        body: Vec::new(),
        connection,
        at: Instant::now(),
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let value = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, value) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
