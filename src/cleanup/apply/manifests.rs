//! Deletes manifests by digest, rank by rank, in batches.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};

use super::Outcome;
use super::recent::MAX_RECENT;
use super::run::{MAX_DELETIONS, Run};
use crate::cleanup::plan::Step;
use crate::oci::{Manifest, Tag, Target};
use crate::registry;

/// How often each of those that delete at the same time does so before the names are read again:
/// all of them wait for that.
const ROUNDS: usize = 4;

/// Whether a manifest that was to be deleted was there, or why it was not deleted.
type Removed = Result<bool, Outcome>;

impl<'a> Run<'a> {
    /// Does what is left of the plan.
    pub(super) async fn delete_manifests(&mut self) {
        let mut open = VecDeque::from(self.open());
        // What an index lists stays if that was not begun.
        let mut last = u32::MAX;
        while let Some(rank) = open.front().map(|(_, step)| step.rank) {
            // What is begun is finished after a signal where that is a matter of a moment.
            let is_told = self.is_told_to_stop() && self.begun.len() > MAX_DELETIONS;
            if rank > last || self.is_over() || is_told {
                break;
            }
            // After the deadline, what is begun is finished.
            let is_late = self.must_stop(1.0);
            let least = self.brand.deletes_at_once().max(1) * self.jobs;
            let most = self.drift.batch(least);
            let mut batch = Vec::new();
            while batch.len() < most
                && let Some(&(at, step)) = open.front()
                && step.rank == rank
            {
                open.pop_front();
                let is_begun = self.begun.contains_key(&at);
                let has_tags = self.tags_first && !step.tags.is_empty();
                if is_begun || !(is_late || has_tags) {
                    batch.push((at, step));
                } else {
                    last = rank;
                }
            }
            self.delete_batch(batch, &open).await;
        }
        if self.recent.is_unseen()
            && let Err(error) = self.look(&HashSet::new()).await
        {
            self.stop(error);
        }
    }

    /// Looks for what has changed, and finishes what that shows to be unfinished.
    async fn look(&mut self, later: &HashSet<&Tag>) -> Result<(), registry::Error> {
        self.drift.look(later).await?;
        self.bring_back().await;
        self.recent.seen();
        self.finish_dummies().await
    }

    async fn delete_batch(
        &mut self,
        batch: Vec<(usize, &'a Step)>,
        open: &VecDeque<(usize, &'a Step)>,
    ) {
        let later: HashSet<&Tag> = open.iter().flat_map(|(_, step)| &step.tags).collect();
        if let Err(error) = self.look(&later).await {
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
        let most = self.brand.deletes_at_once().max(ROUNDS) * self.jobs;
        let mut allowed = VecDeque::from(self.untag_alone(going).await);
        while !allowed.is_empty() && !self.is_over() {
            if self.recent.is_full()
                && let Err(error) = self.look(&later).await
            {
                return self.stop(error);
            }
            self.delete_group(&mut allowed, most).await;
        }
        self.note();
    }

    /// Deletes some manifests, right after the names were read once more.
    async fn delete_group(&mut self, allowed: &mut VecDeque<(usize, &'a Step)>, most: usize) {
        let mut whole: Vec<(usize, &Step, Option<Manifest>)> = Vec::new();
        let mut bytes = 0;
        while whole.len() < most && bytes < MAX_RECENT && !allowed.is_empty() {
            let some = allowed.len().min(self.jobs).min(most - whole.len());
            let remote = self.brand.remote();
            let ahead = &mut self.ahead;
            let reads = allowed.drain(..some).map(|(at, step)| {
                let known = ahead.take(at);
                async move {
                    let target = Target::Digest(step.digest.clone());
                    let read = match known {
                        Some(known) => Ok(Some(known)),
                        None => remote.manifest(&target).await,
                    };
                    (at, step, read)
                }
            });
            for (at, step, read) in join_all(reads).await {
                match read {
                    Ok(manifest) => {
                        bytes += manifest.as_ref().map_or(0, |one| one.bytes().len());
                        whole.push((at, step, manifest));
                    }
                    Err(error) => self.settle_removal(at, Err(error)).await,
                }
            }
        }
        if let Err(error) = self.drift.glance().await {
            return self.stop(error);
        }
        // What was left out a moment ago may need what was looked at before it.
        let mut certain = Vec::new();
        for (at, step, manifest) in whole {
            match self.drift.objection(step) {
                Some(why) => self.settle(at, Outcome::Skipped(why)).await,
                None => certain.push((at, step, manifest)),
            }
        }
        self.delete(certain).await;
    }

    /// Tags that a manifest has now, as far as the brand says that.
    async fn late_objection(&self, step: &Step) -> Result<Option<String>, registry::Error> {
        let now = self.brand.tags_now(&step.digest).await?;
        let mut now = now.unwrap_or_default().into_iter();
        let new = now.find(|tag| !step.tags.contains(tag) || self.drift.has_removed(tag));
        Ok(new.map(|tag| format!("the tag {tag} names it now")))
    }

    async fn delete(&mut self, steps: Vec<(usize, &'a Step, Option<Manifest>)>) {
        let size = self.brand.deletes_at_once().max(1);
        let mut manifests: HashMap<usize, Manifest> = HashMap::new();
        let mut places = Vec::new();
        for (at, step, manifest) in steps {
            manifests.extend(manifest.map(|manifest| (at, manifest)));
            places.push((at, step));
        }
        let mut over = Vec::new();
        {
            let this = &*self;
            let requests = places.chunks(size).map(|chunk| this.delete_chunk(chunk));
            let mut requests = stream::iter(requests).buffer_unordered(self.jobs);
            while let Some(results) = requests.next().await {
                over.extend(results);
            }
        }
        for (at, step, removed) in over {
            let outcome = match removed {
                // Its tags were there when this run removed them.
                Ok(_) if self.begun.get(&at) == Some(&true) => Outcome::Done,
                Ok(true) => Outcome::Done,
                Ok(false) => Outcome::Gone,
                Err(outcome) => outcome,
            };
            if !matches!(outcome, Outcome::Skipped(_)) {
                // What is said to have failed may be done.
                if let Some(manifest) = manifests.remove(&at) {
                    self.recent.add(at, manifest);
                }
                self.begun.remove(&at);
            }
            if matches!(outcome, Outcome::Done | Outcome::Gone) {
                self.drift.forget(&step.tags);
            }
            self.settle(at, outcome).await;
        }
    }

    /// Deletes these with one request, right after a look at what tags each of them has.
    async fn delete_chunk(&self, steps: &[(usize, &'a Step)]) -> Vec<(usize, &'a Step, Removed)> {
        let looks = steps.iter().map(|(at, step)| async move {
            let late = self.late_objection(step).await;
            (*at, *step, late)
        });
        let looks: Vec<_> = stream::iter(looks).buffered(self.jobs).collect().await;
        let (mut over, mut digests, mut going) = (Vec::new(), Vec::new(), HashMap::new());
        for (at, step, late) in looks {
            match late {
                Ok(None) => {
                    digests.push(step.digest.clone());
                    going.insert(&step.digest, (at, step));
                }
                Ok(Some(why)) => over.push((at, step, Err(Outcome::Skipped(why)))),
                Err(error) => over.push((at, step, Err(Outcome::Failed(error.into())))),
            }
        }
        if digests.is_empty() {
            return over;
        }
        for (digest, removed) in self.brand.delete_all(&digests).await {
            if let Some((at, step)) = going.remove(&digest) {
                let removed = removed.map_err(|error| Outcome::Failed(error.into()));
                over.push((at, step, removed));
            }
        }
        over
    }
}
