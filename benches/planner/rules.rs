//! Rules such as most policies have.

use std::time::Duration;

use dockside::cleanup::policy::Limits;
use dockside::cleanup::{Claims, Graph, Root, Rule};
use dockside::pattern::Pattern;
use jiff::Timestamp;

/// Three of them.
pub fn typical() -> Vec<Box<dyn Rule>> {
    let releases = "branch-{1,2,3}-*".parse().unwrap();
    vec![Box::new(Named(releases)), Box::new(Newest), Box::new(Young)]
}

/// What they may remove.
pub fn limits() -> Limits {
    Limits {
        percent: Some(90),
        count: None,
        allow_empty: false,
    }
}

/// Tags by a pattern.
struct Named(Pattern);

impl Rule for Named {
    fn judge(&self, graph: &Graph, _now: Timestamp, claims: &mut Claims) {
        let reason = claims.reason("releases", "its name matches");
        for (id, name) in graph.images() {
            if self.0.matches(name.tag.as_str()) {
                claims.keep(Root::Name(id), reason);
            }
        }
    }
}

/// The newest tenth.
struct Newest;

impl Rule for Newest {
    fn judge(&self, graph: &Graph, _now: Timestamp, claims: &mut Claims) {
        let mut images: Vec<_> = graph.images().collect();
        images.sort_by_key(|(_, name)| std::cmp::Reverse(graph.node(name.node).created));
        let reason = claims.reason("newest", "one of the newest tenth");
        for (id, _) in images.iter().take(images.len() / 10) {
            claims.keep(Root::Name(*id), reason);
        }
    }
}

/// What was made in the last days: half of them.
struct Young;

impl Rule for Young {
    fn judge(&self, graph: &Graph, now: Timestamp, claims: &mut Claims) {
        let reason = claims.reason("young", "made lately");
        let count = u32::try_from(graph.nodes().len()).unwrap();
        let age = Duration::from_secs(60) * (count / 2);
        let oldest = now.checked_sub(age).unwrap();
        for (id, name) in graph.images() {
            if graph
                .node(name.node)
                .created
                .is_some_and(|made| made >= oldest)
            {
                claims.keep(Root::Name(id), reason);
            }
        }
    }
}
