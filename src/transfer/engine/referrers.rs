//! What refers to images, and is moved after them: signatures, SBOMs, attestations.

use std::collections::HashSet;
use std::sync::Arc;

use super::fallback;
use super::job::Job;
use super::sink::Sink;
use super::tasks::Tasks;
use super::tree::Filled;
use crate::oci::{Descriptor, Digest, Manifest, Tag, Target, media_type};
use crate::transfer::error::Error;
use crate::transfer::local::Entry;

/// How long a chain of referrers may be: a signature of an attestation of an image is two.
const MAX_CHAIN: usize = 16;

/// The ends of the tags under which cosign keeps what refers to a manifest.
const COSIGN: [&str; 3] = ["sig", "att", "sbom"];

impl Job {
    /// Moves all that refers to an image, to what it consists of, and to what refers to those.
    /// `order` is that of the image among those of a file.
    pub(super) async fn referrers(
        self: &Arc<Self>,
        root: &Manifest,
        order: (usize, usize),
    ) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut level = self.parts(root.clone()).await?;
        for _ in 0..MAX_CHAIN {
            level.retain(|digest| seen.insert(digest.clone()));
            if level.is_empty() {
                return Ok(());
            }
            let job = Arc::clone(self);
            let subjects = std::mem::take(&mut level);
            let tasks = Tasks::new(self.run.jobs(), subjects.into_iter(), move |subject| {
                let job = Arc::clone(&job);
                async move { job.referrers_of(&subject, order).await }
            });
            level = tasks.all().await?.into_iter().flatten().collect();
        }
        Err(self.hostile(format!(
            "its referrers refer to each other more than {MAX_CHAIN} times"
        )))
    }

    /// The digests of a manifest and of all manifests that it consists of.
    async fn parts(&self, root: Manifest) -> Result<Vec<Digest>, Error> {
        let mut parts = vec![root.digest().clone()];
        let mut seen = HashSet::new();
        // One index is in memory at a time.
        let (mut index, mut indexes) = (root, Vec::new());
        loop {
            for child in index.children() {
                if !seen.insert(child.digest.clone()) {
                    continue;
                }
                self.count()?;
                parts.push(child.digest.clone());
                if media_type::is_index(&child.media_type) {
                    indexes.push(child.clone());
                }
            }
            drop(index);
            let Some(next) = indexes.pop() else {
                return Ok(parts);
            };
            index = self.source.manifest(&next).await?;
        }
    }

    /// Moves what refers to one manifest; what may be referred to next.
    async fn referrers_of(
        self: &Arc<Self>,
        subject: &Digest,
        order: (usize, usize),
    ) -> Result<Vec<Digest>, Error> {
        let found = self.source.referrers(subject).await?;
        let mut next = Vec::new();
        let mut all_listed = true;
        for referrer in &found {
            let stored = Arc::clone(self).child(referrer.clone(), 0).await?;
            all_listed &= stored.is_some_and(|stored| stored.listed);
            next.push(referrer.digest.clone());
            if let Sink::File(files) = &*self.sink {
                let names = Vec::new();
                let descriptor = referrer.clone();
                files.name(order, Entry { names, descriptor });
            }
        }
        if let Sink::Registry(repo) = &*self.sink
            && !all_listed
        {
            self.list(&repo.remote, subject, &found).await?;
        }
        for end in COSIGN {
            let tag = format!("{}-{}.{end}", subject.algorithm().name(), subject.hex());
            // A longer digest makes no tag, and cosign has none for it.
            if let Ok(tag) = tag.parse::<Tag>() {
                next.extend(self.tagged(tag, order).await?);
            }
        }
        Ok(next)
    }

    /// Sees to it that the target lists referrers which it does not list by itself, or did not
    /// say so.
    async fn list(
        &self,
        remote: &crate::oci::Remote,
        subject: &Digest,
        referrers: &[Descriptor],
    ) -> Result<(), Error> {
        let listed = remote.referrers(subject).await?;
        let listed: HashSet<&Digest> = listed.iter().map(|known| &known.digest).collect();
        let missing = referrers.iter().filter(|r| !listed.contains(&r.digest));
        let missing: Vec<Descriptor> = missing.cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        fallback::add(remote, subject, &missing).await
    }

    /// Moves what cosign keeps under a tag, if there is anything.
    async fn tagged(
        self: &Arc<Self>,
        tag: Tag,
        order: (usize, usize),
    ) -> Result<Option<Digest>, Error> {
        let Some(manifest) = self.source.tagged(&tag).await? else {
            return Ok(None);
        };
        self.count()?;
        let at = Target::Tag(tag.clone());
        let digest = manifest.digest();
        if self.run.wishes.no_clobber && self.is_taken(&tag).await? {
            return Ok(None);
        }
        let is_there = match &*self.sink {
            Sink::Registry(repo) => {
                let named = repo.known.named(repo.remote.repository(), &tag, digest);
                named == Some(true) && repo.is_at(&at, digest).await?
            }
            Sink::File(files) => {
                let names = vec![tag.as_str().to_owned()];
                let descriptor = manifest.descriptor();
                files.name(order, Entry { names, descriptor });
                false
            }
        };
        if !is_there && self.fill(&manifest, &at, 0).await? == Filled::Complete {
            self.put(&at, &manifest).await?;
        }
        Ok(Some(manifest.digest().clone()))
    }

    /// Whether the target has something under this tag.
    async fn is_taken(&self, tag: &Tag) -> Result<bool, Error> {
        match &*self.sink {
            Sink::Registry(repo) => {
                let head = repo.remote.head(&Target::Tag(tag.clone())).await?;
                Ok(head.is_some())
            }
            Sink::File(files) => {
                let before = files.before().await?;
                let mut entries = before.iter().flat_map(|reader| reader.entries());
                Ok(entries.any(|entry| entry.names.iter().any(|name| name == tag.as_str())))
            }
        }
    }
}
