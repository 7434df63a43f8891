//! A repository as a document: what was seen once can be looked at again without its registry.

mod error;
mod manifest;

use std::collections::HashSet;
use std::io::{Read, Write};

use jiff::Timestamp;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};

pub use self::error::BadRecord;
use self::manifest::{Blobs, Manifest};
use crate::cleanup::{Gap, Graph, Name};
use crate::oci::{Digest, Repository, Tag};

/// The form of the document.
const VERSION: u32 = 1;

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

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedGap {
    what: String,
    why: String,
    fatal: bool,
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

#[cfg(test)]
mod tests;
