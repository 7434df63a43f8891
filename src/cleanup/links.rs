//! What belongs to a manifest, found from the manifest.

use std::collections::{BTreeSet, HashMap};
use std::iter::successors;

use super::graph::{Graph, Id, Kind, NameId};

/// The links of a graph, the other way round.
pub(super) struct Links {
    /// The tags that name a manifest, of any kind.
    pub(super) names: Lists<NameId>,
    /// The manifests whose subject it is.
    pub(super) referrers: Lists<Id>,
    /// The tags that live and die with it.
    pub(super) dependents: Lists<NameId>,
    listed: Vec<bool>,
}

/// A list for each manifest; none is an allocation of its own.
pub(super) struct Lists<T> {
    heads: Vec<u32>,
    items: Vec<(T, u32)>,
}

/// No place in a list.
const END: u32 = u32::MAX;

impl<T: Copy> Lists<T> {
    fn new(manifests: usize) -> Self {
        Self {
            heads: vec![END; manifests],
            items: Vec::new(),
        }
    }

    fn add(&mut self, to: Id, item: T) {
        let place = u32::try_from(self.items.len()).unwrap_or(END);
        if let Some(head) = self.heads.get_mut(to.index()) {
            self.items.push((item, std::mem::replace(head, place)));
        }
    }

    /// The list of a manifest.
    pub(super) fn of(&self, manifest: Id) -> impl Iterator<Item = T> + '_ {
        let at = |place: u32| self.items.get(place as usize).copied();
        let head = self.heads.get(manifest.index());
        successors(head.and_then(|head| at(*head)), move |(_, next)| at(*next))
            .map(|(item, _)| item)
    }
}

impl Links {
    pub(super) fn of(graph: &Graph) -> Self {
        let manifests = graph.nodes().len();
        let mut links = Self {
            names: Lists::new(manifests),
            referrers: Lists::new(manifests),
            dependents: Lists::new(manifests),
            listed: vec![false; manifests],
        };
        for (id, name) in graph.names() {
            links.names.add(name.node, id);
            if let Kind::Referrers(subject) | Kind::Cosign(subject) = name.kind {
                links.dependents.add(subject, id);
            }
        }
        for (id, node) in graph.nodes() {
            if let Some(subject) = node.subject {
                links.referrers.add(subject, id);
            }
            for child in &node.children {
                if let Some(is_listed) = links.listed.get_mut(child.index()) {
                    *is_listed = true;
                }
            }
        }
        links
    }

    /// Whether an index lists a manifest.
    pub(super) fn is_listed(&self, manifest: Id) -> bool {
        self.listed.get(manifest.index()).is_some_and(|is| *is)
    }

    /// The manifests that live and die with one, unless something else needs them: what it lists,
    /// what refers to it, and what tags made of its digest name.
    pub(super) fn below(&self, graph: &Graph, manifest: Id) -> impl Iterator<Item = Id> {
        let named = self.dependents.of(manifest);
        let children = graph.node(manifest).children.iter().copied();
        children
            .chain(self.referrers.of(manifest))
            .chain(named.map(|name| graph.tag(name).node))
    }
}

/// The indexes that list any of these manifests, at any depth, each with what it lists.
pub(super) fn indexes_of(graph: &Graph, mut known: BTreeSet<Id>) -> Vec<(Id, Id)> {
    if known.is_empty() {
        return Vec::new();
    }
    let mut listed_by: HashMap<Id, Vec<Id>> = HashMap::new();
    for (id, node) in graph.nodes() {
        for child in &node.children {
            listed_by.entry(*child).or_default().push(id);
        }
    }
    let mut next: Vec<Id> = known.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(child) = next.pop() {
        for index in listed_by.get(&child).into_iter().flatten() {
            if known.insert(*index) {
                found.push((*index, child));
                next.push(*index);
            }
        }
    }
    found.sort();
    found
}
