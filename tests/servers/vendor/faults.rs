//! What goes wrong where it is planned.

use std::time::Duration;

use super::{Plain, run};
use crate::support::client::ask;
use crate::support::vendor::{Answer, Fault, Local, Network, Request, shared};

#[test]
fn the_nth_request_fails() {
    let local = Local::start(&shared(|_: &Request| Answer::new(200)));
    let limited = Fault::status(429, &[("Retry-After", "7")]);
    local.fault(2, "GET ", limited);
    local.fault(1, |request: &Request| request.path == "/b", Fault::Drop);
    local.fault(2, "/b", Fault::DropAfter);
    local.fault(1, "/slow", Fault::Delay(Duration::from_millis(1)));
    local.fault_always("PUT", Fault::status(503, &[]));
    let status = |line: &str| ask(&local.host(), line, &[], b"").status;
    assert_eq!(status("GET /a"), 200);
    let came = ask(&local.host(), "GET /a", &[], b"");
    assert_eq!((came.status, came.header("retry-after")), (429, "7"));
    assert_eq!(["GET /b", "GET /b", "GET /b"].map(status), [0, 0, 200]);
    assert_eq!(["GET /slow", "PUT /", "PUT /"].map(status), [200, 503, 503]);
    assert_eq!(
        local.seen(),
        [
            "GET /a 200",
            "GET /a 429",
            "GET /b -",
            "GET /b -",
            "GET /b 200",
            "GET /slow 200",
            "PUT / 503",
            "PUT / 503",
        ]
    );
}

#[test]
fn the_program_meets_them() {
    let mut plain = Plain::new();
    plain.open = true;
    plain.store.push_image("team/app", Some("v1"), "one");
    let network = Network::start();
    network.host("registry.example.com", &shared(plain));
    network.fault(1, "tags/list", Fault::status(429, &[("Retry-After", "0")]));
    network.fault(2, "tags/list", Fault::Drop);
    let home = tempfile::tempdir().unwrap();
    let words = ["tags", "registry.example.com/team/app"];
    let (code, listed, _) = run(home.path(), &network, &words);
    assert_eq!((code, listed.as_str()), (0, "v1\n"));
    let line = "GET registry.example.com/v2/team/app/tags/list";
    let expected = ["429", "-", "200"].map(|status| format!("{line} {status}"));
    assert_eq!(network.seen(), expected);
}
