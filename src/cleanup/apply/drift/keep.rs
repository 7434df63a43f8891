//! What belongs to something that stays.

use futures_util::{StreamExt as _, stream};

use super::Drift;
use crate::cleanup::plan::{Plan, Step};
use crate::error::Failure;
use crate::oci::{Digest, Manifest, Target};
use crate::registry::{is_doomed_list, is_dummy};

impl Drift<'_> {
    /// Keeps a manifest with all that it lists, to any depth, and the subjects of all that.
    pub(in crate::cleanup::apply) async fn keep(&mut self, digest: &Digest, why: &str) {
        let mut next = vec![digest.clone()];
        while !next.is_empty() {
            next.retain(|digest| !self.needed.contains_key(digest));
            for digest in &next {
                self.needed.insert(digest.clone(), why.to_owned());
            }
            let remote = self.brand.remote();
            let reads = next.drain(..).map(|digest| async move {
                let manifest = remote.manifest(&Target::Digest(digest.clone())).await;
                (digest, manifest)
            });
            let reads = stream::iter(reads).buffer_unordered(self.jobs);
            let reads: Vec<_> = reads.collect().await;
            for (digest, read) in reads {
                match read {
                    // What tags are moved to so that they go needs nothing, and nobody it; nor does
                    // what is being removed need to stay for the list of it.
                    Ok(Some(manifest))
                        if is_dummy(&manifest.annotations) || is_doomed_list(&manifest) =>
                    {
                        self.needed.remove(&digest);
                        self.dummies.insert(digest);
                    }
                    Ok(Some(manifest)) => next.extend(needs(&manifest)),
                    Ok(None) => {}
                    Err(error) => {
                        let why = Failure::from(error).message();
                        self.blind
                            .get_or_insert_with(|| format!("{digest} could not be read: {why}"));
                    }
                }
            }
        }
    }

    /// Keeps what belongs to a manifest that stays although it was to go: what it lists, and what
    /// refers to it. Tags that say something of it stay by [`Self::objection`].
    pub(in crate::cleanup::apply) async fn keep_whole(&mut self, digest: &Digest, why: &str) {
        self.keep(digest, why).await;
        match self.brand.remote().referrers(digest).await {
            Ok(referrers) => {
                for one in referrers {
                    self.keep(&one.digest, why).await;
                }
            }
            Err(error) => {
                let why = Failure::from(error).message();
                self.blind.get_or_insert_with(|| {
                    format!("what refers to {digest} could not be listed: {why}")
                });
            }
        }
    }

    /// Keeps what says something about the tags of a step that stays although it was to go.
    pub(in crate::cleanup::apply) async fn keep_followers(
        &mut self,
        step: &Step,
        plan: &Plan,
        why: &str,
    ) {
        let about = |other: &&Step| {
            let leader = other.after.as_ref();
            leader.is_some_and(|tag| step.tags.contains(tag))
        };
        for follower in plan.steps.iter().filter(about) {
            self.keep(&follower.digest, why).await;
        }
    }

    /// Keeps again what a manifest needs that has come back.
    pub(in crate::cleanup::apply) async fn keep_again(&mut self, digest: &Digest, why: &str) {
        self.needed.remove(digest);
        self.keep(digest, why).await;
    }
}

/// What a manifest cannot do without.
fn needs(manifest: &Manifest) -> impl Iterator<Item = Digest> {
    let children = manifest.children().iter().chain(&manifest.subject);
    children.map(|one| one.digest.clone())
}
