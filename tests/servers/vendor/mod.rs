//! What emulators stand on: hosts behind a proxy, stores, rules, tokens, faults.

mod descriptions;
mod faults;
mod network;
mod rules;
mod tokens;

use std::path::Path;

use crate::support::client::ask;
use crate::support::dockside;
use crate::support::job::text;
use crate::support::vendor::{
    Answer, Local, Network, Request, Rules, Store, Target, Tokens, Users, Vendor, shared, v2,
};

/// A registry with tokens, as small as an emulator can be.
struct Plain {
    store: Store,
    rules: Rules,
    /// Whether nobody needs a token.
    open: bool,
    users: Users,
    tokens: Tokens,
}

impl Plain {
    fn new() -> Self {
        Self {
            store: Store::new(),
            rules: Rules::default(),
            open: false,
            users: Users::new(&[("robot", "secret")]),
            tokens: Tokens::new("plain")
                .at("https://auth.example.com/token")
                .allowing(|subject, _, action| !subject.is_empty() || action == "pull"),
        }
    }
}

impl Vendor for Plain {
    fn answer(&mut self, request: &Request) -> Answer {
        if request.path == "/token" {
            return self.tokens.answer(request, &self.users);
        }
        if let Some(target) = Target::of(request).filter(|_| !self.open)
            && let Err(refused) = self
                .tokens
                .check(request, &target.repository, target.action)
        {
            return refused;
        }
        v2(request, &mut self.store, &self.rules).unwrap_or_else(|| Answer::new(404))
    }
}

/// Exit code, standard output and standard error.
fn run(home: &Path, network: &Network, words: &[&str]) -> (i32, String, String) {
    let mut command = dockside(home);
    let output = command
        .envs(network.environment())
        .args(words)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn hosts_are_where_the_program_looks_for_them() {
    let plain = shared(Plain::new());
    {
        let store = &mut plain.lock().unwrap().store;
        let digest = store.push_image("team/app", Some("v1"), "one");
        store.tag("team/app", &digest, "v2");
    }
    let network = Network::start();
    network.host("registry.example.com", &plain);
    network.host("auth.example.com", &plain);
    let home = tempfile::tempdir().unwrap();
    let listed = run(
        home.path(),
        &network,
        &["tags", "registry.example.com/team/app"],
    );
    assert_eq!(listed, (0, "v1\nv2\n".to_owned(), String::new()));
    assert_eq!(
        network.seen(),
        [
            "GET registry.example.com/v2/team/app/tags/list 401",
            "GET auth.example.com/token?service=plain&scope=repository%3Ateam%2Fapp%3Apull&client_id=dockside 200",
            "GET registry.example.com/v2/team/app/tags/list 200",
        ]
    );
}

#[test]
fn a_local_vendor_needs_no_proxy() {
    let plain = shared(Plain::new());
    let local = Local::start(&plain);
    let came = ask(
        &local.host(),
        "GET /token?scope=repository:a:pull",
        &[],
        b"",
    );
    assert_eq!(came.status, 200);
    let token = "Authorization: Bearer plain-token-1";
    let came = ask(&local.host(), "GET /v2/a/tags/list", &[token], b"");
    assert_eq!(came.status, 404);
    assert_eq!(
        local.seen(),
        [
            "GET /token?scope=repository:a:pull 200",
            "GET /v2/a/tags/list 404"
        ]
    );
}
