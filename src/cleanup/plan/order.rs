//! In which order manifests are deleted.

use std::collections::HashMap;

use super::super::evaluate::{Evaluation, Verdict};
use super::super::graph::{Graph, Id};
use super::super::links::Links;

/// The rank of each manifest that goes; 0 for the others.
///
/// Indexes go before what they list, since no registry then has an index whose children are gone,
/// and some refuse to delete a child first. A subject goes before what refers to it: signatures
/// without an image harm nobody, an image without its signature may be refused where it is pulled.
/// So a list of referrers goes after its subject, and before the referrers that it lists. Where a
/// run ends in between, what is left over has no subject any longer, and goes by
/// [`Scope::untagged`](crate::cleanup::Scope::untagged).
///
/// What a rule has tied to a tag ([`Claims::follow`](crate::cleanup::Claims::follow)) goes after
/// that.
///
/// An index can have its own child for a subject, or a tag can call an index a list of what refers
/// to one of its children: then what it lists decides. Lists that contain each other do not exist,
/// but somebody could claim them: these have the last rank.
pub(super) fn ranks(graph: &Graph, links: &Links, evaluation: &Evaluation) -> Vec<u32> {
    let goes = |id: Id| evaluation.nodes.get(id.index()) == Some(&Verdict::Goes);
    let mut after: HashMap<Id, Vec<Id>> = HashMap::new();
    let tied = evaluation.claims.followers().iter();
    let tied = tied.map(|(one, other)| (graph.tag(*one).node, graph.tag(*other).node));
    for (follower, leader) in tied
        .clone()
        .filter(|(one, other)| goes(*one) && goes(*other))
    {
        after.entry(leader).or_default().push(follower);
    }
    let mut order = Order {
        graph,
        links,
        after,
        ranks: vec![0; graph.nodes().len()],
        waiting: vec![Some((0, 0)); graph.nodes().len()],
    };
    for (id, _) in graph.nodes().filter(|(id, _)| !goes(*id)) {
        order.leave_out(id);
    }
    for (id, _) in graph.nodes().filter(|(id, _)| goes(*id)) {
        order.count(id);
    }
    let mut rank = 0;
    for patience in [Patience::All, Patience::Lists, Patience::Nothing] {
        rank = order.walk(rank, patience);
    }
    // Where only the tag of the leader goes, it does so at first.
    for (follower, leader) in tied.filter(|(one, other)| goes(*one) && !goes(*other)) {
        if let Some(place @ 0) = order.ranks.get_mut(follower.index())
            && follower != leader
        {
            *place = 1;
        }
    }
    order.ranks
}

/// What a manifest waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// All that should go before it.
    All,
    /// The indexes that list it.
    Lists,
    /// Nothing.
    Nothing,
}

struct Order<'g> {
    graph: &'g Graph,
    links: &'g Links,
    /// What a rule wants to go after a manifest.
    after: HashMap<Id, Vec<Id>>,
    ranks: Vec<u32>,
    /// How many indexes that list it, and how many others, go before a manifest, and have no rank
    /// yet; `None` for what has one, or needs none.
    waiting: Vec<Option<(u32, u32)>>,
}

impl Order<'_> {
    fn leave_out(&mut self, id: Id) {
        if let Some(place) = self.waiting.get_mut(id.index()) {
            *place = None;
        }
    }

    /// What waits for a manifest of its own: for being listed, and for others.
    fn followers(&self, id: Id) -> (Vec<Id>, Vec<Id>) {
        let others = |next: &Id| *next != id;
        let children = self.graph.node(id).children.iter().copied();
        let named = self.links.dependents.of(id);
        let named = named.map(|name| self.graph.tag(name).node);
        let after = self.after.get(&id).into_iter().flatten().copied();
        let referrers = self.links.referrers.of(id).chain(named).chain(after);
        (
            children.filter(others).collect(),
            referrers.filter(others).collect(),
        )
    }

    fn count(&mut self, id: Id) {
        let (children, referrers) = self.followers(id);
        for next in children {
            if let Some(Some((lists, _))) = self.waiting.get_mut(next.index()) {
                *lists += 1;
            }
        }
        for next in referrers {
            if let Some(Some((_, others))) = self.waiting.get_mut(next.index()) {
                *others += 1;
            }
        }
    }

    fn is_ready(&self, id: Id, patience: Patience) -> bool {
        let waiting = self.waiting.get(id.index()).copied().flatten();
        waiting.is_some_and(|(lists, others)| match patience {
            Patience::All => lists == 0 && others == 0,
            Patience::Lists => lists == 0,
            Patience::Nothing => true,
        })
    }

    /// Gives ranks from this one on to whatever gets ready. The result is the next rank.
    fn walk(&mut self, mut rank: u32, patience: Patience) -> u32 {
        let all = self.graph.nodes().map(|(id, _)| id);
        let mut ready: Vec<Id> = all.filter(|id| self.is_ready(*id, patience)).collect();
        while !ready.is_empty() {
            for id in &ready {
                self.leave_out(*id);
                if let Some(place) = self.ranks.get_mut(id.index()) {
                    *place = rank;
                }
            }
            let mut next = Vec::new();
            for id in ready {
                let (children, referrers) = self.followers(id);
                for follower in children {
                    if let Some(Some((lists, _))) = self.waiting.get_mut(follower.index()) {
                        *lists = lists.saturating_sub(1);
                        next.push(follower);
                    }
                }
                for follower in referrers {
                    if let Some(Some((_, others))) = self.waiting.get_mut(follower.index()) {
                        *others = others.saturating_sub(1);
                        next.push(follower);
                    }
                }
            }
            next.retain(|id| self.is_ready(*id, patience));
            next.sort_unstable();
            next.dedup();
            ready = next;
            rank += 1;
        }
        rank
    }
}
