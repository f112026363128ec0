//! The client's input on stdin.

use std::io::{self, ErrorKind, Read};
use std::thread;
use std::time::Duration;

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
    let mut stdin = Blocking(stdin);
    let mut bytes = Vec::new();
    let _ = stdin.by_ref().take(longest + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > longest {
        let _ = io::copy(&mut stdin, &mut io::sink());
        return None;
    }
    Some(bytes)
}

/// Waits while a non-blocking stdin has no input yet: a client may have set the socket or terminal
/// that it passes on to non-blocking.
struct Blocking<'a>(&'a mut dyn Read);

impl Read for Blocking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(err) if err.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(5));
                }
                read => return read,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has nothing to read yet before each byte.
    struct Slow(Vec<io::Result<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(next) = self.0.pop() else {
                return Ok(0);
            };
            buffer[0] = next?;
            Ok(1)
        }
    }

    #[test]
    fn stdin_that_does_not_block_is_read_to_its_end() {
        for (longest, text) in [(3, Some("abc")), (2, None)] {
            let bytes = "cba".bytes();
            let steps = bytes.flat_map(|byte| [Ok(byte), Err(ErrorKind::WouldBlock.into())]);
            let mut stdin = Slow(steps.collect());
            let expected = text.map(|text| text.as_bytes().to_vec());
            assert_eq!(read(&mut stdin, longest), expected);
            assert_eq!(stdin.0.len(), 0);
        }
    }
}
