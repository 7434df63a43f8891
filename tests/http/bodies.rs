//! What is sent and what comes: lengths, early answers, broken and stalled connections.

use std::io::{BufReader, Read, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use dockside::http::{Body, Cause, Client, Http, Lane, Limits};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use reqwest::Method;

use super::server::{Server, answer, head, serve};
use super::{budget, client, get, host_of, limits, put, read, run};

type Piece = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

fn pieces(pieces: Vec<Piece>) -> BoxStream<'static, Piece> {
    stream::iter(pieces).boxed()
}

/// No time to wait: whoever is silent for longer is given up.
const MOMENT: Duration = Duration::from_millis(100);

/// A client that waits so long between two pieces only.
fn hasty(server: &Server, idle: Duration) -> Client {
    let limits = Limits {
        idle,
        upload: idle,
        ..limits()
    };
    Http::default()
        .limited(limits)
        .client(host_of(server.host()))
}

#[test]
fn lengths_are_announced() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start({
        let seen = Arc::clone(&seen);
        move |stream| {
            let mut stream = BufReader::new(stream);
            while let Some(head) = head(&mut stream) {
                let mut body = String::new();
                let of_length = head.iter().filter(|line| {
                    line.starts_with("content-length") || line.starts_with("transfer-encoding")
                });
                let lengths: Vec<_> = of_length.cloned().collect();
                if let Some(length) = lengths.first() {
                    let length = length.rsplit(' ').next().unwrap().parse().unwrap();
                    let mut bytes = vec![0; length];
                    stream.read_exact(&mut bytes).unwrap();
                    body = String::from_utf8(bytes).unwrap();
                }
                let method = head[0].split(' ').next().unwrap().to_owned();
                seen.lock()
                    .unwrap()
                    .push(format!("{method} {} {body}", lengths.join(" ")));
                let _ = stream.get_mut().write_all(answer(201, "", "").as_bytes());
            }
        }
    });
    let client = client(server.host());
    run(async {
        let bodies = [
            (Method::PUT, Body::Empty),
            (Method::POST, Body::Empty),
            (Method::PATCH, Body::Bytes(Bytes::new())),
            (Method::PUT, Body::Bytes("bytes".into())),
            (Method::PUT, Body::stream(0, pieces(vec![]))),
            (
                Method::PUT,
                Body::stream(4, pieces(vec![Ok("pi".into()), Ok("ec".into())])),
            ),
            (Method::GET, Body::Empty),
            (Method::DELETE, Body::Empty),
        ];
        for (method, body) in bodies {
            for lane in [Lane::Control, Lane::Bulk] {
                let mut call = put(&client, "/", body.clone());
                (call.method, call.lane) = (method.clone(), lane);
                if lane == Lane::Bulk && !body.is_whole() {
                    continue;
                }
                assert_eq!(client.call(call).await.unwrap().status, 201);
            }
        }
    });
    let seen = seen.lock().unwrap();
    assert_eq!(
        *seen,
        [
            "put content-length: 0 ",
            "put content-length: 0 ",
            "post content-length: 0 ",
            "post content-length: 0 ",
            "patch content-length: 0 ",
            "patch content-length: 0 ",
            "put content-length: 5 bytes",
            "put content-length: 5 bytes",
            "put content-length: 0 ",
            "put content-length: 0 ",
            "put content-length: 4 piec",
            "get  ",
            "get  ",
            "delete  ",
            "delete  ",
        ]
    );
    assert_eq!(server.connections(), 1, "connections are kept");
}

