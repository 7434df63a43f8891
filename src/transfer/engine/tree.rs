//! The tree of an image: indexes, the manifests that they list, their blobs. Parents come after
//! their children.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::blob::Arrival;
use super::job::Job;
use super::sink::Sink;
use super::tasks::Tasks;
use crate::oci::{Descriptor, Digest, Manifest, ManifestContent, Stored, Target};
use crate::transfer::error::Error;
use crate::transfer::progress::Event;

/// How deep indexes may be nested; two levels have been seen.
pub(super) const MAX_DEPTH: usize = 8;

/// The size of an empty JSON object, in bytes. As a config it is that of most artifacts (OCI
/// image specification, manifest.md, "Guidance for an Empty Descriptor"), and says nothing of
/// any of them.
const EMPTY: u64 = 2;

/// What became of all that a manifest refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// It is in the target.
    Complete,
    /// The manifest itself is there already, under its name.
    There,
}

impl Job {
    /// Sees to it that the target has all that a manifest refers to, which is to be put `at` its
    /// name.
    pub(super) fn fill<'a>(
        self: &'a Arc<Self>,
        manifest: &'a Manifest,
        at: &'a Target,
        depth: usize,
    ) -> BoxFuture<'a, Result<Filled, Error>> {
        match &manifest.content {
            ManifestContent::Index(children) => self.children(children, depth).boxed(),
            ManifestContent::Image { config, .. } => {
                let config = config.as_deref().filter(|config| config.size > EMPTY);
                self.blobs(manifest, config, at).boxed()
            }
        }
    }

    async fn children(
        self: &Arc<Self>,
        children: &[Descriptor],
        depth: usize,
    ) -> Result<Filled, Error> {
        if depth >= MAX_DEPTH {
            let reason = format!("its indexes are nested more than {MAX_DEPTH} deep");
            return Err(self.hostile(reason));
        }
        let mut seen = HashSet::new();
        let unique = children.iter().filter(|child| seen.insert(&child.digest));
        let unique: Vec<Descriptor> = unique.cloned().collect();
        let job = Arc::clone(self);
        let tasks = Tasks::new(self.run.jobs(), unique.into_iter(), move |child| {
            Arc::clone(&job).child(child, depth + 1)
        });
        tasks.all().await.map(|_| Filled::Complete)
    }

    /// Moves a manifest with all that it refers to. What the target said when it was put; `None`
    /// when it was there.
    pub(super) fn child(
        self: Arc<Self>,
        child: Descriptor,
        depth: usize,
    ) -> BoxFuture<'static, Result<Option<Stored>, Error>> {
        async move {
            self.count()?;
            let at = Target::Digest(child.digest.clone());
            if let Sink::Registry(repo) = &*self.sink
                && (repo.has(&child.digest)
                    || repo.remembers(&child.digest) && repo.is_at(&at, &child.digest).await?)
            {
                return Ok(None);
            }
            let weight = self.run.weigh(child.size).await;
            let manifest = match self.sink.own(&child).await? {
                Some(manifest) => manifest,
                None => self.source.manifest(&child).await?,
            };
            // An index waits for others, which have to be weighed too: so one at each depth.
            let _held = match manifest.content {
                ManifestContent::Image { .. } => (weight, None),
                ManifestContent::Index(_) => {
                    drop(weight);
                    (None, self.run.nest(depth).await)
                }
            };
            match self.fill(&manifest, &at, depth).await? {
                Filled::There => Ok(None),
                Filled::Complete => self.put(&at, &manifest).await.map(Some),
            }
        }
        .boxed()
    }

    /// Moves the blobs of an image, the config first: where the target has that, it was probably
    /// given the whole image before.
    async fn blobs(
        self: &Arc<Self>,
        manifest: &Manifest,
        config: Option<&Descriptor>,
        at: &Target,
    ) -> Result<Filled, Error> {
        let (mut seen, mut claims) = (HashSet::new(), Vec::new());
        for blob in manifest.blobs() {
            let is_known = |digest: &Digest| match &*self.sink {
                Sink::Registry(repo) => repo.has(digest),
                Sink::File(_) => false,
            };
            if !seen.insert(&blob.digest) || is_known(&blob.digest) {
                continue;
            }
            let claim = self.run.slots.claim(&self.sink.host(), &blob.digest);
            if claim.is_first {
                self.run.progress.event(Event::Found(blob));
            }
            claims.push((claim, blob.clone()));
        }
        let job = Arc::clone(self);
        let mut tasks = Tasks::new(self.run.jobs(), claims.into_iter(), move |(claim, blob)| {
            let job = Arc::clone(&job);
            async move {
                let arrival = job.blob(&claim, &blob).await?;
                Ok((blob.digest, arrival))
            }
        });
        let (mut filled, mut failure) = (Filled::Complete, None);
        while let Some(outcome) = tasks.next().await {
            let outcome = match outcome {
                Ok((digest, Arrival::Found)) if config.is_some_and(|c| c.digest == digest) => {
                    self.is_there(manifest, at).await
                }
                other => other.map(|_| false),
            };
            match outcome {
                Ok(false) => {}
                Ok(true) => filled = Filled::There,
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
            if filled == Filled::There || failure.is_some() {
                for (claim, blob) in tasks.stop() {
                    if claim.is_first {
                        self.run.progress.event(Event::Present(&blob));
                    }
                }
            }
        }
        // What is there is there, whatever became of its parts.
        match failure.filter(|_| filled == Filled::Complete) {
            Some(error) => Err(error),
            None => Ok(filled),
        }
    }

    /// Whether a registry has a manifest under its name.
    async fn is_there(&self, manifest: &Manifest, at: &Target) -> Result<bool, Error> {
        match &*self.sink {
            Sink::Registry(repo) if !self.is_new => repo.is_at(at, manifest.digest()).await,
            _ => Ok(false),
        }
    }
}
