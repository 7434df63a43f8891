//! Verdicts in the making.

use super::super::graph::{Content, Graph, Id, Kind, NameId};
use super::super::links::Links;
use super::super::rule::{Claims, Fact};
use super::{Evaluation, Verdict};

/// What is known so far. The first verdict on something stays.
pub(super) struct State<'g> {
    graph: &'g Graph,
    pub(super) links: Links,
    names: Vec<Option<Verdict>>,
    nodes: Vec<Option<Verdict>>,
    /// Whether a manifest belongs to something that is dropped.
    reached: Vec<bool>,
    /// Manifests that stay, and whose needs were not looked at yet.
    queue: Vec<Id>,
}

impl<'g> State<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            links: Links::of(graph),
            names: vec![None; graph.names().len()],
            nodes: vec![None; graph.nodes().len()],
            reached: vec![false; graph.nodes().len()],
            queue: Vec::new(),
        }
    }

    pub(super) fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// Whether a tag that policies are about names a manifest.
    pub(super) fn has_image_tag(&self, node: Id) -> bool {
        let mut names = self.links.names.of(node);
        names.any(|name| self.graph.tag(name).kind == Kind::Image)
    }

    /// The verdict on a manifest that stays.
    pub(super) fn verdict(&self, node: Id) -> Option<Verdict> {
        self.nodes.get(node.index()).copied().flatten()
    }

    /// Whether a manifest belongs to something that is dropped.
    pub(super) fn is_reached(&self, node: Id) -> bool {
        self.reached.get(node.index()).is_some_and(|is| *is)
    }

    /// Whether a manifest goes: nothing needs it.
    pub(super) fn goes(&self, node: Id) -> bool {
        self.is_reached(node)
            && self.verdict(node).is_none()
            && self.graph.node(node).content != Content::Missing
    }

    /// A manifest stays. What it needs does so with the next [`Self::spread`].
    pub(super) fn stay(&mut self, node: Id, verdict: Verdict) {
        if let Some(place @ None) = self.nodes.get_mut(node.index()) {
            *place = Some(verdict);
            self.queue.push(node);
        }
    }

    /// A tag stays, and with it what it names.
    pub(super) fn stay_name(&mut self, name: NameId, verdict: Verdict) {
        if let Some(place) = self.names.get_mut(name.index()) {
            place.get_or_insert(verdict);
        }
        self.stay(self.graph.tag(name).node, verdict);
    }

    /// All tags of a manifest stay.
    pub(super) fn stay_names_of(&mut self, node: Id, verdict: Verdict) {
        for name in self.links.names.of(node) {
            if let Some(place) = self.names.get_mut(name.index()) {
                place.get_or_insert(verdict);
            }
        }
    }

    /// What belongs to manifests that stay does so, too.
    pub(super) fn spread(&mut self) {
        while let Some(node) = self.queue.pop() {
            let needed = Verdict::Needed(node);
            for name in self.links.dependents.of(node) {
                if let Some(place) = self.names.get_mut(name.index()) {
                    place.get_or_insert(needed);
                }
            }
            for next in self.links.below(self.graph, node) {
                if let Some(place @ None) = self.nodes.get_mut(next.index()) {
                    *place = Some(needed);
                    self.queue.push(next);
                }
            }
        }
    }

    /// The tags without any verdict are dropped, and dummies, with or without tags.
    pub(super) fn drop_names(&mut self) {
        for (id, name) in self.graph.names() {
            let is_open = self.names.get(id.index()).is_some_and(Option::is_none);
            if is_open && self.is_dropped_by_itself(name.kind) {
                self.reach(name.node);
            }
        }
        for (id, _) in self.graph.nodes().filter(|(_, node)| node.is_dummy) {
            self.reach(id);
        }
    }

    /// Whether a tag without any verdict goes for itself, and not only with its subject.
    fn is_dropped_by_itself(&self, kind: Kind) -> bool {
        match kind {
            Kind::Image | Kind::Leftover => true,
            Kind::Referrers(subject) | Kind::Cosign(subject) => {
                self.graph.node(subject).content == Content::Missing
            }
            Kind::Cut => false,
        }
    }

    /// A manifest is dropped, and what belongs to it with it, unless something else needs it.
    pub(super) fn reach(&mut self, node: Id) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            if let Some(place @ false) = self.reached.get_mut(node.index()) {
                *place = true;
                stack.extend(self.links.below(self.graph, node));
            }
        }
    }

    /// What nothing has led to stays, with all that it needs.
    pub(super) fn leave_the_rest(&mut self) {
        for (id, node) in self.graph.nodes() {
            if !self.is_reached(id) && node.content != Content::Missing {
                self.stay(id, Verdict::Left);
            }
        }
        self.spread();
    }

    /// Everything else stays.
    pub(super) fn stay_all(&mut self, verdict: Verdict) {
        for place in self.names.iter_mut().chain(&mut self.nodes) {
            place.get_or_insert(verdict);
        }
    }

    /// The verdicts.
    pub(super) fn finish(self, claims: Claims, wanted: Vec<(Id, Fact)>) -> Evaluation {
        let nodes = self.graph.nodes().map(|(id, node)| match self.verdict(id) {
            Some(verdict) => verdict,
            None if node.content == Content::Missing => Verdict::Unknown,
            None => Verdict::Goes,
        });
        let nodes: Vec<Verdict> = nodes.collect();
        let names = self.graph.names().zip(self.names);
        let names = names.map(|((_, name), verdict)| {
            let is_there = self.graph.node(name.node).content != Content::Missing;
            verdict.unwrap_or(match nodes.get(name.node.index()) {
                Some(Verdict::Unknown) | None => Verdict::Unknown,
                Some(_) if is_there => Verdict::Goes,
                Some(_) => Verdict::Unknown,
            })
        });
        let names = names.collect();
        Evaluation {
            names,
            nodes,
            claims,
            wanted,
        }
    }
}
