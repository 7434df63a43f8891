//! A way to a server that breaks once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Passes everything on to a server, but for the first connection that carries too much towards it:
/// that one breaks. It ends with the process.
pub struct Cut {
    host: String,
}

impl Cut {
    /// A way to `target` (`HOST:PORT`) that breaks after `limit` bytes, once.
    pub fn start(target: &str, limit: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (target, broken) = (target.to_owned(), Arc::new(AtomicBool::new(false)));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server = TcpStream::connect(&target).unwrap();
                let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || carry(from, to, usize::MAX, &AtomicBool::new(true)));
                let broken = Arc::clone(&broken);
                std::thread::spawn(move || carry(client, server, limit, &broken));
            }
        });
        Self { host }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Carries bytes until either side ends, or until there were too many, unless that was so before.
fn carry(mut from: TcpStream, mut to: TcpStream, limit: usize, broken: &AtomicBool) {
    let (mut carried, mut buffer) = (0, vec![0; 16 * 1024]);
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        carried += count;
        if carried > limit && !broken.swap(true, Ordering::SeqCst) {
            break;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
