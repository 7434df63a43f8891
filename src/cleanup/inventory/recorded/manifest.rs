//! A manifest of the document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::BadRecord;
use crate::cleanup::{BlobId, Content, Facts, Graph, Node};
use crate::oci::Digest;

/// Blobs in the order in which manifests have them, so that the same repository is the same
/// document.
pub(super) struct Blobs<'g> {
    pub(super) graph: &'g Graph,
    pub(super) order: Vec<BlobId>,
    /// The place of each in that order.
    places: Vec<usize>,
}

impl<'g> Blobs<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
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
pub(super) struct Manifest {
    pub(super) digest: Digest,
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
    dummy: bool,
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

impl Manifest {
    pub(super) fn of(blobs: &Blobs<'_>, node: &Node) -> Self {
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
            dummy: node.is_dummy,
            asked_for_referrers: node.is_asked,
            labels: node.labels.clone(),
            children: node.children.iter().map(|child| digest(*child)).collect(),
            subject: node.subject.map(digest),
            blobs: node.blobs.iter().filter_map(place).collect(),
        }
    }

    pub(super) fn restore(self, graph: &mut Graph, sizes: &[u64]) -> Result<(), BadRecord> {
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
                is_dummy: self.dummy,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_not(flag: &bool) -> bool {
    !flag
}
