//! Policies of any kind, and what they should keep, found out the simple way.

use std::collections::BTreeSet;
use std::time::Duration;

use dockside::cleanup::plan::Plan;
use dockside::cleanup::{
    self, Claims, Content, Evaluation, Fact, Facts, Graph, Id, Root, Rule, Scope, Untagged,
};
use dockside::oci::media_type::{OCI_INDEX, OCI_MANIFEST};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{LENGTH, World, digest, is_cut, is_ordinary, size};

const DAY: Duration = Duration::from_secs(86_400);

/// A rule: it keeps the tags that begin so, and these manifests.
pub type Keep = (Option<&'static str>, BTreeSet<usize>);

#[derive(Debug, Clone)]
pub struct Policy {
    pub rules: Vec<Keep>,
    pub only: Option<&'static str>,
    pub untagged: Untagged,
    pub exact_bytes: bool,
}

pub fn rule() -> impl Strategy<Value = Keep> {
    let prefix = proptest::option::of(proptest::sample::select(vec!["a", "b", "a1", "c2"]));
    let manifests = vec(0..12_usize, 0..2).prop_map(|all| all.into_iter().collect());
    (prefix, manifests)
}

pub fn policies() -> impl Strategy<Value = Policy> {
    let untagged = prop_oneof![
        Just(Untagged::Stay),
        Just(Untagged::Go),
        Just(Untagged::OlderThan(20 * DAY)),
    ];
    let only = proptest::option::weighted(0.2, Just("[ab]*"));
    (vec(rule(), 0..3), only, untagged).prop_map(|(rules, only, untagged)| Policy {
        rules,
        only,
        untagged,
        exact_bytes: false,
    })
}

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

struct Fixed(Keep);

impl Rule for Fixed {
    fn judge(&self, graph: &Graph, _now: Timestamp, claims: &mut Claims) {
        let reason = claims.reason("fixed", "");
        for (id, name) in graph.images() {
            if (self.0.0).is_some_and(|prefix| name.tag.as_str().starts_with(prefix)) {
                // As rules do that have to know more.
                if graph.node(name.node).content == Content::Named {
                    claims.want(name.node, Fact::Config);
                } else {
                    claims.keep(Root::Name(id), reason);
                }
            }
        }
        for id in self.0.1.iter().filter_map(|at| graph.find(&digest(*at))) {
            claims.keep(Root::Node(id), reason);
        }
    }
}

impl Policy {
    pub fn rules(&self, shuffle: &[u32]) -> Vec<Box<dyn Rule>> {
        let mut rules = self.rules.clone();
        mix(&mut rules, shuffle);
        let rules = rules.into_iter();
        rules
            .map(|rule| Box::new(Fixed(rule)) as Box<dyn Rule>)
            .collect()
    }
}

/// Another order of the same things.
fn mix<T>(things: &mut [T], shuffle: &[u32]) {
    let count = things.len();
    for (at, pick) in shuffle.iter().enumerate().take(count) {
        things.swap(at, *pick as usize % count);
    }
}

pub fn evaluate(graph: &Graph, rules: &[Box<dyn Rule>], policy: &Policy) -> Evaluation {
    let scope = Scope {
        only: policy.only.iter().map(|one| one.parse().unwrap()).collect(),
        untagged: policy.untagged,
        exact_bytes: policy.exact_bytes,
    };
    cleanup::evaluate(graph, rules, &scope, now())
}

/// What is seen of a repository at the first look.
pub fn survey(world: &World, shuffle: &[u32]) -> Graph {
    let repository = "registry.example.com/app".parse().unwrap();
    let mut graph = Graph::new(repository, "default", now());
    let mut tags: Vec<_> = world.tags.iter().collect();
    mix(&mut tags, shuffle);
    let mut listed: Vec<usize> = (0..world.manifests.len()).collect();
    listed.retain(|at| world.manifests[*at].is_listed && world.manifests[*at].is_there);
    mix(&mut listed, shuffle);
    listed.iter().for_each(|at| add(&mut graph, world, *at));
    for (tag, at) in tags {
        add(&mut graph, world, *at);
        let id = graph.find(&digest(*at)).unwrap();
        graph.name(tag.parse().unwrap(), id, None);
    }
    // Indexes are read, to any depth, and the subjects of tags are looked for.
    loop {
        let open = graph
            .nodes()
            .filter(|(_, node)| node.content == Content::Named);
        let open = open.map(|(id, _)| (id, find(world, &graph, id)));
        let open: Vec<_> = open
            .filter(|(_, at)| {
                let manifest = &world.manifests[*at];
                !manifest.is_there || !manifest.children.is_empty()
            })
            .collect();
        if open.is_empty() {
            return graph;
        }
        open.iter().for_each(|(id, _)| look(&mut graph, world, *id));
    }
}

fn add(graph: &mut Graph, world: &World, at: usize) {
    let manifest = &world.manifests[at];
    let id = graph.add(&digest(at));
    let node = graph.node_mut(id);
    node.is_protected = manifest.is_protected;
    node.media_type = Some(match manifest.children.is_empty() {
        true => OCI_MANIFEST.into(),
        false => OCI_INDEX.into(),
    });
    let age = manifest.age;
    node.pushed = age.map(|days| now().checked_sub(days * DAY).unwrap());
}

fn find(world: &World, graph: &Graph, id: Id) -> usize {
    let all = 0..world.manifests.len();
    all.into_iter()
        .find(|at| digest(*at) == graph.node(id).digest)
        .unwrap()
}

fn look(graph: &mut Graph, world: &World, id: Id) {
    let manifest = &world.manifests[find(world, graph, id)];
    if !manifest.is_there {
        graph.node_mut(id).content = Content::Missing;
    } else if !manifest.is_readable {
        graph.node_mut(id).content = Content::Unreadable;
    } else {
        let blobs = manifest.blobs.iter();
        let blob = |blob: &usize| (digest(100 + blob), size(*blob));
        let facts = Facts {
            length: Some(u32::try_from(LENGTH).unwrap()),
            children: manifest.children.iter().map(|at| digest(*at)).collect(),
            subject: manifest.subject.map(digest),
            blobs: blobs.map(blob).collect(),
            with_config: true,
            ..Facts::default()
        };
        graph.learn(id, facts);
    }
}

pub struct Settled {
    pub plan: Plan,
    /// The manifests that were read.
    pub known: BTreeSet<usize>,
}

/// The plan, after all that is wanted was looked at.
pub fn settle(world: &World, policy: &Policy, shuffle: &[u32]) -> Settled {
    let rules = policy.rules(shuffle);
    let mut graph = survey(world, shuffle);
    for _ in 0..100 {
        let evaluation = evaluate(&graph, &rules, policy);
        if evaluation.wanted.is_empty() {
            let known = graph
                .nodes()
                .filter(|(_, node)| node.content == Content::ReadWithConfig);
            let known = known.map(|(id, _)| find(world, &graph, id)).collect();
            return Settled {
                plan: Plan::make(graph, evaluation, digest(0)),
                known,
            };
        }
        for (id, fact) in evaluation.wanted {
            if fact == Fact::Referrers {
                graph.node_mut(id).is_asked = true;
                let subject = find(world, &graph, id);
                for at in world.below(subject) {
                    if world.manifests[at].subject == Some(subject) {
                        add(&mut graph, world, at);
                    }
                }
            } else {
                look(&mut graph, world, id);
            }
        }
    }
    panic!("it is never satisfied");
}

/// The ordinary tags that stay whatever belongs to what.
pub fn kept_tags(world: &World, policy: &Policy) -> BTreeSet<String> {
    let is_in_scope = |tag: &str| policy.only.is_none() || tag.starts_with(['a', 'b']);
    let tags = world.tags.iter().filter(|(tag, at)| {
        let is_kept = policy.rules.iter().any(|(prefix, manifests)| {
            manifests.contains(at) || prefix.is_some_and(|prefix| tag.starts_with(prefix))
        });
        let manifest = &world.manifests[**at];
        is_ordinary(tag)
            && (is_kept || manifest.is_protected || !manifest.is_there || !is_in_scope(tag))
    });
    tags.map(|(tag, _)| tag.clone()).collect()
}

/// The manifests that stay for a reason, and what they need. What the first look did not show may
/// be found later on, or not.
pub fn needed(world: &World, policy: &Policy, with_unseen: bool) -> BTreeSet<usize> {
    let kept = kept_tags(world, policy);
    let tagged = kept.iter().map(|tag| world.tags[tag]);
    let all = world.manifests.iter().enumerate();
    let others = all.filter(|(at, manifest)| {
        let is_kept = policy
            .rules
            .iter()
            .any(|(_, manifests)| manifests.contains(at));
        let is_seen = manifest.is_there && (with_unseen || world.is_seen(*at));
        is_seen && (is_kept || manifest.is_protected || !manifest.is_readable)
    });
    let cut = world.tags.iter().filter(|(tag, _)| is_cut(tag));
    let cut = cut.map(|(_, at)| *at);
    let mut open: Vec<usize> = tagged.chain(others.map(|(at, _)| at)).chain(cut).collect();
    let mut needed = BTreeSet::new();
    while let Some(at) = open.pop() {
        if needed.insert(at) {
            open.extend(world.below(at));
        }
    }
    needed
}
