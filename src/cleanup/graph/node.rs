//! Manifests.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::id::{BlobId, Id};
use crate::oci::{Digest, Platform};

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
    /// Whether it is what tags were moved to so that they go with it
    /// ([`registry::is_dummy`](crate::registry::is_dummy)): no image.
    pub is_dummy: bool,
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
    /// Whether it is a dummy.
    pub is_dummy: bool,
    /// Whether the config was read, or there is none to read.
    pub with_config: bool,
}

impl Node {
    pub(super) fn new(digest: Digest) -> Self {
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
            is_dummy: false,
            is_asked: false,
            labels: BTreeMap::new(),
            children: Box::default(),
            subject: None,
            blobs: Box::default(),
            length: None,
        }
    }
}
