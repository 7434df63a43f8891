//! What ties images to git.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gix::ObjectId;

use super::commits::Commits;
use super::error::Error;
use super::revision;
use super::rule::{Inner, NAME, title};
use super::selection::Selection;
use super::settings::Others;
use super::template::{Named, Reading};
use crate::cleanup::graph::{Content, Graph, Id, Name, NameId, Node};
use crate::cleanup::rule::{Claims, Fact, Root};

/// The images that are tied to commits. What is kept whatever its commit is was said before.
#[derive(Default)]
pub(super) struct Ties {
    /// The commits of each manifest, as far as the clone has them.
    pub(super) commits: BTreeMap<Id, BTreeSet<ObjectId>>,
    /// By the place of a change request: what is tied to it, by the digits of commits.
    pub(super) requests: BTreeMap<usize, BTreeMap<String, Vec<Root>>>,
}

/// What the tag of an image says.
#[derive(Default)]
struct Tag {
    is_read: bool,
    is_kept: bool,
}

impl Ties {
    /// Finds out what ties images to git: the texts of their tags; and of those that no tag ties to
    /// a commit, and that nothing keeps by its name, the revision that they name. What a name keeps
    /// does not depend on what happens to be known of other images.
    pub(super) fn of(
        inner: &Inner,
        graph: &Graph,
        selection: &Selection,
        commits: &mut Commits,
        claims: &mut Claims,
    ) -> Result<Self, Error> {
        let mut ties = Self::default();
        let mut tags: HashMap<NameId, Tag> = HashMap::new();
        for (id, name) in graph.images() {
            let tag = ties.read(inner, (id, name), selection, commits, claims)?;
            tags.insert(id, tag);
        }
        let by_tags: BTreeSet<Id> = ties.commits.keys().copied().collect();
        for (id, name) in graph.images() {
            let tag = tags.remove(&id).unwrap_or_default();
            if tag.is_kept || by_tags.contains(&name.node) {
                continue;
            }
            let is_tied = ties.revise(inner, graph, (id, name), commits, claims)?;
            if !is_tied && !tag.is_read && inner.others == Others::Keep {
                let reason = claims.reason(NAME, "nothing ties it to git");
                claims.keep(Root::Name(id), reason);
            }
        }
        Ok(ties)
    }

    /// By the text of a tag.
    fn read(
        &mut self,
        inner: &Inner,
        (id, name): (NameId, &Name),
        selection: &Selection,
        commits: &mut Commits,
        claims: &mut Claims,
    ) -> Result<Tag, Error> {
        let mut tag = Tag::default();
        for reading in inner.readings(name.tag.as_str()) {
            tag.is_read = true;
            let request = reading.number.and_then(|number| inner.request(number));
            match (reading.sha, request) {
                (Some(digits), Some(at)) => self.request(at, digits, Root::Name(id)),
                (None, Some(at)) if selection.requests.get(at).copied().flatten().is_some() => {
                    tag.is_kept = true;
                    let number = reading.number.unwrap_or_default();
                    let reason = claims.reason(NAME, format!("change request {number}"));
                    claims.keep(Root::Name(id), reason);
                }
                _ => {}
            }
            match reading.sha {
                Some(digits) => self.commit(inner, digits, name.node, Root::Name(id), commits)?,
                None => {
                    for what in inner.living(&reading, selection) {
                        tag.is_kept = true;
                        let reason = claims.reason(NAME, what);
                        claims.keep(Root::Name(id), reason);
                    }
                }
            }
        }
        Ok(tag)
    }

    /// By the revision that the image names. Whether it may be tied by it.
    fn revise(
        &mut self,
        inner: &Inner,
        graph: &Graph,
        (id, name): (NameId, &Name),
        commits: &mut Commits,
        claims: &mut Claims,
    ) -> Result<bool, Error> {
        let node = graph.node(name.node);
        let origin = inner.history.origin.as_deref();
        match revision::of(&node.labels, origin) {
            Some(digits) => {
                self.commit(inner, &digits, name.node, Root::Name(id), commits)?;
                Ok(true)
            }
            None => Ok(wanted(node, (id, name.node), claims)),
        }
    }

    fn commit(
        &mut self,
        inner: &Inner,
        digits: &str,
        node: Id,
        root: Root,
        commits: &mut Commits,
    ) -> Result<(), Error> {
        let found = commits.find(digits)?;
        if !found.is_empty() {
            self.commits.entry(node).or_default().extend(found);
        }
        for (at, request) in inner.requests.iter().enumerate() {
            if request.has(digits) {
                self.request(at, digits, root);
            }
        }
        Ok(())
    }

    fn request(&mut self, at: usize, digits: &str, root: Root) {
        let images = self.requests.entry(at).or_default();
        images.entry(digits.to_owned()).or_default().push(root);
    }
}

/// Asks for what may still say a revision. Whether it does not say none: what cannot be read is
/// kept.
fn wanted(node: &Node, (name, id): (NameId, Id), claims: &mut Claims) -> bool {
    match node.content {
        Content::Named => claims.want(id, Fact::Manifest),
        Content::Read => claims.want(id, Fact::Config),
        Content::Missing | Content::Unreadable => {
            let reason = claims.reason(NAME, "it cannot be read of which commit it is");
            claims.keep(Root::Name(name), reason);
        }
        Content::ReadWithConfig => return false,
    }
    true
}

impl Inner {
    /// All ways to read a tag, by all templates.
    pub(super) fn readings<'t>(&self, tag: &'t str) -> Vec<Reading<'t>> {
        let is_name = |kind: Named, name: &str| self.names.contains_key(&(kind, name.to_owned()));
        let readings = self.templates.iter();
        readings
            .flat_map(|template| template.read(tag, &is_name))
            .collect()
    }

    /// The place of an open change request.
    pub(super) fn request(&self, number: u64) -> Option<usize> {
        let mut requests = self.requests.iter();
        requests.position(|request| request.number == number)
    }

    /// The selected references that a tag names.
    fn living(&self, reading: &Reading<'_>, selection: &Selection) -> Vec<String> {
        let mut living = Vec::new();
        for (kind, name) in &reading.names {
            let named = self.names.get(&(*kind, (*name).to_owned()));
            for at in named.into_iter().flatten() {
                let is_selected = selection.references.get(*at).copied().flatten().is_some();
                if let Some(reference) = self.history.references.get(*at)
                    && is_selected
                {
                    living.push(title(reference));
                }
            }
        }
        living
    }
}
