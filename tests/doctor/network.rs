//! Faults on the way to a registry.

use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};

use super::{Machine, assert_diagnoses};
use crate::support::certificates::{Authority, Identity};
use crate::support::http::{HttpServer, Reply, Step};
use crate::support::proxy::Proxy;
use crate::support::scripted_registry::{Behaviour, ScriptedRegistry};
use crate::support::vendor::Network;

/// A registry that is somewhere else.
const FAR: &str = "registry.example.com";

/// What is said of a server that always answers so.
fn of_answer(reply: Reply) -> String {
    let server = HttpServer::start(None, move |_| Step::Answer(reply.clone()));
    Machine::new()
        .naming(&server.host(), "{registry}")
        .doctor(&[&server.host()])
}

/// What is said of a registry with this certificate, which is known to be of the authority if one
/// is given.
fn of_certificate(identity: &Identity, authority: Option<&Authority>) -> String {
    let registry = ScriptedRegistry::start_tls(Behaviour::default(), identity.server(None));
    let known = authority.map_or_else(|| Authority::named("another"), |_| Authority::new());
    let known = authority.map_or(known.pem(), Authority::pem);
    Machine::new()
        .file("ca.pem", known)
        .with(&[("SSL_CERT_FILE", "{home}/ca.pem")])
        .naming(&registry.host(), "{registry}")
        .doctor(&[&registry.host()])
}

fn self_signed() -> Identity {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "registry of my own");
    let key = KeyPair::generate().unwrap();
    Identity {
        certificate: params.self_signed(&key).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

/// The headers of a registry whose clock is so far from this one's.
fn at(time: SystemTime) -> Reply {
    let challenge = "Basic realm=\"x\"";
    Reply::new(401)
        .header("www-authenticate", challenge)
        .header("date", httpdate::fmt_http_date(time))
}

const HOURS: Duration = Duration::from_secs(2 * 3600 + 30);

#[test]
fn faults() {
    assert_diagnoses(
        "network",
        &[
            ("no such host", || {
                Machine::new().doctor(&["registry.invalid"])
            }),
            ("nothing listens", || {
                Machine::new().doctor(&["127.0.0.1:1"])
            }),
            ("no answer in time", || {
                let server = HttpServer::start(None, |_| Step::Stall);
                let machine = Machine::new().naming(&server.host(), "{registry}");
                machine.doctor(&["--timeout", "1s", &server.host()])
            }),
            ("the proxy refuses CONNECT", || {
                let network = Network::start();
                Machine::new().also(network.environment()).doctor(&[FAR])
            }),
            ("the proxy wants a login", || {
                let proxy = HttpServer::start(None, |_| Reply::new(407).into());
                let url = proxy.url().replace("http://", "http://user:hunter2@");
                let machine = Machine::new().with(&[("HTTPS_PROXY", &url)]);
                machine.doctor(&[FAR])
            }),
            ("the proxy is not there", || {
                let machine = Machine::new().with(&[("https_proxy", "http://127.0.0.1:1")]);
                machine.doctor(&[FAR])
            }),
            ("the proxy is none", || {
                let machine = Machine::new().with(&[("HTTPS_PROXY", "socks5://user:hunter2@x")]);
                machine.doctor(&[FAR])
            }),
            ("NO_PROXY takes the registry out", || {
                let network = Network::start();
                let machine = Machine::new().also(network.environment());
                let machine = machine.with(&[("NO_PROXY", "localhost,.invalid")]);
                machine.doctor(&["registry.invalid"])
            }),
            ("plain HTTP where TLS is meant", || {
                let registry = ScriptedRegistry::start(Behaviour::default());
                let proxy = Proxy::start(registry.host());
                let machine = Machine::new().with(&[("HTTPS_PROXY", &proxy.url())]);
                machine.doctor(&[FAR])
            }),
            ("an unknown issuer", || {
                of_certificate(&Authority::new().issue(&["127.0.0.1"]), None)
            }),
            ("a self-signed certificate", || {
                of_certificate(&self_signed(), None)
            }),
            ("an expired certificate", || {
                let authority = Authority::new();
                let identity = authority.issue_until(&["127.0.0.1"], 2020);
                of_certificate(&identity, Some(&authority))
            }),
            ("a certificate that is not valid yet", || {
                let authority = Authority::new();
                let identity = authority.issue_between(&["127.0.0.1"], 4000, 4001);
                of_certificate(&identity, Some(&authority))
            }),
            ("a certificate of another host", || {
                let authority = Authority::new();
                let identity = authority.issue(&["other.example.com"]);
                of_certificate(&identity, Some(&authority))
            }),
            ("a file of issuers that is none", || {
                let machine = Machine::new()
                    .file("ca.pem", "nothing")
                    .with(&[("SSL_CERT_FILE", "{home}/ca.pem")]);
                machine.doctor(&["registry.invalid"])
            }),
            ("no registry, but a web page", || {
                of_answer(
                    Reply::new(200)
                        .header("content-type", "text/html")
                        .body("<html>"),
                )
            }),
            ("no registry at all", || of_answer(Reply::new(404))),
            ("a firewall before the registry", || {
                of_answer(Reply::new(403))
            }),
            ("read-only mode", || of_answer(Reply::new(405))),
            ("maintenance", || of_answer(Reply::new(503))),
            ("too many requests", || {
                of_answer(Reply::new(429).header("retry-after", "3600"))
            }),
            ("this clock is ahead", || {
                of_answer(at(SystemTime::now() - HOURS))
            }),
            ("this clock is behind", || {
                of_answer(at(SystemTime::now() + HOURS))
            }),
            ("no requests are left", || {
                let reply = at(SystemTime::now()).header("ratelimit-limit", "100;w=21600");
                of_answer(reply.header("ratelimit-remaining", "0;w=21600"))
            }),
            ("few requests are left", || {
                let reply = at(SystemTime::now()).header("ratelimit-limit", "100;w=21600");
                of_answer(reply.header("ratelimit-remaining", "9;w=21600"))
            }),
            ("hostile words", || {
                of_answer(
                    Reply::new(503)
                        .body(r#"{"errors":[{"code":"X","message":"\u001b[31m\n##vso[x]"}]}"#),
                )
            }),
        ],
    );
}
