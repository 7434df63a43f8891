//! How many requests are under way at once, and what stops them.

use std::io::{BufReader, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use dockside::http::{Body, Call, Http, Lane};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use reqwest::Method;

use super::server::{Server, answer, head, serve};
use super::{budget, client, get, host_of, limits, put, read, run};

#[test]
fn no_more_requests_are_under_way_than_jobs() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = Server::start({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        // Nothing is answered before three are there.
        let three = Barrier::new(3);
        move |stream| {
            serve(stream, |head| {
                // Whether TLS is spoken is found out by one request alone.
                if head[0].contains("/first") {
                    return answer(200, "", "");
                }
                let count = now.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(count, Ordering::SeqCst);
                three.wait();
                now.fetch_sub(1, Ordering::SeqCst);
                answer(200, "", "body")
            });
        }
    });
    let http = Http::default().limited(limits()).jobs(3);
    run(async {
        let first = http.client(host_of(server.host()));
        first.call(get(&first, "/first")).await.unwrap();
        // A client for the same name is the same client.
        let calls = (0..12).map(async |_| {
            let client = http.client(host_of(server.host()));
            read(client.call(get(&client, "/")).await).await.unwrap()
        });
        let answers = join_all(calls).await;
        assert_eq!(answers, vec![(200, "body".to_owned()); 12]);
    });
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_wish_for_fewer_requests_stops_all() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let server = Server::start({
        let times = Arc::clone(&times);
        move |stream| {
            serve(stream, |_| {
                let mut times = times.lock().unwrap();
                times.push(Instant::now());
                match times.len() {
                    1 => answer(429, "retry-after: 1\r\n", ""),
                    _ => answer(200, "", ""),
                }
            });
        }
    });
    let client = client(server.host());
    run(async {
        let refused = client.call(get(&client, "/")).await.unwrap();
        assert_eq!(refused.status, 429);
        let budget = budget();
        let calls = (0..4).map(async |_| client.persist(&get(&client, "/"), &budget).await);
        for outcome in join_all(calls).await {
            assert_eq!(outcome.unwrap().status, 200);
        }
    });
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 5);
    for time in &times[1..] {
        assert!(*time - times[0] >= Duration::from_secs(1));
    }
}

#[test]
fn a_copy_within_a_host_needs_one_place() {
    // What is read, what is opened in the meantime, and what is sent.
    let server = Server::start(|stream| {
        let mut stream = BufReader::new(stream);
        while let Some(head) = head(&mut stream) {
            let size = 1 << 22;
            let answer = if head[0].starts_with("put") {
                let mut body = vec![0; size];
                stream.read_exact(&mut body).unwrap();
                answer(201, "", "")
            } else if head[0].starts_with("post") {
                answer(202, "", "")
            } else {
                answer(200, "", &"x".repeat(size))
            };
            let _ = stream.get_mut().write_all(answer.as_bytes());
        }
    });
    let http = Http::default().limited(limits()).jobs(1);
    let client = http.client(host_of(server.host()));
    let copy = async || {
        let mut source = get(&client, "/blob");
        source.lane = Lane::Bulk;
        let source = client.call(source).await.unwrap();
        let open = Call::new(Method::POST, client.url("/uploads"));
        assert_eq!(client.call(open).await.unwrap().status, 202);
        let pieces = stream::unfold(source, async |mut source| {
            let piece = source.chunk().await.transpose()?;
            Some((piece.map_err(Into::into), source))
        });
        let mut target = put(&client, "/upload", Body::stream(1 << 22, pieces.boxed()));
        target.lane = Lane::Bulk;
        client.call(target).await.unwrap().status
    };
    let statuses = run(async {
        let copies = join_all((0..8).map(|_| copy()));
        tokio::time::timeout(Duration::from_secs(60), copies).await
    });
    assert_eq!(statuses.expect("no deadlock"), [201; 8]);
}
