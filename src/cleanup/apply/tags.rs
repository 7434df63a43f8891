//! Removes tags one by one, where a registry does that best or wants it first.

use std::collections::{HashSet, VecDeque};

use futures_util::{StreamExt as _, stream};

use super::Outcome;
use super::dummies::names_dummy;
use super::run::Run;
use crate::cleanup::plan::Step;
use crate::oci::Tag;
use crate::registry::{self, Brand, Sweep};

/// What became of the tags of a step.
enum Dropped {
    /// They are gone; whether there were any.
    All(bool),
    /// One of them names something else now; what, for people.
    Moved(String),
    Failed(Box<registry::Error>),
}

impl<'a> Run<'a> {
    /// Removes the tags of all manifests that go, and single tags.
    pub(super) async fn drop_tags(&mut self) {
        let open = self.open().into_iter();
        let mut open: VecDeque<_> = open.filter(|(_, step)| !step.tags.is_empty()).collect();
        // The manifests of the steps that are begun take about as long again.
        let share = match self.brand.sweep() {
            Sweep::Tags => 1.0,
            _ => 0.5,
        };
        self.tags_first = true;
        while !open.is_empty() && !self.must_stop(share) {
            let most = self.drift.batch(self.jobs);
            let rank = open.front().map(|(_, step)| step.rank);
            let mut batch = Vec::new();
            // What belongs to an image goes only when it is known that the image does.
            while batch.len() < most
                && let Some(&next) = open.front()
                && Some(next.1.rank) == rank
            {
                open.pop_front();
                batch.push(next);
            }
            self.drop_batch(batch, &open).await;
        }
    }

    async fn drop_batch(
        &mut self,
        batch: Vec<(usize, &'a Step)>,
        open: &VecDeque<(usize, &'a Step)>,
    ) {
        // Each tag of the batch is looked at right before it goes.
        let later = batch.iter().chain(open).flat_map(|(_, step)| &step.tags);
        let later: HashSet<&Tag> = later.collect();
        if let Err(error) = self.drift.look(&later).await {
            return self.stop(error);
        }
        let mut going = Vec::new();
        for (at, step) in batch {
            match self.drift.objection(step) {
                Some(why) => self.settle(at, Outcome::Skipped(why)).await,
                None => going.push((at, step)),
            }
        }
        let going = self.save(going).await;
        let going = self.untag_alone(going).await;
        let brand = self.brand;
        let steps = going.into_iter();
        let steps = steps.map(|(at, step)| async move { (at, step, drop_all(brand, step).await) });
        let mut steps = stream::iter(steps).buffer_unordered(self.jobs);
        while let Some((at, step, dropped)) = steps.next().await {
            match dropped {
                Dropped::All(any) => {
                    self.drift.forget(&step.tags);
                    if self.brand.sweep() == Sweep::Tags {
                        self.settle_removal::<registry::Error>(at, Ok(any)).await;
                    } else {
                        self.begun.insert(at, any);
                    }
                }
                Dropped::Moved(why) => self.settle(at, Outcome::Skipped(why)).await,
                Dropped::Failed(error) => self.settle_removal(at, Err(*error)).await,
            }
        }
        self.note();
    }

    /// Manifests without tags, which the registry collects by itself when what lists them is gone.
    pub(super) async fn leave_untagged(&mut self) {
        if self.must_stop(1.0) {
            return;
        }
        let mut going = Vec::new();
        for (at, step) in self.open() {
            match self.drift.objection(step) {
                Some(why) => self.settle(at, Outcome::Skipped(why)).await,
                None => going.push((at, step)),
            }
        }
        for (at, _) in self.save(going).await {
            self.settle(at, Outcome::Done).await;
        }
    }
}

/// Removes the tags of a step, each after a look at what it names.
async fn drop_all(brand: &dyn Brand, step: &Step) -> Dropped {
    let mut any = false;
    for tag in &step.tags {
        match brand
            .remote()
            .head(&crate::oci::Target::Tag(tag.clone()))
            .await
        {
            Ok(Some(now)) if now.digest != step.digest => {
                match names_dummy(brand.remote(), &now.digest).await {
                    Ok(true) => {}
                    Ok(false) => {
                        return Dropped::Moved(format!("the tag {tag} now names {}", now.digest));
                    }
                    Err(error) => return Dropped::Failed(Box::new(error.into())),
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => continue,
            Err(error) => return Dropped::Failed(Box::new(error.into())),
        }
        match brand.drop_tag(tag).await {
            Ok(removed) => any |= removed,
            Err(error) => return Dropped::Failed(Box::new(error)),
        }
    }
    Dropped::All(any)
}
