//! A way to a server that breaks once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Passes everything on to a server, but for the first connection that carries too much towards it:
/// that one breaks. The client learns of it when the server has done so, and has written down what
/// came before. It ends with the process.
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
                let is_cut = Arc::new(AtomicBool::new(false));
                let is_cut_too = Arc::clone(&is_cut);
                std::thread::spawn(move || answer(from, to, &is_cut_too));
                let broken = Arc::clone(&broken);
                std::thread::spawn(move || {
                    let once = || !broken.swap(true, Ordering::SeqCst);
                    ask(client, server, limit, once, &is_cut);
                });
            }
        });
        Self { host }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Carries what the client says until either side ends, or until it is too much and the connection
/// is to be cut.
fn ask(
    mut from: TcpStream,
    mut to: TcpStream,
    limit: usize,
    cut: impl Fn() -> bool,
    is_cut: &AtomicBool,
) {
    let (mut carried, mut buffer) = (0, vec![0; 16 * 1024]);
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        carried += count;
        if carried > limit && cut() {
            is_cut.store(true, Ordering::SeqCst);
            break;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Carries what the server says, unless the connection is cut, until it ends the connection.
fn answer(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !is_cut.load(Ordering::SeqCst) && to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
