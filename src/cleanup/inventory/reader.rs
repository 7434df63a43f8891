//! Manifests and configs of a repository, from the cache or from the registry.

use bytes::Bytes;

use super::cache::Cache;
use super::said::{Said, by_config};
use crate::cleanup::Error;
use crate::error::{Exit, Explain, Failure};
use crate::oci::{self, Descriptor, Digest, Manifest, Remote, Target};
use crate::registry;

/// The largest config that is cached, in bytes: those with long histories have more, and are few.
const MAX_CACHED_CONFIG: usize = 64 * 1024;

/// Who reads them.
pub(super) struct Reader<'b> {
    pub(super) remote: &'b Remote,
    pub(super) cache: Option<Cache>,
}

impl Reader<'_> {
    /// What a manifest says; `None` when the repository does not have it.
    pub(super) async fn manifest(&self, digest: &Digest) -> Result<Option<Said>, oci::Error> {
        if let Some(manifest) = self.cached(digest) {
            return Ok(Some(Said::by(&manifest)));
        }
        let target = Target::Digest(digest.clone());
        let Some(manifest) = self.remote.manifest(&target).await? else {
            return Ok(None);
        };
        if let Some(cache) = &self.cache {
            cache.put(digest, manifest.media_type(), manifest.bytes());
        }
        Ok(Some(Said::by(&manifest)))
    }

    /// Of what is cached only the bytes are checked: with a media type that does not go with them
    /// it counts for nothing.
    fn cached(&self, digest: &Digest) -> Option<Manifest> {
        let found = self.cache.as_ref()?.get(digest)?;
        Manifest::parse(found.bytes, digest.clone(), Some(&found.media_type)).ok()
    }

    /// A config; `None` when it is too long to be read.
    pub(super) async fn config(
        &self,
        config: &Descriptor,
    ) -> Result<Option<ConfigSaid>, registry::Error> {
        let cached = self
            .cache
            .as_ref()
            .and_then(|cache| cache.get(&config.digest));
        if let Some(found) = cached {
            return Ok(Some(by_config(&found.bytes)));
        }
        let Some(bytes) = registry::read(self.remote, config).await? else {
            return Ok(None);
        };
        self.keep(config, &bytes);
        Ok(Some(by_config(&bytes)))
    }

    fn keep(&self, config: &Descriptor, bytes: &Bytes) {
        if let Some(cache) = &self.cache
            && bytes.len() <= MAX_CACHED_CONFIG
        {
            cache.put(&config.digest, &config.media_type, bytes);
        }
    }
}

/// What a config says.
pub(super) type ConfigSaid = (
    Option<jiff::Timestamp>,
    std::collections::BTreeMap<Box<str>, Box<str>>,
);

/// What to say of a failure that leaves a gap.
///
/// # Errors
/// It is one of those with which nothing can be read at all: not authorised, or something that
/// only the user can say is missing.
pub(super) fn survived(error: impl Into<Error>) -> Result<String, Error> {
    let error = error.into();
    match error.exit() {
        Exit::NotAuthorised | Exit::Usage => Err(error),
        _ => Ok(Failure::from(error).message()),
    }
}

/// The same for a failure to read one manifest of a repository that can be read: scanners of some
/// registries block single images with 403.
pub(super) fn survived_by_others(error: oci::Error) -> Result<String, Error> {
    match error {
        oci::Error::Denied { status: 403, .. } => Ok(Failure::from(error).message()),
        error => survived(error),
    }
}
