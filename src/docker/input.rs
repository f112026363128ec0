//! The client's input on stdin.

use std::io::{self, Read};

/// In bytes. More than any client of Docker's protocol sends.
const LONGEST: u64 = 64 * 1024;

/// The input of a verb; `None` if it is not UTF-8 or longer than clients send.
pub fn read_text(stdin: &mut dyn Read) -> Option<String> {
    String::from_utf8(read(stdin, LONGEST)?).ok()
}

/// All of stdin; `None` if it is longer than `longest`. It is read to the end before anything else
/// happens: clients that write into a closed pipe fail (Rust's `docker_credential`, a kubelet) or die
/// (testcontainers-node). A read error counts as the end.
pub fn read(stdin: &mut dyn Read, longest: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let _ = stdin.take(longest + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > longest {
        let _ = io::copy(stdin, &mut io::sink());
        return None;
    }
    Some(bytes)
}
