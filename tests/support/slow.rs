//! A line to a server that carries little at a time.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// How often a piece is carried.
const TICK: Duration = Duration::from_millis(20);

/// Passes connections on to another address, each with a limited number of bytes a second in each
/// direction. It goes on until the tests end.
pub struct Slow {
    address: SocketAddr,
}

impl Slow {
    /// A slow line to `upstream`, `host:port`.
    pub fn to(upstream: &str, bytes_per_second: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = upstream.to_owned();
        let piece = (bytes_per_second / 50).max(1);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&upstream) else {
                    return;
                };
                let (client_too, server_too) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || carry(client, server, piece));
                std::thread::spawn(move || carry(server_too, client_too, piece));
            }
        });
        Self { address }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }
}

/// Until one side is gone.
fn carry(mut from: TcpStream, mut to: TcpStream, piece: usize) {
    let mut buffer = vec![0; piece];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        std::thread::sleep(TICK);
    }
    let _ = from.shutdown(Shutdown::Read);
    let _ = to.shutdown(Shutdown::Write);
}
