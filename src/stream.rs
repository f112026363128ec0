//! A line at a time to stdout or stderr.

use std::io::{self, ErrorKind, Write};

use crate::error::{Failure, system};

/// Writes a line and its end. A reader that hung up is not interested, and that is no failure of
/// ours; a full disk behind `>` is one, or a script would go on with half a file.
pub fn write_line(stream: &mut dyn Write, line: &str) -> Result<(), Failure> {
    let written = stream
        .write_all(format!("{line}\n").as_bytes())
        .and_then(|()| stream.flush());
    match written {
        Err(err) if !is_hang_up(&err) => Err(Failure::new(
            format!("cannot write the answer: {}", system(&err)),
            "check where the output goes",
        )),
        _ => Ok(()),
    }
}

fn is_hang_up(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}
