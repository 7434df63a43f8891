//! The plainest client that there can be: what a server does not answer it, it answers nobody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use dockside::oci::media_type::ACCEPT;
use serde_json::Value;

/// A connection that is kept open.
pub struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<String> {
        let named = self.headers.iter().filter_map(|line| line.split_once(':'));
        let mut found = named.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }
}

impl Connection {
    pub fn open(host: &str) -> Self {
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            host: host.to_owned(),
            stream: BufReader::new(stream),
        }
    }

    pub fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n",
            self.host,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            answer.headers.push(line);
        }
        if method != "HEAD" {
            self.read_body(&mut answer);
        }
        answer
    }

    fn read_body(&mut self, answer: &mut Answer) {
        if let Some(length) = answer.header("content-length") {
            answer.body.resize(length.parse().unwrap(), 0);
            self.stream.read_exact(&mut answer.body).unwrap();
            return;
        }
        while answer.header("transfer-encoding").is_some() {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let length = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk).unwrap();
            chunk.truncate(length);
            answer.body.append(&mut chunk);
            if length == 0 {
                break;
            }
        }
    }
}

/// The list of tags, and a HEAD for each over so many connections; how many there were.
pub fn heads(host: &str, connections: usize) -> usize {
    let list = Connection::open(host).ask("GET", "/v2/app/tags/list", "", b"");
    let list: Value = serde_json::from_slice(&list.body).unwrap();
    let tags: Vec<&str> = list["tags"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let next = AtomicUsize::new(0);
    let accept = format!("Accept: {ACCEPT}\r\n");
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = Connection::open(host);
                while let Some(tag) = tags.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let path = format!("/v2/app/manifests/{tag}");
                    assert_eq!(connection.ask("HEAD", &path, &accept, b"").status, 200);
                }
            });
        }
    });
    tags.len()
}
