//! Connections: in plain HTTP, to a proxy, and through its tunnels.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::record::Record;
use super::request::Request;
use crate::support::answer::Answer;
use crate::support::wire::{Head, header, read_body, read_head, write_answer};

/// Who is at the other end of a connection.
pub enum End<'a> {
    /// A server in plain HTTP; whatever host the client names, it has the vendor of this key.
    Server(&'a str),
    /// A proxy, which is sent whole URLs.
    Proxy,
    /// This host, over TLS.
    Tunnel(&'a str),
}

/// Serves a connection until it ends.
pub fn converse(stream: impl Read + Write, end: &End<'_>, record: &Record) {
    let mut stream = BufReader::new(stream);
    while let Some(head) = read_head(&mut stream) {
        if exchange(&mut stream, head, end, record).is_none() {
            break;
        }
    }
}

/// Serves a client of a proxy: tunnels to the hosts that have a certificate, and plain requests.
pub fn proxy(
    stream: TcpStream,
    record: &Record,
    certificate: impl Fn(&str) -> Option<Arc<ServerConfig>>,
) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(&stream);
    let mut next = read_head(&mut reader);
    while let Some(head) = next {
        if head.method != "CONNECT" {
            if exchange(&mut reader, head, &End::Proxy, record).is_none() {
                break;
            }
            next = read_head(&mut reader);
            continue;
        }
        let host = head.target.trim_end_matches(":443").to_owned();
        let Some(config) = certificate(&host) else {
            let request = Request::new("https", &host, head, Vec::new());
            let answer = record.answer(&host, request);
            let answer = answer.unwrap_or_else(|| Answer::new(502));
            let _ = write_answer(&mut &stream, &answer, usize::MAX, true);
            break;
        };
        if (&stream).write_all(b"HTTP/1.1 200 X\r\n\r\n").is_ok() {
            let connection = ServerConnection::new(config).unwrap();
            let mut tls = StreamOwned::new(connection, &stream);
            converse(&mut tls, &End::Tunnel(&host), record);
            tls.conn.send_close_notify();
            let _ = tls.flush();
        }
        break;
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// One request and its answer; `None` when nothing else can follow.
fn exchange<S: Read + Write>(
    stream: &mut BufReader<S>,
    mut head: Head,
    end: &End<'_>,
    record: &Record,
) -> Option<()> {
    let (scheme, host, key) = match end {
        End::Tunnel(host) => ("https", (*host).to_owned(), (*host).to_owned()),
        End::Server(key) => {
            let named = header(&head.headers, "host").unwrap_or_default();
            ("http", named.to_owned(), (*key).to_owned())
        }
        End::Proxy => {
            let rest = head.target.strip_prefix("http://")?;
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.trim_end_matches(":80").to_owned();
            head.target = format!("/{path}");
            ("http", host.clone(), host)
        }
    };
    if header(&head.headers, "expect").is_some() {
        let continued = b"HTTP/1.1 100 Continue\r\n\r\n";
        stream.get_mut().write_all(continued).ok()?;
        stream.get_mut().flush().ok()?;
    }
    let body = read_body(stream, &head.headers, usize::MAX);
    let last = header(&head.headers, "connection") == Some("close");
    let most = if head.method == "HEAD" { 0 } else { usize::MAX };
    let request = Request::new(scheme, &host, head, body);
    let answer = record.answer(&key, request)?;
    let with_length = answer.status != 204 && answer.status != 304;
    write_answer(stream.get_mut(), &answer, most, with_length).ok()?;
    (!last).then_some(())
}
