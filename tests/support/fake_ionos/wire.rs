//! An accepted connection, plain or TLS.
//!
//! Linux sends RST instead of FIN when a socket with unread bytes is closed. To send RST without
//! `unsafe` or another crate, the last received byte stays in the kernel until [`Wire::settle`].

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub enum Wire {
    Plain(HoldBack),
    Tls(Box<StreamOwned<ServerConnection, HoldBack>>),
}

impl Wire {
    pub fn plain(tcp: Arc<TcpStream>) -> Self {
        Self::Plain(HoldBack { tcp, held: false })
    }

    pub fn tls(tcp: Arc<TcpStream>, config: Arc<ServerConfig>) -> Self {
        let session = ServerConnection::new(config).unwrap();
        let hold_back = HoldBack { tcp, held: false };
        Self::Tls(Box::new(StreamOwned::new(session, hold_back)))
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    fn hold_back(&mut self) -> &mut HoldBack {
        match self {
            Self::Plain(hold_back) => hold_back,
            Self::Tls(stream) => &mut stream.sock,
        }
    }

    /// Waits for data and leaves it unread. Returns `false` at the end of the connection.
    pub fn wait_for_data(&mut self) -> bool {
        let hold_back = self.hold_back();
        hold_back.settle().is_ok() && matches!(hold_back.tcp.peek(&mut [0]), Ok(1))
    }

    /// Reads the kept byte, so that closing sends FIN and not RST.
    pub fn settle(&mut self) -> io::Result<()> {
        self.hold_back().settle()
    }

    /// Discards data until the client closes or the fake is dropped.
    pub fn wait_for_close(&mut self) {
        let tcp = Arc::clone(&self.hold_back().tcp);
        let mut waste = [0; 4096];
        while matches!((&*tcp).read(&mut waste), Ok(1..)) {}
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(hold_back) => hold_back.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(hold_back) => hold_back.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(hold_back) => hold_back.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

pub struct HoldBack {
    // Shared instead of cloned: a second descriptor per connection would halve the possible number
    // of connections.
    tcp: Arc<TcpStream>,
    held: bool,
}

impl HoldBack {
    fn settle(&mut self) -> io::Result<()> {
        if self.held {
            (&*self.tcp).read_exact(&mut [0])?;
            self.held = false;
        }
        Ok(())
    }
}

impl Read for HoldBack {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Read the kept byte first; peeking again would return it forever.
        self.settle()?;
        let count = self.tcp.peek(buffer)?;
        if let Some(last) = count.checked_sub(1) {
            (&*self.tcp).read_exact(&mut buffer[..last])?;
            self.held = true;
        }
        Ok(count)
    }
}

impl Write for HoldBack {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.tcp).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.tcp).flush()
    }
}
