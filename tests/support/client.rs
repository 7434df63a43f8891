//! The simplest HTTP client: it asks, and shows what came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::wait::PATIENCE;

/// What came.
#[derive(Debug, Default)]
pub struct Came {
    /// Zero when there was no answer.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As much as came.
    pub body: Vec<u8>,
}

impl Came {
    /// The value of a header, named in lower case; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        headers
            .find(|(found, _)| found == name)
            .map_or("", |(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An address where nobody listens: a port that was free a moment ago may belong to another test.
pub const NOBODY: &str = "127.0.0.1:1";

/// Asks a host in plain HTTP, on a connection of its own.
pub fn ask(host: &str, line: &str, headers: &[&str], body: &[u8]) -> Came {
    ask_within(PATIENCE, host, line, headers, body)
}

/// The same of a host that stalls: waits for a piece only so long.
pub fn ask_briefly(host: &str, line: &str) -> Came {
    ask_within(Duration::from_secs(5), host, line, &[], b"")
}

fn ask_within(limit: Duration, host: &str, line: &str, headers: &[&str], body: &[u8]) -> Came {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(limit)).unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    // A server may answer, or close, before it has read everything.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
    receive(&mut BufReader::new(stream))
}

fn receive(stream: &mut impl BufRead) -> Came {
    let mut came = Came::default();
    let mut line = String::new();
    let _ = stream.read_line(&mut line);
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let Some(status) = status else {
        return came;
    };
    came.status = status;
    loop {
        let mut line = String::new();
        let _ = stream.read_line(&mut line);
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        came.headers.push((name.to_ascii_lowercase(), value));
    }
    if came.header("transfer-encoding") == "chunked" {
        chunks(stream, &mut came.body);
        return came;
    }
    // A server that has refused a body may wait for the end of the connection, as this client does.
    let length = came.header("content-length").parse().unwrap_or(u64::MAX);
    let _ = stream.take(length).read_to_end(&mut came.body);
    came
}

/// The chunks of a body, as many as come (RFC 9112, 7.1).
fn chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) {
    loop {
        let mut line = String::new();
        let _ = stream.read_line(&mut line);
        match u64::from_str_radix(line.trim(), 16) {
            Ok(length) if length > 0 => {
                let _ = stream.take(length).read_to_end(body);
                let _ = stream.read_line(&mut String::new());
            }
            _ => return,
        }
    }
}
