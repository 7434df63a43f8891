//! A repository as a document: what was seen once can be looked at again without its registry.

use std::collections::{BTreeMap, HashSet};
use std::io::{Read, Write};

use jiff::Timestamp;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::cleanup::{BlobId, Content, Facts, Gap, Graph, Name, Node};
use crate::error::Explain;
use crate::oci::{Digest, Repository, Tag};

/// The form of the document.
const VERSION: u32 = 1;

/// A document that is no recorded repository.
#[derive(Debug, thiserror::Error)]
pub enum BadRecord {
    /// It is not JSON of this form, or cannot be read.
    #[error("not a recorded inventory: {0}")]
    Json(#[from] serde_json::Error),
    /// A form that this program does not know.
    #[error("a recorded inventory of version {0}, of which nothing is known")]
    Version(u32),
    /// A manifest that comes twice.
    #[error("a recorded inventory that describes {0} twice")]
    Manifest(Digest),
    /// A tag that comes twice.
    #[error("a recorded inventory that has the tag {0} twice")]
    Tag(Tag),
    /// A blob that is not in its list.
    #[error("a recorded inventory in which {digest} has the blob {blob} of {count}")]
    Blob {
        /// Whose.
        digest: Digest,
        /// Which one.
        blob: usize,
        /// How many there are.
        count: usize,
    },
}

impl Explain for BadRecord {
    fn hint(&self) -> Option<String> {
        let record = "record the inventory again with `dockside cleanup --inventory FILE`";
        Some(record.to_owned())
    }
}

/// The document, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    repository: Repository,
    brand: String,
    taken: Timestamp,
    has_untagged: bool,
    #[serde(default)]
    gaps: Vec<RecordedGap>,
    /// The bytes of each blob.
    #[serde(default)]
    blobs: Vec<u64>,
    manifests: Vec<Manifest>,
    tags: Vec<Named>,
}

/// The same, as it is written: nothing of it is copied.
#[derive(Serialize)]
struct Written<'g> {
    version: u32,
    repository: &'g Repository,
    brand: &'g str,
    taken: Timestamp,
    has_untagged: bool,
    gaps: Vec<RecordedGap>,
    #[serde(serialize_with = "blobs")]
    blobs: &'g Blobs<'g>,
    #[serde(serialize_with = "manifests")]
    manifests: &'g Blobs<'g>,
    #[serde(serialize_with = "tags")]
    tags: &'g Graph,
}

/// Blobs in the order in which manifests have them, so that the same repository is the same
/// document.
struct Blobs<'g> {
    graph: &'g Graph,
    order: Vec<BlobId>,
    /// The place of each in that order.
    places: Vec<usize>,
}

impl<'g> Blobs<'g> {
    fn of(graph: &'g Graph) -> Self {
        let mut order = Vec::with_capacity(graph.blobs().len());
        let mut places = vec![usize::MAX; graph.blobs().len()];
        for blob in graph.nodes().flat_map(|(_, node)| node.blobs.iter()) {
            if let Some(place) = places.get_mut(blob.index())
                && *place == usize::MAX
            {
                *place = order.len();
                order.push(*blob);
            }
        }
        Self {
            graph,
            order,
            places,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedGap {
    what: String,
    why: String,
    fatal: bool,
}

/// How much of a manifest is known, as [`Content`].
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Named,
    Read,
    ReadWithConfig,
    Missing,
    Unreadable,
}

/// A manifest.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    digest: Digest,
    content: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact_type: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pulled: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_not")]
    protected: bool,
    #[serde(default, skip_serializing_if = "is_not")]
    asked_for_referrers: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<Box<str>, Box<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Digest>,
    /// Places among the document's blobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blobs: Vec<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    tag: Tag,
    digest: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pushed: Option<Timestamp>,
}

impl Graph {
    /// Writes it down, piece by piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn to_recorded(&self, out: impl Write) -> serde_json::Result<()> {
        let gaps = self.gaps.iter().map(|gap| RecordedGap {
            what: gap.what.clone(),
            why: gap.why.clone(),
            fatal: gap.is_fatal,
        });
        let blobs = Blobs::of(self);
        let written = Written {
            version: VERSION,
            repository: &self.repository,
            brand: &self.brand,
            taken: self.taken,
            has_untagged: self.has_untagged,
            gaps: gaps.collect(),
            blobs: &blobs,
            manifests: &blobs,
            tags: self,
        };
        serde_json::to_writer(out, &written)
    }

