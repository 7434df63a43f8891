//! What was deleted of late, and comes back if something turns out to need it.

use std::collections::{HashMap, VecDeque};

use super::Outcome;
use super::error::Fault;
use super::run::Run;
use crate::oci::{self, Digest, Manifest, Target};

/// How many bytes of manifests are kept in memory at most, beside those that are just being read
/// (eight of 4 MiB): ten thousand of ordinary size.
pub(super) const MAX_RECENT: usize = 32 << 20;

/// Manifests that were read before it was their turn, each with the place of its step. What finds
/// no room is read again.
#[derive(Default)]
pub(super) struct Ahead {
    manifests: HashMap<usize, Manifest>,
    bytes: usize,
}

impl Ahead {
    pub(super) fn add(&mut self, at: usize, manifest: Manifest) {
        let bytes = self.bytes.saturating_add(manifest.bytes().len());
        if bytes <= MAX_RECENT {
            self.bytes = bytes;
            self.manifests.insert(at, manifest);
        }
    }

    pub(super) fn take(&mut self, at: usize) -> Option<Manifest> {
        self.manifests.remove(&at)
    }
}

/// Deleted manifests, each with the place of its step. A push that was under way during a look is
/// seen by a later one: so what has been looked for once stays here as long as there is room.
#[derive(Default)]
pub(super) struct Recent {
    manifests: VecDeque<(usize, Manifest)>,
    bytes: usize,
    /// How many of them, the newest, were deleted after the last look.
    unseen: usize,
}

impl Recent {
    /// Something is being deleted.
    pub(super) fn add(&mut self, at: usize, manifest: Manifest) {
        self.bytes = self.bytes.saturating_add(manifest.bytes().len());
        self.manifests.push_back((at, manifest));
        self.unseen += 1;
        self.shrink();
    }

    /// Whether nothing else should be deleted before another look.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MAX_RECENT
    }

    /// Whether something was deleted after the last look.
    pub(super) fn is_unseen(&self) -> bool {
        self.unseen > 0
    }

    /// There was a look, and what it showed to be needed has come back.
    pub(super) fn seen(&mut self) {
        self.unseen = 0;
        self.shrink();
    }

    /// Takes out one of these.
    fn take(&mut self, wanted: impl Fn(&Digest) -> bool) -> Option<(usize, Manifest)> {
        let mut all = self.manifests.iter();
        let place = all.position(|(_, manifest)| wanted(manifest.digest()))?;
        if place >= self.manifests.len().saturating_sub(self.unseen) {
            self.unseen = self.unseen.saturating_sub(1);
        }
        let (at, manifest) = self.manifests.remove(place)?;
        self.bytes = self.bytes.saturating_sub(manifest.bytes().len());
        Some((at, manifest))
    }

    /// All of them with the places of their steps, the newest first.
    pub(super) fn newest(&self) -> Vec<(usize, Digest)> {
        let newest = self.manifests.iter().rev();
        newest
            .map(|(at, manifest)| (*at, manifest.digest().clone()))
            .collect()
    }

    /// Makes room, of what has been looked for.
    fn shrink(&mut self) {
        while self.is_full()
            && self.manifests.len() > self.unseen
            && let Some((_, oldest)) = self.manifests.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(oldest.bytes().len());
        }
    }
}

impl Run<'_> {
    /// Puts back what was deleted, and is needed by something that came in between.
    pub(super) async fn bring_back(&mut self) {
        loop {
            let drift = &self.drift;
            let found = self.recent.take(|digest| drift.need(digest).is_some());
            let Some((at, manifest)) = found else {
                return;
            };
            let digest = manifest.digest();
            let why = self.drift.need(digest).cloned().unwrap_or_default();
            match self.put(&manifest).await {
                Ok(()) => self.revoke(at, Outcome::Skipped(why.clone())),
                Err(source) => {
                    let subject = self.plan.repository.at(digest.clone());
                    let needed = why.clone();
                    let fault = Fault::NotBack {
                        subject,
                        needed,
                        source: Box::new(source),
                    };
                    self.revoke(at, Outcome::Failed(fault.into()));
                }
            }
            self.drift.keep_again(digest, &why).await;
        }
    }

    /// Puts back one of those that were deleted of late; whether it is there then.
    pub(super) async fn put_recent(&mut self, digest: &Digest) -> Result<bool, oci::Error> {
        let all = self.recent.manifests.iter();
        let mut all = all.map(|(_, manifest)| manifest);
        match all.find(|manifest| manifest.digest() == digest) {
            Some(manifest) => self.put(manifest).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn put(&self, manifest: &Manifest) -> Result<(), oci::Error> {
        let remote = self.brand.remote();
        let target = Target::Digest(manifest.digest().clone());
        if remote.head(&target).await?.is_none() {
            remote.put_manifest(&target, manifest).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{MAX_RECENT, Recent};
    use crate::oci::media_type::OCI_MANIFEST;
    use crate::oci::{Digest, Manifest};

    /// A manifest of a ninth of what there is room for.
    fn manifest(name: char) -> Manifest {
        let config = format!(
            r#"{{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"{}"}}"#,
            Digest::of(b"{}")
        );
        let text = format!(
            r#"{{"schemaVersion":2,"config":{config},"layers":[],"annotations":{{"a":"{}"}}}}"#,
            name.to_string().repeat(MAX_RECENT / 9)
        );
        let digest = Digest::of(text.as_bytes());
        Manifest::parse(Bytes::from(text), digest, Some(OCI_MANIFEST)).unwrap()
    }

    #[test]
    fn what_was_looked_for_makes_room_and_nothing_else_does() {
        let mut recent = Recent::default();
        let places = |recent: &Recent| {
            let all = recent.manifests.iter();
            all.map(|(at, _)| *at).collect::<Vec<_>>()
        };
        for (at, name) in ('a'..='f').enumerate() {
            recent.add(at, manifest(name));
        }
        assert!(!recent.is_full() && recent.is_unseen());
        recent.seen();
        assert!(!recent.is_unseen());
        for (at, name) in ('g'..='p').enumerate() {
            recent.add(6 + at, manifest(name));
        }
        assert!(recent.is_full());
        assert_eq!(places(&recent), (6..16).collect::<Vec<_>>());
        let third = manifest('i');
        let taken = recent.take(|digest| digest == third.digest());
        assert_eq!(taken.map(|(at, _)| at), Some(8));
        assert_eq!(recent.unseen, 9);
        recent.seen();
        assert!(!recent.is_full());
        assert_eq!(recent.newest().len(), 8);
        assert_eq!(recent.newest()[0], (15, manifest('p').digest().clone()));
    }
}
