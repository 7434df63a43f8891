//! Looking at an image without moving it.

use std::sync::Arc;

use super::Wishes;
use super::root::Origin;
use super::run::Run;
use super::source::Source;
use crate::oci::{Descriptor, Digest, Manifest, Platform, Registries};
use crate::transfer::error::Error;
use crate::transfer::place::Place;

/// An image where it is.
pub struct Look {
    source: Source,
    /// Its manifest, or index.
    pub manifest: Manifest,
}

impl Look {
    /// Looks at what a place names; with a platform, at the image for that one.
    ///
    /// # Errors
    /// There is no such image, or it cannot be read.
    pub async fn at(
        place: &Place,
        platform: Option<Platform>,
        registries: Registries,
    ) -> Result<Self, Error> {
        let wishes = Wishes {
            platform,
            ..Wishes::default()
        };
        let run = Run::new(registries, wishes, Arc::new(()));
        let origin = Origin::open(&run, place).await?;
        let manifest = origin.root(&run, false).await?.read(&origin.source).await?;
        Ok(Self {
            source: origin.source,
            manifest,
        })
    }

    /// A manifest that the index lists; `None` when it is not there.
    ///
    /// # Errors
    /// It cannot be read, or is not what the index says.
    pub async fn child(&self, child: &Descriptor) -> Result<Option<Manifest>, Error> {
        match self.source.manifest(child).await {
            Err(Error::Missing { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// The content of a small blob, checked; `None` when it is longer than `limit` bytes.
    ///
    /// # Errors
    /// It cannot be read, or is not what its digest says.
    pub async fn blob(&self, blob: &Descriptor, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        self.source.read(blob, limit).await
    }

    /// What refers to a manifest there.
    ///
    /// # Errors
    /// It cannot be found out.
    pub async fn referrers(&self, digest: &Digest) -> Result<Vec<Descriptor>, Error> {
        self.source.referrers(digest).await
    }
}
