//! The client's input on stdin.

use std::io::{self, Read};

/// More than any client sends. The rest is read and discarded.
const LONGEST_INPUT: usize = 64 * 1024;

/// All of stdin. It is read to the end before anything else happens: clients that write into a
/// closed pipe fail (Rust's `docker_credential`) or die (testcontainers-node).
#[derive(Debug)]
pub struct Input {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Input {
    /// Reads stdin to its end. A read error counts as the end.
    pub fn read(stdin: &mut dyn Read) -> Self {
        let mut bytes = Vec::new();
        let limit = LONGEST_INPUT as u64 + 1;
        let _ = stdin.take(limit).read_to_end(&mut bytes);
        let too_long = bytes.len() > LONGEST_INPUT;
        if too_long {
            let _ = io::copy(stdin, &mut io::sink());
        }
        Self { bytes, too_long }
    }

    /// A host passed as an argument.
    pub fn argument(host: &str) -> Self {
        Self {
            bytes: host.as_bytes().to_vec(),
            too_long: false,
        }
    }

    /// The input, if it is UTF-8 and of a length that clients send.
    pub(super) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes)
            .ok()
            .filter(|_| !self.too_long)
    }
}
