//! Requests and answers with content, against servers that do as they are told.

mod bodies;
mod lanes;
mod limiter;
mod redirects;
mod scheme;
mod server;

use std::time::Duration;

use dockside::http::{Body, Budget, Call, Cause, Client, Host, Http, Limits, Reply};
use reqwest::Method;

/// Short pauses, and time limits that a busy machine keeps.
fn limits() -> Limits {
    Limits {
        pause: Duration::from_millis(10),
        ..Limits::default()
    }
}

fn client(host: impl AsRef<str>) -> Client {
    Http::default().limited(limits()).client(host_of(host))
}

fn host_of(host: impl AsRef<str>) -> Host {
    Host::parse(host.as_ref()).unwrap()
}

fn budget() -> Budget {
    Budget::new(Duration::from_secs(30))
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(work)
}

fn get(client: &Client, path: &str) -> Call {
    Call::new(Method::GET, client.url(path))
}

fn put(client: &Client, path: &str, body: Body) -> Call {
    Call {
        body,
        ..Call::new(Method::PUT, client.url(path))
    }
}

/// Status and body of an answer, or how it failed.
async fn read(reply: Result<Reply, Cause>) -> Result<(u16, String), Cause> {
    let reply = reply?;
    let status = reply.status;
    let body = reply.bytes(1 << 20).await?.expect("a short body");
    Ok((status, String::from_utf8(body.to_vec()).unwrap()))
}

/// Work is given to threads, so what is awaited there must be fit to go.
#[test]
fn requests_go_to_other_threads() {
    fn fit<T: Send>(_: &T) {}
    let client = client("127.0.0.1:9");
    let (call, budget) = (get(&client, "/"), budget());
    fit(&client.call(call.clone()));
    fit(&client.persist(&call, &budget));
    fit(&read(Err(Cause::Token)));
}
