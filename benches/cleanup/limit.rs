//! The plainest client that there can be: what a server does not answer it, it answers nobody.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dockside::oci::Digest;
use dockside::oci::media_type::{ACCEPT, OCI_CONFIG, OCI_MANIFEST};
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

    /// Uploads a blob to the repository `app`.
    pub fn upload(&mut self, blob: &[u8]) -> Digest {
        let digest = Digest::of(blob);
        let opened = self.ask("POST", "/v2/app/blobs/uploads/", "", b"");
        let location = opened.header("location").expect("a location");
        let path = location
            .strip_prefix(&format!("http://{}", self.host))
            .unwrap_or(&location);
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}digest={digest}");
        let kind = "Content-Type: application/octet-stream\r\n";
        assert_eq!(self.ask("PUT", &path, kind, blob).status, 201);
        digest
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

/// The list of tags.
pub fn tags(host: &str) -> Vec<String> {
    let list = Connection::open(host).ask("GET", "/v2/app/tags/list", "", b"");
    let list: Value = serde_json::from_slice(&list.body).unwrap();
    let tags = list["tags"].as_array().unwrap().iter();
    tags.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The list of tags, and a HEAD for each over so many connections; how many there were.
pub fn heads(host: &str, connections: usize) -> usize {
    let tags = tags(host);
    let accept = format!("Accept: {ACCEPT}\r\n");
    each(host, connections, &tags, |connection, tag| {
        let path = format!("/v2/app/manifests/{tag}");
        assert_eq!(connection.ask("HEAD", &path, &accept, b"").status, 200);
    });
    tags.len()
}

/// Deletes what these tags name, digest by digest, over so many connections.
pub fn delete(host: &str, connections: usize, tags: &[String]) {
    let accept = format!("Accept: {ACCEPT}\r\n");
    each(host, connections, tags, |connection, tag| {
        let path = format!("/v2/app/manifests/{tag}");
        let head = connection.ask("HEAD", &path, &accept, b"");
        let digest = head.header("docker-content-digest").expect("a digest");
        let path = format!("/v2/app/manifests/{digest}");
        assert_eq!(connection.ask("DELETE", &path, "", b"").status, 202);
    });
}

/// Removes what these tags name by the fewest requests that this server needs: the tags are moved to
/// one manifest, that is deleted, and then each digest. Nothing is looked at again, nothing is saved.
pub fn sweep(host: &str, connections: usize, moves: usize, tags: &[String]) {
    let mut connection = Connection::open(host);
    let config = connection.upload(b"{\"dummy\":true}");
    let kind = format!("Content-Type: {OCI_MANIFEST}\r\n");
    let dummy = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"{OCI_CONFIG}","digest":"{config}","size":14}},"layers":[]}}"#
    );
    let dummy = dummy.as_bytes();
    let accept = format!("Accept: {ACCEPT}\r\n");
    let digests = Mutex::new(Vec::new());
    each(host, connections, tags, |connection, tag| {
        let path = format!("/v2/app/manifests/{tag}");
        let head = connection.ask("HEAD", &path, &accept, b"");
        let digest = head.header("docker-content-digest").expect("a digest");
        digests.lock().unwrap().push(digest);
    });
    each(host, moves, tags, |connection, tag| {
        let path = format!("/v2/app/manifests/{tag}");
        assert_eq!(connection.ask("PUT", &path, &kind, dummy).status, 201);
    });
    let mut digests = digests.into_inner().unwrap();
    let remove = |connection: &mut Connection, digest: &str| {
        let path = format!("/v2/app/manifests/{digest}");
        assert_eq!(connection.ask("DELETE", &path, "", b"").status, 202);
    };
    remove(&mut connection, &Digest::of(dummy).to_string());
    digests.sort();
    each(host, connections, &digests, remove);
}

/// Does something for each of these, over so many connections.
fn each(
    host: &str,
    connections: usize,
    tags: &[String],
    work: impl Fn(&mut Connection, &str) + Sync,
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = Connection::open(host);
                while let Some(tag) = tags.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(&mut connection, tag);
                }
            });
        }
    });
}
