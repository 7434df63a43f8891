//! An HTTP proxy that knows `CONNECT` only and records where it was asked to go.

use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use super::accept::Acceptor;
use super::http::receive;

/// The proxy. It ends when it is dropped.
pub struct Proxy {
    asked: Arc<Mutex<Vec<String>>>,
    acceptor: Acceptor,
}

impl Proxy {
    /// A proxy that connects every tunnel to `target`, whatever name the client asks for.
    pub fn start(target: String) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let acceptor = Acceptor::start({
            let asked = Arc::clone(&asked);
            move |stream| tunnel(stream, &target, &asked)
        });
        Self { asked, acceptor }
    }

    /// The value for `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://{}", self.acceptor.address())
    }

    /// The `CONNECT` targets so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(client: TcpStream, target: &str, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let Some(request) = receive(&mut reader) else {
        return;
    };
    asked
        .lock()
        .unwrap()
        .push(format!("{} {}", request.method, request.path));
    if request.method != "CONNECT" {
        let _ = (&client).write_all(b"HTTP/1.1 405 X\r\ncontent-length: 0\r\n\r\n");
        return;
    }
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    let _ = (&client).write_all(b"HTTP/1.1 200 X\r\n\r\n");
    let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let back = std::thread::spawn(move || pump(from, to));
    pump(client, server);
    let _ = back.join();
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
