//! Tags that are still listed and name nothing. distribution 2 removes a manifest before it looks
//! for its tags: a deletion that ends half-way leaves these, and one that is written meanwhile.

use std::collections::HashSet;

use super::Outcome;
use super::error::Fault;
use super::run::Run;
use crate::oci::{Digest, Tag, Target};
use crate::registry::{self, Dummy, Sweep};

impl Run<'_> {
    /// Removes such tags where they were to go, and gives others back what they named.
    pub(super) async fn mend(&mut self) {
        if self.brand.sweep() != Sweep::Moved || self.is_over() {
            return;
        }
        let steps = self.plan.steps.iter().flat_map(|step| &step.tags);
        let doomed: HashSet<&Tag> = steps.collect();
        let dangling = self.drift.dangling().iter();
        let (ours, others): (Vec<&Tag>, Vec<&Tag>) = dangling.partition(|tag| doomed.contains(tag));
        let others = others.into_iter().filter(|tag| self.drift.is_fresh(tag));
        let others: Vec<Tag> = others.cloned().collect();
        if let Err(error) = self.remove_dangling(ours).await {
            return self.stop(error);
        }
        if let Err(error) = self.resolve(others).await {
            self.stop(error);
        }
    }

    async fn remove_dangling(&self, tags: Vec<&Tag>) -> Result<(), registry::Error> {
        let Some(first) = tags.first() else {
            return Ok(());
        };
        let remote = self.brand.remote();
        let dummy = Dummy::new(false, &self.plan.repository.tagged((*first).clone()))?;
        dummy.upload(remote).await?;
        for tag in tags {
            if self.drift.now(tag).await?.is_none() {
                let target = Target::Tag(tag.clone());
                remote.put_manifest(&target, dummy.manifest()).await?;
            }
        }
        self.remove_dummy(dummy.manifest().digest()).await
    }

    /// The registry does not say what such a tag should name. It is something that was deleted of
    /// late: one after the other is there again until the tag names it.
    async fn resolve(&mut self, mut tags: Vec<Tag>) -> Result<(), registry::Error> {
        for (at, digest) in self.recent.newest() {
            if tags.is_empty() {
                break;
            }
            // One that cannot be put is not what a tag waits for: it was pushed a moment ago.
            if !self.put_recent(&digest).await.unwrap_or(false) {
                continue;
            }
            match self.named(&mut tags, &digest).await? {
                Some(tag) => {
                    let why = format!("the tag {tag} was written after the plan was made");
                    self.drift.keep(&digest, &why).await;
                }
                None => {
                    if let Err(error) = self.brand.base().delete(&digest).await {
                        self.revoke(at, Outcome::Failed(error.into()));
                    }
                }
            }
        }
        self.bring_back().await;
        if let Some(tag) = tags.into_iter().next() {
            self.stop(Fault::Dangling(self.plan.repository.tagged(tag)));
        }
        Ok(())
    }

    /// Takes out those tags that name something by now; one that names this.
    async fn named(
        &self,
        tags: &mut Vec<Tag>,
        digest: &Digest,
    ) -> Result<Option<Tag>, registry::Error> {
        let mut found = None;
        for tag in std::mem::take(tags) {
            match self.drift.now(&tag).await? {
                Some(now) if now == *digest => found = Some(tag),
                Some(_) => {}
                None => tags.push(tag),
            }
        }
        Ok(found)
    }
}
