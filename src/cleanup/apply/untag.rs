//! Removes a tag alone, and gives one back.

use super::Outcome;
use super::dummies::names_dummy;
use super::run::Run;
use crate::cleanup::plan::{Action, Step};
use crate::oci::{self, Tag, Target};

impl<'a> Run<'a> {
    /// Removes the tags that go alone; the other steps.
    pub(super) async fn untag_alone(
        &mut self,
        steps: Vec<(usize, &'a Step)>,
    ) -> Vec<(usize, &'a Step)> {
        let alone = |(_, step): &(usize, &Step)| step.action == Action::Untag;
        let (alone, others): (Vec<_>, Vec<_>) = steps.into_iter().partition(alone);
        for (at, step) in alone {
            self.untag(at, step).await;
        }
        others
    }

    /// Removes the tag of a manifest that stays.
    async fn untag(&mut self, at: usize, step: &Step) {
        let Some(tag) = step.tags.first() else {
            return self.settle(at, Outcome::Gone).await;
        };
        match self.drift.now(tag).await {
            Ok(Some(now)) if now != step.digest => {
                match names_dummy(self.brand.remote(), &now).await {
                    Ok(true) => {}
                    Ok(false) => {
                        let why = format!("the tag {tag} now names {now}");
                        return self.settle(at, Outcome::Skipped(why)).await;
                    }
                    Err(error) => return self.settle_removal(at, Err(error)).await,
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => return self.settle(at, Outcome::Gone).await,
            Err(error) => return self.settle_removal(at, Err(error)).await,
        }
        let removed = self.brand.untag(tag).await;
        if removed.is_ok() {
            self.drift.forget([tag]);
        }
        self.settle_removal(at, removed).await;
    }

    /// Names a tag what it named before.
    pub(super) async fn put_back(&self, tag: &Tag, step: &Step) -> Result<(), oci::Error> {
        let remote = self.brand.remote();
        let original = Target::Digest(step.digest.clone());
        if let Some(original) = remote.manifest(&original).await? {
            let target = Target::Tag(tag.clone());
            remote.put_manifest(&target, &original).await?;
        }
        Ok(())
    }
}
