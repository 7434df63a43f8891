//! Which connections carry what.

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use dockside::env::Env;
use dockside::http::trust::Trust;
use dockside::http::{Call, Cause, Client, Host, Http, Lane};
use reqwest::Method;
use rustls::server::Acceptor;
use rustls::{ServerConnection, StreamOwned};

use super::server::{Server, answer, serve};
use super::{client, get, host_of, limits, read, run};
use crate::support::certificates::{Authority, Identity};
use crate::support::installed;
use crate::support::proxy::Proxy;
use crate::support::registry::{Options, PROGRAM};

const NAME: &str = "registry.example.com";

/// The protocols that each client offered.
type Offers = Arc<Mutex<Vec<String>>>;

/// A server that knows HTTP/1.1 only.
fn old(identity: &Identity, location: Option<&'static str>) -> (Server, Offers) {
    let offers = Offers::default();
    let mut config = (*identity.server(None)).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let server = Server::start({
        let offers = Arc::clone(&offers);
        move |mut stream| {
            let mut acceptor = Acceptor::default();
            let accepted = loop {
                // The first request finds out that plain HTTP is not spoken here.
                let read = acceptor.read_tls(&mut stream);
                match (read, acceptor.accept()) {
                    (Ok(_), Ok(None)) => {}
                    (Ok(_), Ok(Some(accepted))) => break accepted,
                    _ => return,
                }
            };
            let hello = accepted.client_hello();
            let offered: Vec<_> = hello.alpn().unwrap().map(String::from_utf8_lossy).collect();
            offers.lock().unwrap().push(offered.join(" "));
            let connection: ServerConnection =
                accepted.into_connection(Arc::clone(&config)).ok().unwrap();
            serve(StreamOwned::new(connection, stream), |_| match location {
                None => answer(200, "", "body"),
                Some(location) => answer(302, &format!("location: {location}\r\n"), ""),
            });
        }
    });
    (server, offers)
}

fn trusting(authority: &Authority) -> (tempfile::NamedTempFile, Http) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.pem()).unwrap();
    let trust = Trust {
        file: Some(file.path().to_owned()),
        ..Trust::default()
    };
    (file, Http::default().limited(limits()).trusting(trust))
}

/// Asks for a page over TLS.
async fn ask(client: &Client, host: &str, lane: Lane) {
    let url = format!("https://{host}/v2/").parse().unwrap();
    let mut call = Call::new(Method::GET, url);
    call.lane = lane;
    let (status, _) = read(client.call(call).await).await.unwrap();
    assert_eq!(status, 200);
}

#[test]
fn bulk_never_offers_http2_and_old_servers_have_one_pool() {
    let authority = Authority::new();
    let (_file, http) = trusting(&authority);
    for (lanes, expected) in [
        ([Lane::Control, Lane::Bulk], vec!["h2 http/1.1"]),
        ([Lane::Bulk, Lane::Control], vec!["http/1.1", "h2 http/1.1"]),
        ([Lane::Bulk, Lane::Bulk], vec!["http/1.1"]),
    ] {
        let (server, offers) = old(&authority.issue(&["127.0.0.1"]), None);
        let client = http.client(host_of(server.host()));
        run(async {
            for lane in lanes {
                ask(&client, &server.host(), lane).await;
            }
        });
        let offers = offers.lock().unwrap();
        assert_eq!(*offers, expected);
    }
}

#[test]
fn a_new_server_is_spoken_to_in_both_versions() {
    if !installed(PROGRAM) {
        return;
    }
    let authority = Authority::new();
    let (_file, http) = trusting(&authority);
    let identity = authority.issue(&["127.0.0.1"]);
    let registry = Options::default().tls(&identity).start();
    let client = http.client(host_of(registry.host()));
    run(async {
        for lane in [Lane::Control, Lane::Bulk, Lane::Control, Lane::Bulk] {
            ask(&client, registry.host(), lane).await;
        }
    });
    registry.requests(4);
    let log = registry.log();
    let versions = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("\"GET /v2/ HTTP/")?;
        rest.split_once('"').map(|(version, _)| version)
    });
    let versions: Vec<_> = versions.filter(|version| *version != "1.0").collect();
    let plain = versions.len() - 4;
    assert_eq!(versions[plain..], ["2.0", "1.1", "2.0", "1.1"]);
}

fn through(proxy: &Proxy, file: &tempfile::NamedTempFile) -> Client {
    let (url, file) = (proxy.url(), file.path().to_str().unwrap().to_owned());
    let env: Env = [("HTTPS_PROXY", url.as_str()), ("SSL_CERT_FILE", &file)]
        .into_iter()
        .collect();
    let http = Http::from_env(&env).limited(limits());
    http.client(Host::parse(NAME).unwrap())
}

#[test]
fn both_lanes_go_through_the_proxy() {
    let authority = Authority::new();
    let (file, _) = trusting(&authority);
    let (server, offers) = old(&authority.issue(&[NAME]), None);
    let proxy = Proxy::start(server.host());
    let client = through(&proxy, &file);
    run(async {
        for lane in [Lane::Bulk, Lane::Control] {
            ask(&client, NAME, lane).await;
        }
    });
    assert_eq!(proxy.asked(), vec![format!("CONNECT {NAME}:443"); 2]);
    assert_eq!(*offers.lock().unwrap(), ["http/1.1", "h2 http/1.1"]);
}

#[test]
fn nothing_goes_on_in_plain_http() {
    let authority = Authority::new();
    let (file, _) = trusting(&authority);
    let storage = "http://127.0.0.1:9/blob";
    let (server, _) = old(&authority.issue(&[NAME]), Some(storage));
    let proxy = Proxy::start(server.host());
    let client = through(&proxy, &file);
    match run(client.call(get(&client, "/"))) {
        Err(Cause::Redirect(there)) => assert_eq!(there, storage),
        other => panic!("{other:?}"),
    }
}

#[test]
fn connections_are_probed_by_use_only() {
    // Nothing is sent before there is something to ask.
    let server = Server::start(|mut stream| {
        let _ = stream.read(&mut [0]);
    });
    let client = client(server.host());
    let _ = (client.url("/"), client.addresses("/"));
    assert_eq!(server.connections(), 0);
}
