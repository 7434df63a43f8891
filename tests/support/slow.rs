//! A line to a server that carries little at a time.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// How often a piece is carried.
const TICK: Duration = Duration::from_millis(20);

/// Passes connections on to another address, each with a limited number of bytes a second in each
/// direction. It goes on until the tests end.
pub struct Slow {
    address: SocketAddr,
    is_slowing: Arc<AtomicBool>,
}

/// What a line carries.
#[derive(Clone, Copy)]
struct Line {
    /// The bytes of each request, and of each answer, that pass at once.
    at_once: usize,
    /// The bytes that pass each tick beyond those.
    piece: usize,
}

impl Slow {
    /// A slow line to `upstream`, `host:port`.
    pub fn to(upstream: &str, bytes_per_second: usize) -> Self {
        Self::start(upstream, 0, (bytes_per_second / 50).max(1))
    }

    /// A line that passes so many bytes of each request and of each answer at once, and 50 bytes a
    /// second of the rest.
    pub fn after(upstream: &str, at_once: usize) -> Self {
        Self::start(upstream, at_once, 1)
    }

    fn start(upstream: &str, at_once: usize, piece: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = upstream.to_owned();
        let is_slowing = Arc::new(AtomicBool::new(false));
        let slowing = Arc::clone(&is_slowing);
        let line = Line { at_once, piece };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&upstream) else {
                    return;
                };
                let (client_too, server_too) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                let asked = Arc::new(AtomicUsize::new(0));
                let answered = Arc::new(AtomicUsize::new(0));
                let (asked_too, answered_too) = (Arc::clone(&asked), Arc::clone(&answered));
                let (slowing, unused) = (Arc::clone(&slowing), AtomicBool::new(false));
                std::thread::spawn(move || {
                    line.carry(client, server, &asked, &answered, &slowing);
                });
                std::thread::spawn(move || {
                    line.carry(server_too, client_too, &answered_too, &asked_too, &unused);
                });
            }
        });
        Self {
            address,
            is_slowing,
        }
    }

    /// Whether a request was longer than what passes at once.
    pub fn is_slowing(&self) -> bool {
        self.is_slowing.load(SeqCst)
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }
}

impl Line {
    /// Until one side is gone. What comes from one side ends what the other has `said`.
    fn carry(
        self,
        mut from: TcpStream,
        mut to: TcpStream,
        said: &AtomicUsize,
        others: &AtomicUsize,
        slowing: &AtomicBool,
    ) {
        let mut buffer = vec![0; self.at_once.max(self.piece)];
        loop {
            let left = self.at_once.saturating_sub(said.load(SeqCst));
            let most = if left > 0 { left } else { self.piece };
            let Ok(count @ 1..) = from.read(&mut buffer[..most]) else {
                break;
            };
            others.store(0, SeqCst);
            said.fetch_add(count, SeqCst);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
            if left == 0 {
                slowing.store(true, SeqCst);
                std::thread::sleep(TICK);
            }
        }
        let _ = from.shutdown(Shutdown::Read);
        let _ = to.shutdown(Shutdown::Write);
    }
}
