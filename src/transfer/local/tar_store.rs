//! Blobs that stand somewhere in a tar.

use std::sync::Arc;

use super::flaw::Flaw;
use super::reader::{Opened, Store};
use super::source::{Section, Source, Span};
use crate::oci::Digest;

/// Content of a tar, found by a function.
pub(super) struct TarBlobs<F> {
    source: Arc<dyn Source>,
    find: F,
}

impl<F: Fn(&Digest) -> Result<Option<Span>, Flaw> + Send + Sync> TarBlobs<F> {
    /// The blobs that `find` finds in `source`.
    pub(super) fn new(source: Arc<dyn Source>, find: F) -> Self {
        Self { source, find }
    }
}

impl<F: Fn(&Digest) -> Result<Option<Span>, Flaw> + Send + Sync> Store for TarBlobs<F> {
    fn open(&self, digest: &Digest, from: u64) -> Result<Option<Opened>, Flaw> {
        let Some(span) = (self.find)(digest)? else {
            return Ok(None);
        };
        let content = Section::new(Arc::clone(&self.source), span, from);
        let size = span.size;
        let bytes = Box::new(content);
        Ok(Some(Opened { size, bytes }))
    }
}