#[test]
fn the_source_s_own_error_comes_back() {
    #[derive(Debug, thiserror::Error)]
    #[error("digest mismatch")]
    struct Mismatch;

    let (sender, bodies) = mpsc::channel();
    let server = Server::start(move |stream| {
        let mut received = String::new();
        let _ = BufReader::new(stream).read_to_string(&mut received);
        sender.send(received).unwrap();
    });
    let client = client(server.host());
    let outcome = run(async {
        let pieces = pieces(vec![
            Ok("first".into()),
            Ok("last".into()),
            Err(Mismatch.into()),
        ]);
        let call = put(&client, "/", Body::stream(9, pieces));
        client.persist(&call, &budget()).await
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.attempts, 1);
    match *error.cause {
        Cause::Body(error) => assert!(error.is::<Mismatch>(), "{error:?}"),
        other => panic!("{other:?}"),
    }
    // The server must not take the body for complete.
    let received = bodies.recv().unwrap();
    assert!(!received.contains("last"), "{received}");
}

#[test]
fn an_early_answer_ends_an_upload() {
    // As Go's server and nginx do it: answer, close for writing, and read a little more.
    let server = Server::start(|stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream).unwrap();
        let answer = answer(413, "connection: close\r\n", "too much");
        stream.get_mut().write_all(answer.as_bytes()).unwrap();
        stream
            .get_mut()
            .shutdown(std::net::Shutdown::Write)
            .unwrap();
        let mut sink = vec![0; 1 << 20];
        while stream.read(&mut sink).is_ok_and(|read| read > 0) {}
    });
    let client = client(server.host());
    // Without end, and half a terabyte if it had one.
    let (length, piece) = (1 << 39, Bytes::from(vec![0; 1 << 18]));
    let outcome = run(async {
        let pieces = stream::repeat_with(move || Ok(piece.clone())).boxed();
        let call = put(&client, "/", Body::stream(length, pieces));
        read(client.call(call).await).await
    });
    assert_eq!(outcome.unwrap(), (413, "too much".to_owned()));
}

#[test]
fn a_broken_body_is_an_error() {
    for head in [
        "HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n12345",
        "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
    ] {
        let server = Server::start(move |stream| {
            let mut stream = BufReader::new(stream);
            super::server::head(&mut stream).unwrap();
            stream.get_mut().write_all(head.as_bytes()).unwrap();
        });
        let client = client(server.host());
        run(async {
            let mut reply = client.call(get(&client, "/")).await.unwrap();
            assert_eq!(reply.chunk().await.unwrap().unwrap(), "12345");
            match reply.chunk().await {
                Err(Cause::Broken(_)) => {}
                other => panic!("{other:?}"),
            }
        });
    }
}

#[test]
fn a_server_that_goes_silent_is_given_up() {
    // In the middle of what it says.
    let server = Server::start(|stream| {
        serve(stream, |_| {
            "HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n12345".to_owned()
        });
    });
    let client = hasty(&server, MOMENT);
    run(async {
        let outcome = read(client.call(get(&client, "/")).await).await;
        assert!(matches!(outcome, Err(Cause::Timeout(_))), "{outcome:?}");
    });

    // In the middle of what it is told, or at its end.
    for taken in [1_000, 1 << 24] {
        let (done, until) = mpsc::channel::<()>();
        let until = Mutex::new(until);
        let server = Server::start(move |stream| {
            let mut stream = BufReader::new(stream);
            head(&mut stream).unwrap();
            let _ = stream.read_exact(&mut vec![0; taken]);
            let _ = until.lock().unwrap().recv();
        });
        let client = hasty(&server, MOMENT);
        let outcome = run(async {
            let piece = Bytes::from(vec![0; 1 << 20]);
            let pieces = pieces((0..16).map(|_| Ok(piece.clone())).collect());
            let call = put(&client, "/", Body::stream(1 << 24, pieces));
            read(client.call(call).await).await
        });
        assert!(matches!(outcome, Err(Cause::Timeout(_))), "{outcome:?}");
        drop(done);
    }
}

#[test]
fn a_source_that_is_slow_is_waited_for() {
    let server = Server::start(|stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream).unwrap();
        let mut body = vec![0; 4];
        stream.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let _ = stream
            .get_mut()
            .write_all(answer(201, "", &body).as_bytes());
    });
    // What a busy machine needs for an answer; the source takes longer.
    let idle = Duration::from_secs(5);
    let client = hasty(&server, idle);
    let outcome = run(async {
        let pause = tokio::time::sleep(idle + Duration::from_secs(1));
        let late = stream::once(async {
            pause.await;
            Ok(Bytes::from("late"))
        });
        let call = put(&client, "/", Body::stream(4, late.boxed()));
        read(client.call(call).await).await
    });
    assert_eq!(outcome.unwrap(), (201, "late".to_owned()));
}

#[test]
fn a_body_that_is_too_long_is_none() {
    let server = Server::start(|stream| serve(stream, |_| answer(200, "", "12345")));
    let client = client(server.host());
    run(async {
        for (limit, expected) in [(5, Some("12345")), (4, None), (0, None)] {
            let reply = client.call(get(&client, "/")).await.unwrap();
            let body = reply.bytes(limit).await.unwrap();
            assert_eq!(body, expected.map(Bytes::from));
        }
    });
}
