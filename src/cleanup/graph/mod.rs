//! A repository as it was at one moment: what there is, and what belongs to what.
//!
//! Everything is kept in vectors and referred to by numbers, so that a repository of a million
//! tags takes some hundred bytes for each.

mod id;
mod name;
mod node;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

pub use id::{BlobId, Id, NameId};
pub use name::{Kind, Name};
pub(super) use name::{is_image, referring};
pub use node::{Content, Facts, Node};

use crate::oci::media_type::may_be_index;
use crate::oci::{Digest, Repository, Tag};
use crate::registry::is_referrers_tag;

/// A repository.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Which one.
    pub repository: Repository,
    /// The name of its registry's brand.
    pub brand: String,
    /// When it was looked at: before the first request.
    pub taken: Timestamp,
    /// Whether manifests that no tag leads to are there too: if not, they are not known to be
    /// there, nor not to be.
    pub has_untagged: bool,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    nodes: Vec<Node>,
    names: Vec<Name>,
    blobs: Vec<Blob>,
    by_digest: HashMap<Digest, Id>,
    by_blob: HashMap<u128, BlobId>,
}

/// Something that could not be read. What it may belong to is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What, for people.
    pub what: String,
    /// Why, for people.
    pub why: String,
    /// Whether so little is known that nothing may be deleted: a page of the list is missing.
    /// Otherwise only what the gap is about is kept.
    pub is_fatal: bool,
}

/// A blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Bytes.
    pub size: u64,
}

impl Graph {
    /// A repository in which nothing is known to be yet.
    pub fn new(repository: Repository, brand: impl Into<String>, taken: Timestamp) -> Self {
        Self {
            repository,
            brand: brand.into(),
            taken,
            has_untagged: false,
            gaps: Vec::new(),
            nodes: Vec::new(),
            names: Vec::new(),
            blobs: Vec::new(),
            by_digest: HashMap::new(),
            by_blob: HashMap::new(),
        }
    }

