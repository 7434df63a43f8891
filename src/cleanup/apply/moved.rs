//! Removes many tags at once where a registry removes manifests only, and reads all tags of the
//! repository for each (distribution 2.x): they are moved to one manifest that exists nowhere
//! else, and go with it. The manifests that they named have no tags then, and few tags are left to
//! be read for each of these.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::{StreamExt as _, stream};

use super::Outcome;
use super::dummies::names_dummy;
use super::error::Fault;
use super::journal::Line;
use super::recent::Ahead;
use super::run::Run;
use crate::cleanup::plan::{Action, Step};
use crate::oci::media_type::{DOCKER_LIST, DOCKER_MANIFEST};
use crate::oci::{Digest, Manifest, Remote, Tag, Target};
use crate::registry::{self, Dummy};

/// How many tags are moved at the same time: distribution waits for its disk at each, and moved
/// 1,700 in a second so.
const MOVES: usize = 32;

/// What became of the tags of a step.
enum Move {
    /// They name the dummy; whether there were any, and what they named, if that was read.
    All(bool, Option<Box<Manifest>>),
    /// One of them names something else now; what, for people.
    Other(String),
    Failed(Box<registry::Error>),
    /// It was not begun.
    Not,
}

impl<'a> Run<'a> {
    /// Removes the tags of all manifests that go, and single tags.
    pub(super) async fn move_tags(&mut self) {
        self.tags_first = true;
        let open = self.open().into_iter();
        let open: Vec<_> = open.filter(|(_, step)| !step.tags.is_empty()).collect();
        let Some((_, first)) = open.first().copied() else {
            return;
        };
        // Each of these tags is looked at right before it is moved.
        let later: HashSet<&Tag> = open.iter().flat_map(|(_, step)| &step.tags).collect();
        if let Err(error) = self.drift.look(&later).await {
            return self.stop(error);
        }
        let mut going = Vec::new();
        for (at, step) in open {
            match self.drift.objection(step) {
                Some(why) => self.settle(at, Outcome::Skipped(why)).await,
                None => going.push((at, step)),
            }
        }
        let going = self.save(going).await;
        let docker = |kind: &String| matches!(kind.as_str(), DOCKER_MANIFEST | DOCKER_LIST);
        let docker = first.media_type.as_ref().is_some_and(docker);
        let subject = self.plan.repository.at(first.digest.clone());
        let dummy = match Dummy::new(docker, &subject) {
            Ok(dummy) => dummy,
            Err(error) => return self.stop(error),
        };
        if let Err(error) = dummy.upload(self.brand.remote()).await {
            return self.stop(error);
        }
        let tags = going.iter().flat_map(|(_, step)| {
            step.tags
                .iter()
                .map(|tag| (tag.clone(), step.digest.clone()))
        });
        let tags: BTreeMap<Tag, Digest> = tags.collect();
        let line = Line::Move {
            dummy: dummy.manifest().digest().clone(),
            tags,
        };
        self.journal.note(&line);
        if self.note() {
            self.move_to(dummy.manifest(), going).await;
            self.note();
        }
    }

