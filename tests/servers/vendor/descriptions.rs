//! A test ends with a failure when requests are not as described.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::client::ask;
use crate::support::spec::Spec;
use crate::support::vendor::{Answer, Local, Network, Request, shared};

const ONE: &str = "swagger: '2.0'\npaths: {/one: {get: {}}}";
const TWO: &str = "swagger: '2.0'\npaths: {/two: {get: {}}}";

/// What a failure says; empty when there is none.
fn failure(run: impl FnOnce()) -> String {
    let failed = catch_unwind(AssertUnwindSafe(run)).err();
    failed.map_or_else(String::new, |said| *said.downcast::<String>().unwrap())
}

#[test]
fn what_no_description_has_fails() {
    let local = Local::start(&shared(|_: &Request| Answer::new(200)));
    let get = |path: &str| ask(&local.host(), &format!("GET {path}"), &[], b"").status;
    get("/anything");
    local.spec(None);
    get("/anything");
    local.spec(Spec::parse(ONE));
    local.spec(Spec::parse(TWO));
    local.except(|request| request.path.starts_with("/v2/"));
    assert_eq!([get("/one"), get("/two"), get("/v2/")], [200; 3]);
    local.assert_described();
    assert_eq!([get("/one?x=1"), get("/three")], [200; 2]);
    let host = local.host();
    assert_eq!(
        failure(|| drop(local)),
        format!(
            "requests that the vendor does not describe:\n\
             GET {host}/one?x=1: parameter x is unknown; or unknown path\n\
             GET {host}/three: unknown path; or unknown path"
        )
    );
}

#[test]
fn hosts_have_their_own_descriptions() {
    let network = Network::start();
    let proxy = network.environment()[0].1.replace("http://", "");
    for host in ["one.example.com", "two.example.com"] {
        network.answer(host, |_| Answer::new(200));
    }
    network.spec("one.example.com", Spec::parse(ONE));
    let get = |url: &str| ask(&proxy, &format!("GET {url}"), &[], b"").status;
    assert_eq!(get("http://one.example.com/one"), 200);
    assert_eq!(get("http://two.example.com/anything"), 200);
    assert_eq!(failure(|| network.assert_described()), "");
    assert_eq!(get("http://one.example.com/anything"), 200);
    assert_eq!(
        failure(|| network.assert_described()),
        "requests that the vendor does not describe:\n\
         GET one.example.com/anything: unknown path"
    );
}
