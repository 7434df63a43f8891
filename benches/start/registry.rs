//! A registry that does nothing but check a login, and remembers what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How the registry wants to be logged in to.
#[derive(Debug, Clone, Copy)]
pub enum Scheme {
    Basic,
    Bearer,
}

/// A server on the loopback interface, which lives as long as the process.
pub struct Registry {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    pub fn start(scheme: Scheme) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::default();
        let (log, host) = (Arc::clone(&requests), address.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (log, host) = (Arc::clone(&log), host.clone());
                thread::spawn(move || serve(&connection, scheme, &host, &log));
            }
        });
        Self { address, requests }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// The requests so far, each with the status that it got.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers the requests of one connection until the client closes it.
fn serve(connection: &TcpStream, scheme: Scheme, host: &str, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    while let Some(request) = lines.next() {
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let authorised = head
            .iter()
            .any(|line| line.to_ascii_lowercase().starts_with("authorization:"));
        let mut words = request.split([' ', '?']);
        let method = words.next().unwrap_or_default();
        let path = words.next().unwrap_or_default();
        let challenge = match scheme {
            Scheme::Basic => "Basic realm=\"bench\"".to_owned(),
            Scheme::Bearer => format!("Bearer realm=\"http://{host}/token\",service=\"bench\""),
        };
        let (status, body) = match path {
            "/token" => ("200 OK", r#"{"token": "t", "expires_in": 300}"#),
            _ if authorised => ("200 OK", "{}"),
            _ => ("401 Unauthorized", "{}"),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nWWW-Authenticate: {challenge}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let code = status.split(' ').next().unwrap_or_default();
        log.lock().unwrap().push(format!("{method} {path} {code}"));
        let mut writer = connection;
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