    async fn move_to(&mut self, dummy: &Manifest, going: Vec<(usize, &'a Step)>) {
        let remote = self.brand.remote();
        let mut moved: HashMap<usize, bool> = HashMap::new();
        let mut ahead = Ahead::default();
        let mut all_back = true;
        {
            // The manifests of the steps that are begun take about as long again.
            let this = &*self;
            let steps = going.iter().map(|(at, step)| async move {
                if this.must_stop(0.5) {
                    return (*at, Move::Not);
                }
                (*at, move_all(remote, dummy, step).await)
            });
            let mut moves = stream::iter(steps).buffer_unordered(MOVES.max(self.jobs));
            let mut others = Vec::new();
            while let Some((at, done)) = moves.next().await {
                match done {
                    Move::Not => {}
                    Move::All(any, original) => {
                        moved.insert(at, any);
                        if let Some(original) = original {
                            ahead.add(at, *original);
                        }
                    }
                    Move::Other(why) => others.push((at, Outcome::Skipped(why))),
                    Move::Failed(error) => others.push((at, Outcome::Failed((*error).into()))),
                }
            }
            drop(moves);
            for (at, outcome) in others {
                let Some(step) = self.plan.steps.get(at) else {
                    continue;
                };
                // Those of its tags that were moved before.
                let outcome = match self.restore(dummy, step, None).await {
                    Ok(()) => outcome,
                    Err(error) => {
                        all_back = false;
                        Outcome::Failed(error.into())
                    }
                };
                self.settle(at, outcome).await;
            }
        }
        self.ahead = ahead;
        all_back &= self.move_back(dummy, &mut moved).await;
        if let Err(error) = self.remove_dummy(dummy.digest()).await {
            let why = std::sync::Arc::new(error);
            for at in moved.into_keys() {
                let Some(step) = self.plan.steps.get(at) else {
                    continue;
                };
                let shared = registry::Error::from(std::sync::Arc::clone(&why));
                let restored = self.restore(dummy, step, Some(shared)).await;
                all_back &= !matches!(restored, Err(registry::Error::Left { .. }));
                self.settle_removal(at, restored.map(|()| false)).await;
            }
            if all_back {
                self.journal.note(&Line::Moved(dummy.digest().clone()));
            }
            return;
        }
        self.journal.note(&Line::Moved(dummy.digest().clone()));
        self.settle_moved(moved).await;
    }

    /// What stays after all keeps the tags of what belongs to it: these name again what they named.
    /// Whether all of them do.
    async fn move_back(&mut self, dummy: &Manifest, moved: &mut HashMap<usize, bool>) -> bool {
        let plan = self.plan;
        let mut all_back = true;
        // What is found to stay may keep something else.
        while let Some((at, step, why)) = moved.keys().find_map(|at| {
            let step = plan.steps.get(*at)?;
            Some((*at, step, self.drift.objection(step)?))
        }) {
            moved.remove(&at);
            let outcome = match self.restore(dummy, step, None).await {
                Ok(()) => Outcome::Skipped(why),
                Err(error) => {
                    all_back = false;
                    Outcome::Failed(error.into())
                }
            };
            self.settle(at, outcome).await;
        }
        all_back
    }

    /// Tags are gone with the dummy, if the registry did what it said.
    async fn settle_moved(&mut self, moved: HashMap<usize, bool>) {
        let steps = moved.keys().filter_map(|at| self.plan.steps.get(*at));
        let tags: Vec<&Tag> = steps.flat_map(|step| &step.tags).collect();
        self.drift.forget(tags);
        // Of tags that cannot be looked at any more it is believed that they are gone.
        if let Err(error) = self.drift.look(&HashSet::new()).await {
            self.stop(error);
        }
        for (at, any) in moved {
            let Some(step) = self.plan.steps.get(at) else {
                continue;
            };
            if step.action == Action::Delete {
                self.begun.insert(at, any);
                continue;
            }
            let seen = step
                .tags
                .iter()
                .find_map(|tag| Some((tag, self.drift.seen(tag)?)));
            let outcome = match seen {
                Some((tag, now)) if *now == step.digest => {
                    let tag = self.plan.repository.tagged(tag.clone());
                    Outcome::Failed(Fault::Stays(tag).into())
                }
                Some((tag, now)) => Outcome::Skipped(format!("the tag {tag} now names {now}")),
                None if any => Outcome::Done,
                None => Outcome::Gone,
            };
            self.settle(at, outcome).await;
        }
    }

    /// Makes those tags of a step that name the dummy name again what they named; `why` is given
    /// back, or that it could not be done.
    async fn restore(
        &self,
        dummy: &Manifest,
        step: &Step,
        why: Option<registry::Error>,
    ) -> Result<(), registry::Error> {
        let mut failed = None;
        for tag in &step.tags {
            let restored = match self.drift.now(tag).await {
                Ok(Some(now)) if now == *dummy.digest() => self
                    .put_back(tag, step)
                    .await
                    .map_err(registry::Error::from),
                other => other.map(drop),
            };
            if let Err(error) = restored {
                failed = Some((tag, error));
            }
        }
        match (failed, why) {
            (None, None) => Ok(()),
            (None, Some(why)) => Err(why),
            (Some((tag, error)), why) => {
                let restoring = error.to_string();
                Err(registry::Error::Left {
                    subject: self.plan.repository.tagged(tag.clone()).to_string(),
                    digest: step.digest.clone(),
                    restoring,
                    source: Box::new(why.unwrap_or(error)),
                })
            }
        }
    }
}

/// Moves the tags of a step to the dummy, each after a look at what it names.
async fn move_all(remote: &Remote, dummy: &Manifest, step: &Step) -> Move {
    let (mut any, mut original) = (false, None);
    for tag in &step.tags {
        let target = Target::Tag(tag.clone());
        // The manifest costs the registry as much as its digest, and is needed before it goes.
        let now = if original.is_none() && step.action == Action::Delete {
            let manifest = remote.manifest(&target).await;
            manifest.map(|found| {
                let digest = found.as_ref().map(|one| one.digest().clone());
                let found = found.filter(|one| *one.digest() == step.digest);
                original = found.map(Box::new);
                digest
            })
        } else {
            let head = remote.head(&target).await;
            head.map(|found| found.map(|head| head.digest))
        };
        match now {
            Ok(Some(now)) if now != step.digest => match names_dummy(remote, &now).await {
                Ok(true) => {}
                Ok(false) => return Move::Other(format!("the tag {tag} now names {now}")),
                Err(error) => return Move::Failed(Box::new(error.into())),
            },
            Ok(Some(_)) => {}
            Ok(None) => continue,
            Err(error) => return Move::Failed(Box::new(error.into())),
        }
        match remote.put_manifest(&target, dummy).await {
            Ok(_) => any = true,
            Err(error) => return Move::Failed(Box::new(error.into())),
        }
    }
    Move::All(any, original)
}
