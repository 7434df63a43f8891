//! A repository as it was at one moment: what there is, and what belongs to what.
//!
//! Everything is kept in vectors and referred to by numbers, so that a repository of a million
//! tags takes some hundred bytes for each.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::oci::{Algorithm, Digest, Platform, Repository, Tag};
use crate::registry::is_referrers_tag;

/// A manifest of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(u32);

/// A tag of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(u32);

/// A blob of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(u32);

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

/// A tag, and what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The tag.
    pub tag: Tag,
    /// The manifest that it names.
    pub node: Id,
    /// When the tag was written, where the registry says that of tags.
    pub pushed: Option<Timestamp>,
    /// What kind of tag it is.
    pub kind: Kind,
}

/// What a tag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody's name for an image: policies are about these.
    Image,
    /// The list of what refers to a manifest (`sha256-HEX`; OCI distribution specification 1.1,
    /// "Referrers Tag Schema"). It lives and dies with that manifest, and so does what it lists.
    Referrers(Id),
    /// What cosign says of a manifest (`sha256-HEX.sig`, `.att`, `.sbom`), or another tool in the
    /// same manner (regclient's digest tags, `sha256-HEX.ANYTHING`). It lives and dies with that.
    Cosign(Id),
    /// The list of what refers to a manifest whose digest is too long for a tag (SHA-512), and was
    /// cut short there: it cannot be told which. It stays.
    Cut,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its digest.
    pub digest: Digest,
    /// How much is known of it.
    pub content: Content,
    /// Its media type, if it is known.
    pub media_type: Option<Box<str>>,
    /// What kind of artifact it is, if it is known to be no image.
    pub artifact_type: Option<Box<str>>,
    /// Bytes, as the registry's own list counts them.
    pub size: Option<u64>,
    /// When it was written to the registry, where that says it.
    pub pushed: Option<Timestamp>,
    /// When the image was made: by the registry's list, an annotation or the config.
    pub created: Option<Timestamp>,
    /// When it was last pulled, where the registry counts that.
    pub pulled: Option<Timestamp>,
    /// Whether the registry says that it may not be removed.
    pub is_protected: bool,
    /// Whether the registry was asked what refers to it, or has no API for that.
    pub is_asked: bool,
    /// Annotations, and the labels of the config if that was read.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// What an index lists: platforms, attestations, other indexes.
    pub children: Box<[Id]>,
    /// What it refers to (signatures, SBOMs, attestations do).
    pub subject: Option<Id>,
    /// Its config and layers.
    pub blobs: Box<[BlobId]>,
    /// The bytes of the manifest itself, if they are known.
    pub length: Option<u32>,
}

/// How much of a manifest is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// That it is there, or is said to be.
    Named,
    /// All that the manifest says: children, subject, blobs, annotations.
    Read,
    /// What its config says, too.
    ReadWithConfig,
    /// Something names it, and it is not in the repository.
    Missing,
    /// It could not be read; why is in [`Graph::gaps`].
    Unreadable,
}

/// A blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Bytes.
    pub size: u64,
}

/// What a manifest, and its config if that was read, say of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Its media type.
    pub media_type: Option<Box<str>>,
    /// What kind of artifact it is, if it is no image.
    pub artifact_type: Option<Box<str>>,
    /// The bytes of the manifest.
    pub length: Option<u32>,
    /// When the image was made.
    pub created: Option<Timestamp>,
    /// Annotations and labels.
    pub labels: BTreeMap<Box<str>, Box<str>>,
    /// What an index lists.
    pub children: Vec<Digest>,
    /// What it refers to.
    pub subject: Option<Digest>,
    /// Its config and layers, with their sizes in bytes.
    pub blobs: Vec<(Digest, u64)>,
    /// What it runs on, where a config said it.
    pub platform: Option<Platform>,
    /// Whether the config was read, or there is none to read.
    pub with_config: bool,
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

    /// A tag. What kind it is is seen by its text.
    pub fn name(&mut self, tag: Tag, node: Id, pushed: Option<Timestamp>) -> NameId {
        let kind = match referring(&tag) {
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

impl Id {
    /// Its place among [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl NameId {
    /// Its place among [`Graph::names`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl BlobId {
    /// Its place among [`Graph::blobs`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Node {
    fn new(digest: Digest) -> Self {
        Self {
            digest,
            content: Content::Named,
            media_type: None,
            artifact_type: None,
            size: None,
            pushed: None,
            created: None,
            pulled: None,
            is_protected: false,
            is_asked: false,
            labels: BTreeMap::new(),
            children: Box::default(),
            subject: None,
            blobs: Box::default(),
            length: None,
        }
    }
}

/// Whether a tag is somebody's name for an image, by its text.
pub(super) fn is_image(tag: &Tag) -> bool {
    referring(tag).is_none() && !is_referrers_tag(tag)
}

/// What a tag that is no name of an image refers to, and whether it is one of cosign's.
pub(super) fn referring(tag: &Tag) -> Option<(Digest, bool)> {
    let (stem, is_cosign) = match tag.as_str().split_once('.') {
        Some((stem, _)) => (stem, true),
        None => (tag.as_str(), false),
    };
    let (algorithm, hex) = stem.split_once('-')?;
    // A longer digest is cut short in a tag, and cannot be told from it.
    (algorithm == Algorithm::Sha256.name()).then_some(())?;
    let digest = format!("{algorithm}:{hex}").parse().ok()?;
    Some((digest, is_cosign))
}

/// 128 bits of a digest: enough to tell blobs apart, where a mistake costs a wrong sum.
fn short(digest: &Digest) -> u128 {
    let digits = digest.hex().get(..32).unwrap_or_default();
    u128::from_str_radix(digits, 16).unwrap_or_default()
}
