//! Removing 3,950 of 4,000 tags, against a plain client that deletes digest by digest over as many
//! connections, at a twin of the server.

use std::time::{Duration, Instant};

use dockside::cleanup::apply::{Options, Outcome, apply};
use dockside::cleanup::inventory::Inventory;
use dockside::cleanup::plan::Plan;
use dockside::cleanup::{Claims, Graph, Root, Rule, Scope};
use dockside::oci::Digest;
use jiff::Timestamp;

use super::client::open;
use super::limit;
use super::server::Server;

const TAGS: usize = 4000;
const STAY: usize = 50;

/// distribution gains nothing by more.
const JOBS: usize = 8;

/// So many tags are moved at the same time, as dockside does.
const MOVES: usize = 32;

/// How many times as fast as the plain client it has to be.
const WANTED: f64 = 8.0;

pub fn run() {
    let [first, second, third] = [(); 3].map(|()| Server::start(TAGS, TAGS));
    let (looked, swept) = dockside(&first.host);
    assert_eq!(limit::tags(&first.host).len(), STAY);
    drop(first);
    let gone = TAGS - STAY;
    println!("sweep: {gone} of {TAGS} tags at docker-registry");
    println!("dockside: {looked:.1?} until there is a plan, {swept:.1?} until it is done");
    let plain = plainly(second, |host, tags| limit::delete(host, JOBS, tags));
    let ratio = plain.as_secs_f64() / (looked + swept).as_secs_f64();
    let verdict = if ratio >= WANTED { "" } else { "  too slow" };
    println!("digest by digest: {plain:.1?}, {ratio:.1} times as long{verdict}");
    let least = plainly(third, |host, tags| limit::sweep(host, JOBS, MOVES, tags));
    let most = plain.as_secs_f64() / least.as_secs_f64();
    println!("the same way without any look: {least:.1?}, so at most {most:.1} times here");
}

/// How long the plain client takes for the tags that go.
fn plainly(server: Server, remove: impl Fn(&str, &[String])) -> Duration {
    let begun = Instant::now();
    let mut tags = limit::tags(&server.host);
    tags.sort();
    remove(&server.host, &tags[..TAGS - STAY]);
    let took = begun.elapsed();
    assert_eq!(limit::tags(&server.host).len(), STAY);
    took
}

/// How long it takes to make a plan, and to do it.
fn dockside(host: &str) -> (Duration, Duration) {
    let (runtime, brand) = open(host, JOBS);
    runtime.block_on(async {
        let begun = Instant::now();
        let rules: Vec<Box<dyn Rule>> = vec![Box::new(Newest)];
        let inventory = Inventory::new(&brand, JOBS, None).named("default");
        let scope = Scope::default();
        let settled = inventory.settle(&rules, &scope, Timestamp::now());
        let (graph, evaluation) = settled.await.unwrap();
        let plan = Plan::make(graph, evaluation, Digest::of(b"the newest"));
        assert_eq!(plan.steps.len(), TAGS - STAY);
        let looked = begun.elapsed();
        let options = Options {
            jobs: JOBS,
            ..Options::default()
        };
        let begun = Instant::now();
        let outcomes = apply(&brand, &plan, &options, &|| false, &()).await;
        let done = |outcome: &Outcome| matches!(outcome, Outcome::Done);
        assert!(outcomes.unwrap().outcomes.iter().all(done));
        (looked, begun.elapsed())
    })
}

/// Keeps the tags with the highest numbers.
struct Newest;

impl Rule for Newest {
    fn judge(&self, graph: &Graph, _: Timestamp, claims: &mut Claims) {
        let reason = claims.reason("newest", "one of the newest");
        let first = format!("tag-{:05}", TAGS - STAY);
        for (id, name) in graph.names() {
            if name.tag.as_str() >= first.as_str() {
                claims.keep(Root::Name(id), reason);
            }
        }
    }
}
