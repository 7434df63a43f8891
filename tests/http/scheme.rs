//! Finding out whether a host speaks TLS.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dockside::http::trust::Trust;
use dockside::http::{Cause, Client, Http};
use futures_util::future::join_all;
use rustls::{ServerConnection, StreamOwned};

use super::server::{Server, answer, serve};
use super::{client, get, host_of, limits, read, run};
use crate::support::certificates::Authority;
use crate::support::client::NOBODY;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// How often a server was spoken to in each way.
#[derive(Default)]
struct Seen {
    tls: AtomicUsize,
    plain: AtomicUsize,
}

impl Seen {
    fn counts(&self) -> (usize, usize) {
        (
            self.tls.load(Ordering::SeqCst),
            self.plain.load(Ordering::SeqCst),
        )
    }
}

/// A server with a handler for each way to speak to it.
fn server(
    tls: impl Fn(TcpStream) + Send + Sync + 'static,
    plain: impl Fn(TcpStream) + Send + Sync + 'static,
) -> (Server, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let server = Server::start({
        let seen = Arc::clone(&seen);
        move |stream| {
            let mut first = [0];
            match stream.peek(&mut first) {
                Ok(1) if first == [HANDSHAKE] => {
                    seen.tls.fetch_add(1, Ordering::SeqCst);
                    tls(stream);
                }
                Ok(1) => {
                    seen.plain.fetch_add(1, Ordering::SeqCst);
                    plain(stream);
                }
                _ => {}
            }
        }
    });
    (server, seen)
}

/// What Go's server for TLS says to a request in plain HTTP.
fn go(mut stream: TcpStream) {
    let text = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    let _ = stream.write_all(text.as_bytes());
}

fn open(stream: TcpStream) {
    serve(stream, |_| answer(200, "", "plain"));
}

fn closed(stream: TcpStream) {
    drop(stream);
}

/// Eight requests at once.
async fn eight(client: &Client) -> Vec<(u16, String)> {
    let calls = (0..8).map(async |_| read(client.call(get(client, "/v2/")).await).await);
    let answers = join_all(calls).await;
    answers.into_iter().map(Result::unwrap).collect()
}

#[test]
fn a_loopback_registry_may_speak_tls() {
    let authority = Authority::new();
    let config = authority.issue(&["127.0.0.1"]).server(None);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    for mismatch in [go as fn(TcpStream), closed] {
        let config = Arc::clone(&config);
        let tls = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(StreamOwned::new(connection, stream), |_| {
                answer(200, "", "tls")
            });
        };
        let (server, seen) = server(tls, mismatch);
        let http = Http::default().limited(limits()).trusting(Trust {
            file: Some(file.path().to_owned()),
            ..Trust::default()
        });
        let client = http.client(host_of(server.host()));
        let early = get(&client, "/v2/");
        assert_eq!(early.url.scheme(), "http");
        run(async {
            assert_eq!(eight(&client).await, vec![(200, "tls".to_owned()); 8]);
            // What was made before goes the right way too.
            let late = read(client.call(early).await).await.unwrap();
            assert_eq!(late, (200, "tls".to_owned()));
        });
        assert_eq!(client.url("/v2/").scheme(), "https");
        let (_, plain) = seen.counts();
        assert_eq!(plain, 1);
    }
}

#[test]
fn an_insecure_registry_may_speak_plain_http() {
    let (server, seen) = server(closed, open);
    let host = host_of(server.host());
    let http = Http::default().limited(limits());
    let client = http.insecure(vec![host.clone()]).client(host);
    run(async {
        assert_eq!(eight(&client).await, vec![(200, "plain".to_owned()); 8]);
    });
    assert_eq!(client.url("/v2/").scheme(), "http");
    let (tls, _) = seen.counts();
    assert_eq!(tls, 1);
}

#[test]
fn a_registry_s_own_400_stands() {
    let json = "content-type: application/json\r\n";
    for (headers, tries) in [(json, 0), ("content-type: text/html\r\n", 1)] {
        let plain = move |stream| serve(stream, |_| answer(400, headers, "no"));
        let (server, seen) = server(closed, plain);
        let client = client(server.host());
        run(async {
            for _ in 0..2 {
                let outcome = read(client.call(get(&client, "/")).await).await;
                assert_eq!(outcome.unwrap(), (400, "no".to_owned()));
            }
        });
        let (tls, _) = seen.counts();
        assert_eq!(tls, tries);
    }
}

#[test]
fn a_certificate_that_is_not_trusted_settles_it() {
    let authority = Authority::new();
    let config = authority.issue(&["127.0.0.1"]).server(None);
    let tls = move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        serve(StreamOwned::new(connection, stream), |_| {
            answer(200, "", "tls")
        });
    };
    let (server, _) = server(tls, go);
    let stranger = Authority::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), stranger.pem()).unwrap();
    let http = Http::default().limited(limits()).trusting(Trust {
        file: Some(file.path().to_owned()),
        ..Trust::default()
    });
    let client = http.client(host_of(server.host()));
    for _ in 0..2 {
        let outcome = run(client.call(get(&client, "/")));
        assert!(
            matches!(outcome, Err(Cause::Certificate { .. })),
            "{outcome:?}"
        );
    }
}

#[test]
fn nobody_there_settles_nothing() {
    let client = client(NOBODY);
    let outcome = run(client.call(get(&client, "/")));
    assert!(matches!(outcome, Err(Cause::Connect(_))), "{outcome:?}");
    assert_eq!(client.url("/").scheme(), "http");
}