    /// What was written down.
    ///
    /// # Errors
    /// It cannot be read, or is something else.
    pub fn from_recorded(input: impl Read) -> Result<Self, BadRecord> {
        let document: Document = serde_json::from_reader(input)?;
        if document.version != VERSION {
            return Err(BadRecord::Version(document.version));
        }
        let mut graph = Self::new(document.repository, document.brand, document.taken);
        graph.has_untagged = document.has_untagged;
        let gaps = document.gaps.into_iter().map(|gap| Gap {
            what: gap.what,
            why: gap.why,
            is_fatal: gap.fatal,
        });
        graph.gaps = gaps.collect();
        let mut seen = HashSet::new();
        for manifest in &document.manifests {
            if !seen.insert(graph.add(&manifest.digest)) {
                return Err(BadRecord::Manifest(manifest.digest.clone()));
            }
        }
        for manifest in document.manifests {
            manifest.restore(&mut graph, &document.blobs)?;
        }
        let mut seen = HashSet::new();
        for Named {
            tag,
            digest,
            pushed,
        } in document.tags
        {
            if !seen.insert(tag.clone()) {
                return Err(BadRecord::Tag(tag));
            }
            let id = graph.add(&digest);
            graph.name(tag, id, pushed);
        }
        Ok(graph)
    }
}

impl Manifest {
    fn of(blobs: &Blobs<'_>, node: &Node) -> Self {
        let digest = |id| blobs.graph.node(id).digest.clone();
        let place = |blob: &BlobId| blobs.places.get(blob.index()).copied();
        Self {
            digest: node.digest.clone(),
            content: State::of(node.content),
            media_type: node.media_type.clone(),
            artifact_type: node.artifact_type.clone(),
            size: node.size,
            length: node.length,
            pushed: node.pushed,
            created: node.created,
            pulled: node.pulled,
            protected: node.is_protected,
            asked_for_referrers: node.is_asked,
            labels: node.labels.clone(),
            children: node.children.iter().map(|child| digest(*child)).collect(),
            subject: node.subject.map(digest),
            blobs: node.blobs.iter().filter_map(place).collect(),
        }
    }

    fn restore(self, graph: &mut Graph, sizes: &[u64]) -> Result<(), BadRecord> {
        let mut blobs = Vec::with_capacity(self.blobs.len());
        for blob in self.blobs {
            let bad = || BadRecord::Blob {
                digest: self.digest.clone(),
                blob,
                count: sizes.len(),
            };
            let size = sizes.get(blob).ok_or_else(bad)?;
            // All that counts of a blob's digest is that it is another one than those of others.
            let digest = format!("sha256:{blob:032x}{:032x}", 0).parse();
            blobs.push((digest.map_err(|_| bad())?, *size));
        }
        let id = graph.add(&self.digest);
        graph.learn(
            id,
            Facts {
                media_type: self.media_type,
                artifact_type: self.artifact_type,
                length: self.length,
                created: self.created,
                labels: self.labels,
                children: self.children,
                subject: self.subject,
                blobs,
                platform: None,
                with_config: false,
            },
        );
        let node = graph.node_mut(id);
        node.content = self.content.content();
        node.size = self.size;
        node.pushed = self.pushed;
        node.pulled = self.pulled;
        node.is_protected = self.protected;
        node.is_asked = self.asked_for_referrers;
        Ok(())
    }
}

impl State {
    fn of(content: Content) -> Self {
        match content {
            Content::Named => Self::Named,
            Content::Read => Self::Read,
            Content::ReadWithConfig => Self::ReadWithConfig,
            Content::Missing => Self::Missing,
            Content::Unreadable => Self::Unreadable,
        }
    }

    fn content(self) -> Content {
        match self {
            Self::Named => Content::Named,
            Self::Read => Content::Read,
            Self::ReadWithConfig => Content::ReadWithConfig,
            Self::Missing => Content::Missing,
            Self::Unreadable => Content::Unreadable,
        }
    }
}

fn blobs<S: Serializer>(blobs: &&Blobs<'_>, out: S) -> Result<S::Ok, S::Error> {
    let sizes = blobs.order.iter();
    let sizes = sizes.filter_map(|blob| blobs.graph.blobs().get(blob.index()));
    out.collect_seq(sizes.map(|blob| blob.size))
}

fn manifests<S: Serializer>(blobs: &&Blobs<'_>, out: S) -> Result<S::Ok, S::Error> {
    let nodes = blobs.graph.nodes();
    let mut list = out.serialize_seq(Some(nodes.len()))?;
    for (_, node) in nodes {
        list.serialize_element(&Manifest::of(blobs, node))?;
    }
    list.end()
}

fn tags<S: Serializer>(graph: &&Graph, out: S) -> Result<S::Ok, S::Error> {
    let named = |name: &Name| Named {
        tag: name.tag.clone(),
        digest: graph.node(name.node).digest.clone(),
        pushed: name.pushed,
    };
    out.collect_seq(graph.names().map(|(_, name)| named(name)))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_not(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests;
