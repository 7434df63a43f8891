//! Connections of the network, as any client has them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::json;

use crate::support::client::ask;
use crate::support::job::text;
use crate::support::vendor::{Answer, Fault, Local, Network, Request, decoded, shared};
use crate::support::{installed, isolate};

/// It says what it was asked.
fn echo(request: &Request) -> Answer {
    if request.path == "/none" {
        return Answer::new(204);
    }
    let said = json!({
        "at": format!("{} {}{}", request.method, request.origin(), request.target),
        "body": String::from_utf8_lossy(&request.body),
    });
    Answer::new(200).json(&said)
}

/// What curl prints, without a configuration of its own.
fn curl(network: &Network, words: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("curl");
    isolate(&mut command, home.path());
    for (name, value) in network.environment() {
        // curl reads this one in lower case only.
        let name = if name == "HTTP_PROXY" {
            "http_proxy"
        } else {
            &name
        };
        command.env(name, &value);
        if name == "SSL_CERT_FILE" {
            command.env("CURL_CA_BUNDLE", value);
        }
    }
    let output = command.args(["-sS"]).args(words).output().unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn clients_ask_again_and_again_on_one_connection() {
    if !installed("curl") {
        return;
    }
    let network = Network::start();
    network.answer("vendor.example.com", echo);
    network.answer("vendor.example.com:8443", echo);
    network.answer("169.254.169.254", echo);
    let url = "https://vendor.example.com/a%2Fb?c=d";
    let format = "%{num_connects} ";
    // Two requests, the second one on the connection of the first.
    assert_eq!(
        curl(
            &network,
            &[url, url, "-o/dev/null", "-o/dev/null", "-w", format]
        ),
        "1 0 "
    );
    let at = |line: &str| json!({"at": line, "body": ""}).to_string();
    let said = |words: &[&str]| curl(&network, words);
    assert_eq!(
        said(&["https://vendor.example.com:8443/x"]),
        at("GET https://vendor.example.com:8443/x")
    );
    assert_eq!(
        said(&["http://169.254.169.254/metadata?v=1"]),
        at("GET http://169.254.169.254/metadata?v=1")
    );
    assert_eq!(said(&["-I", url, "-o/dev/null", "-w%{http_code}"]), "200");
    assert_eq!(
        said(&["https://vendor.example.com/none", "-w%{http_code}"]),
        "204"
    );
    let chunked = [
        "-H",
        "Transfer-Encoding: chunked",
        "-H",
        "Expect: 100-continue",
    ];
    let sent = [
        &["-X", "PUT", "-d", "words"][..],
        &chunked,
        &["https://vendor.example.com/"],
    ];
    assert_eq!(
        said(&sent.concat()),
        json!({"at": "PUT https://vendor.example.com/", "body": "words"}).to_string()
    );
    network.forget();
    assert_eq!(
        said(&["https://elsewhere.example.com/"]),
        "curl: (56) CONNECT tunnel failed, response 502\n"
    );
    assert_eq!(
        said(&["http://elsewhere.example.com/x", "-w%{http_code}"]),
        "502"
    );
    assert_eq!(
        network.seen(),
        [
            "CONNECT elsewhere.example.com 502",
            "GET elsewhere.example.com/x 502"
        ]
    );
}

#[test]
fn requests_are_understood() {
    let network = Local::start(&shared(|request: &Request| {
        assert_eq!(request.line(), ("POST", "/a%2Fb/c//"));
        assert_eq!(request.segments(), ["a%2Fb", "c", "", ""]);
        assert_eq!(request.parameter("x"), Some("1 2"));
        assert_eq!(request.parameters("x"), ["1 2", "3"]);
        assert_eq!(request.form("y").as_deref(), Some("a b&"));
        assert_eq!(request.header("x-more"), Some("here"));
        let user = ("robot".to_owned(), "sec:ret".to_owned());
        assert_eq!(request.basic(), Some(user));
        assert_eq!(request.bearer(), None);
        Answer::new(200)
    }));
    let headers = ["X-More: here", "Authorization: Basic cm9ib3Q6c2VjOnJldA=="];
    let line = "POST /a%2Fb/c//?x=1+2&x=3";
    assert_eq!(
        ask(&network.host(), line, &headers, b"y=a+b%26").status,
        200
    );
    let parts = ["a%2Fb", "a%252Fb", "a+b", "a&b=c"].map(decoded);
    assert_eq!(parts, ["a/b", "a%2Fb", "a+b", "a&b=c"]);
}

#[test]
fn an_emulator_that_panics_is_not_asked_again() {
    let local = Local::start(&shared(|_: &Request| -> Answer { panic!("as it should") }));
    assert_eq!(ask(&local.host(), "GET /", &[], b"").status, 418);
}

#[test]
fn nonsense_ends_a_connection() {
    let local = Local::start(&shared(echo));
    local.fault_always("/", Fault::Drop);
    let mut stream = TcpStream::connect(local.host()).unwrap();
    stream.write_all(b"\r\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert!(local.seen().is_empty());
}
