//! Looking at a connection without asking anything over it: whether a proxy lets it through, and
//! which certificates the server shows, whether they are believed or not.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Stream};
use url::Url;

use super::certificate::Certificate;
use super::error::Setup;
use super::tls;

/// The longest head of a proxy's answer that is read, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Why there is nothing to be seen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or not for long enough.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The proxy itself cannot be reached.
    #[error("the proxy cannot be reached")]
    Proxy(#[source] io::Error),
    /// The proxy does not let it through.
    #[error("the proxy answered CONNECT with {0}")]
    Refused(u16),
    /// TLS cannot be set up.
    #[error(transparent)]
    Setup(#[from] Setup),
    /// No TLS session.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// An address without a host.
    #[error("the address has no host that could have a certificate")]
    NoHost,
}

/// The certificates that the server of an `https` URL shows, its own first. This waits: a thread
/// of a runtime must not call it.
///
/// # Errors
/// There is no connection, or none that speaks TLS.
pub fn certificates(
    url: &Url,
    proxy: Option<&Url>,
    limit: Duration,
) -> Result<Vec<Certificate>, Error> {
    let host = url.host_str().ok_or(Error::NoHost)?;
    let name = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(name).map_err(|_| Error::NoHost)?;
    let mut stream = connected(url, proxy, limit)?;
    let config = Arc::new(tls::unverified()?);
    let mut session = ClientConnection::new(config, name)?;
    while session.is_handshaking() {
        session.complete_io(&mut stream)?;
    }
    session.send_close_notify();
    // The server need not hear that this is all.
    let _ = Stream::new(&mut session, &mut stream).flush();
    let chain = session.peer_certificates().unwrap_or_default();
    Ok(chain
        .iter()
        .filter_map(|one| Certificate::read(one))
        .collect())
}

/// Whether a connection to the host of a URL comes about, through the proxy if there is one. This
/// waits, as [`certificates`] does.
///
/// # Errors
/// It does not.
pub fn connection(url: &Url, proxy: Option<&Url>, limit: Duration) -> Result<(), Error> {
    connected(url, proxy, limit).map(|_| ())
}

fn connected(url: &Url, proxy: Option<&Url>, limit: Duration) -> Result<TcpStream, Error> {
    let Some(proxy) = proxy else {
        return Ok(dial(url, limit)?);
    };
    let mut stream = dial(proxy, limit).map_err(Error::Proxy)?;
    let (host, port) = place(url)?;
    let login = match proxy.username() {
        "" => String::new(),
        user => {
            let pair = format!("{user}:{}", proxy.password().unwrap_or_default());
            let pair = BASE64_STANDARD.encode(pair);
            format!("Proxy-Authorization: Basic {pair}\r\n")
        }
    };
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{login}\r\n");
    stream.write_all(request.as_bytes())?;
    match status(&mut stream)? {
        200..300 => Ok(stream),
        other => Err(Error::Refused(other)),
    }
}

fn place(url: &Url) -> io::Result<(&str, u16)> {
    let place = url.host_str().zip(url.port_or_known_default());
    place.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))
}

/// A connection to the first address of a host that takes one.
fn dial(url: &Url, limit: Duration) -> io::Result<TcpStream> {
    let (host, port) = place(url)?;
    let started = Instant::now();
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (host.trim_matches(['[', ']']), port).to_socket_addrs()? {
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The status of an answer, of which all of the head is read and nothing else.
fn status(stream: &mut TcpStream) -> io::Result<u16> {
    let mut head = Vec::new();
    // What follows the head is for whoever goes on with the stream.
    let mut byte = [0];
    while head.len() < MAX_HEAD && !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.extend(byte);
    }
    let text = String::from_utf8_lossy(&head);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}