    /// The manifest of this digest, which is made if it is not there yet.
    pub fn add(&mut self, digest: &Digest) -> Id {
        if let Some(id) = self.by_digest.get(digest) {
            return *id;
        }
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node::new(digest.clone()));
        self.by_digest.insert(digest.clone(), id);
        id
    }

    /// A tag. What kind it is is seen by its text, or by what it names.
    pub fn name(&mut self, tag: Tag, node: Id, pushed: Option<Timestamp>) -> NameId {
        let kind = match referring(&tag) {
            _ if self
                .nodes
                .get(node.index())
                .is_some_and(|node| node.is_dummy) =>
            {
                Kind::Leftover
            }
            Some((digest, true)) => Kind::Cosign(self.add(&digest)),
            Some((digest, false)) => Kind::Referrers(self.add(&digest)),
            None if is_referrers_tag(&tag) => Kind::Cut,
            None => Kind::Image,
        };
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(Name {
            tag,
            node,
            pushed,
            kind,
        });
        id
    }

    /// Takes note of what a manifest says.
    pub fn learn(&mut self, id: Id, facts: Facts) {
        let children: Vec<Id> = facts.children.iter().map(|one| self.add(one)).collect();
        let subject = facts.subject.as_ref().map(|subject| self.add(subject));
        let blobs = facts.blobs.iter();
        let blobs: Vec<BlobId> = blobs
            .map(|(digest, size)| self.blob(digest, *size))
            .collect();
        let Some(node) = self.nodes.get_mut(id.index()) else {
            return;
        };
        node.content = match facts.with_config {
            true => Content::ReadWithConfig,
            false => Content::Read,
        };
        node.media_type = facts.media_type.or(node.media_type.take());
        node.artifact_type = facts.artifact_type.or(node.artifact_type.take());
        node.created = node.created.or(facts.created);
        node.length = facts.length.or(node.length);
        node.labels.extend(facts.labels);
        (node.children, node.subject, node.blobs) = (children.into(), subject, blobs.into());
        node.is_dummy = facts.is_dummy;
        if facts.is_dummy {
            let names = self.names.iter_mut().filter(|name| name.node == id);
            names.for_each(|name| name.kind = Kind::Leftover);
        }
    }

    /// Takes note of what a config says: of the manifest itself or, of an index, of its first
    /// image. What an index says itself stays.
    pub fn learn_config(
        &mut self,
        id: Id,
        created: Option<Timestamp>,
        labels: BTreeMap<Box<str>, Box<str>>,
    ) {
        let Some(node) = self.nodes.get_mut(id.index()) else {
            return;
        };
        node.content = Content::ReadWithConfig;
        node.created = node.created.or(created);
        for (key, value) in labels {
            node.labels.entry(key).or_insert(value);
        }
    }

    fn blob(&mut self, digest: &Digest, size: u64) -> BlobId {
        let next = BlobId(u32::try_from(self.blobs.len()).unwrap_or(u32::MAX));
        let id = *self.by_blob.entry(short(digest)).or_insert(next);
        if id == next {
            self.blobs.push(Blob { size });
        }
        id
    }

    /// The manifest of a digest.
    pub fn find(&self, digest: &Digest) -> Option<Id> {
        self.by_digest.get(digest).copied()
    }

    /// The blob of a digest: a config, or a layer.
    pub fn find_blob(&self, digest: &Digest) -> Option<BlobId> {
        self.by_blob.get(&short(digest)).copied()
    }

    /// A manifest.
    ///
    /// # Panics
    /// Never for an [`Id`] of this graph.
    #[expect(clippy::indexing_slicing, reason = "an Id is made by this graph alone")]
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.index()]
    }

    /// A manifest, to take note of something.
    ///
    /// # Panics
    /// Never for an [`Id`] of this graph.
    #[expect(clippy::indexing_slicing, reason = "an Id is made by this graph alone")]
    pub fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// A tag.
    ///
    /// # Panics
    /// Never for a [`NameId`] of this graph.
    #[expect(
        clippy::indexing_slicing,
        reason = "a NameId is made by this graph alone"
    )]
    pub fn tag(&self, id: NameId) -> &Name {
        &self.names[id.index()]
    }

    /// All manifests.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (Id, &Node)> {
        let number = |at| Id(u32::try_from(at).unwrap_or(u32::MAX));
        self.nodes
            .iter()
            .enumerate()
            .map(move |(at, node)| (number(at), node))
    }

    /// All tags, of any kind.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (NameId, &Name)> {
        let number = |at| NameId(u32::try_from(at).unwrap_or(u32::MAX));
        self.names
            .iter()
            .enumerate()
            .map(move |(at, name)| (number(at), name))
    }

    /// What could not be read, and may list any manifest, if there is such a thing.
    pub(super) fn blind_spot(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| {
            node.content == Content::Unreadable
                && node.media_type.as_deref().is_none_or(may_be_index)
        })
    }

    /// The tags that policies are about.
    pub fn images(&self) -> impl Iterator<Item = (NameId, &Name)> {
        self.names().filter(|(_, name)| name.kind == Kind::Image)
    }

    /// Gives back what takes much memory, and serves only to find things, and to judge them.
    pub(super) fn forget(&mut self) {
        self.by_digest = HashMap::new();
        self.by_blob = HashMap::new();
        for node in &mut self.nodes {
            node.labels = BTreeMap::new();
        }
    }

    /// All tags, each in the place of its number.
    pub(super) fn into_names(self) -> Vec<Name> {
        self.names
    }

    /// All blobs.
    pub fn blobs(&self) -> &[Blob] {
        &self.blobs
    }
}

/// 128 bits of a digest: enough to tell blobs apart, where a mistake costs a wrong sum.
fn short(digest: &Digest) -> u128 {
    let digits = digest.hex().get(..32).unwrap_or_default();
    u128::from_str_radix(digits, 16).unwrap_or_default()
}
