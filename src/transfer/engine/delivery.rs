//! What is done with one image in one repository, layout or archive.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::goal::{Goal, Name};
use super::image::{Settled, shared};
use super::job::Job;
use super::root::{Origin, Root};
use super::run::Run;
use super::sink::{Files, Repo, Sink};
use super::source::Source;
use super::tree::Filled;
use super::{Expectation, Moved, Outcome};
use crate::oci::{Digest, Manifest, Target};
use crate::transfer::error::Error;
use crate::transfer::local::Entry;
use crate::transfer::progress::Event;

/// A target that is to be looked after, and what it has under its name by now, if that is known.
pub(super) struct Pending {
    /// Its number among the targets of the image.
    pub(super) number: usize,
    /// The target.
    pub(super) goal: Goal,
    /// The digest there.
    pub(super) now: Option<Digest>,
}

/// An image on its way to all its targets.
pub(super) struct Delivery {
    /// The run that it belongs to.
    pub(super) run: Arc<Run>,
    /// Its number among the images.
    pub(super) number: usize,
    /// What is known of the targets.
    pub(super) expect: Expectation,
    /// The source.
    pub(super) origin: Origin,
    /// The image.
    pub(super) root: Root,
}

impl Delivery {
    /// Moves the image to targets that are names of one repository, layout or archive: the
    /// content once, then each name. What became of each, with its number.
    pub(super) async fn to(&self, group: Vec<Pending>) -> Vec<(usize, Settled)> {
        let outcomes = match self.bring(&group).await {
            Ok((outcomes, bytes)) => {
                // All of the content is the first one's, which is the reason that it was sent.
                let bytes = std::iter::once(bytes).chain(std::iter::repeat(0));
                let outcomes = outcomes.into_iter().zip(bytes);
                outcomes
                    .map(|(outcome, bytes)| Ok((outcome?, bytes)))
                    .collect()
            }
            Err(error) => shared(error, group.len()).collect::<Vec<_>>(),
        };
        let settle = |(pending, outcome): (Pending, Result<(Outcome, u64), Error>)| {
            let Pending { number, goal, .. } = pending;
            let settled = outcome.map(|(outcome, bytes)| {
                let moved = self.moved(&goal, self.root.digest.clone(), outcome, bytes);
                let name = moved.target.to_string();
                self.run.progress.event(Event::Image(&name));
                (moved, goal.sink.files().cloned())
            });
            (number, settled)
        };
        group.into_iter().zip(outcomes).map(settle).collect()
    }

    /// What is said of a target.
    pub(super) fn moved(&self, goal: &Goal, digest: Digest, outcome: Outcome, bytes: u64) -> Moved {
        Moved {
            target: goal.place.clone(),
            digest,
            narrowed_from: self.root.narrowed_from.clone(),
            outcome,
            bytes,
        }
    }

    /// What was done for each name, and how many bytes were sent for all of them.
    async fn bring(&self, group: &[Pending]) -> Result<(Vec<Result<Outcome, Error>>, u64), Error> {
        let Some(Pending { goal, .. }) = group.first() else {
            return Ok((Vec::new(), 0));
        };
        let is_same = |pending: &Pending| pending.now.as_ref() == Some(&self.root.digest);
        if group.iter().all(is_same) {
            let is_done = match &*goal.sink {
                Sink::Registry(repo) => {
                    let names = group.iter().filter_map(|pending| pending.goal.at());
                    names.for_each(|at| repo.saw(at, &self.root.digest));
                    !self.run.wishes.referrers
                }
                // A layout may name what it does not have all of.
                Sink::File(files) => !files.is_layout(),
            };
            if is_done {
                return Ok((group.iter().map(|_| Ok(Outcome::Unchanged)).collect(), 0));
            }
        }
        let manifest = self.root.read(&self.origin.source).await?;
        let is_new = self.expect == Expectation::Absent;
        let (source, sink) = (&self.origin.source, &goal.sink);
        let job = Arc::new(Job::new(&self.run, source, sink, &manifest, is_new));
        let outcomes = match &*goal.sink {
            Sink::Registry(repo) => self.put_all(&job, repo, &manifest, group).await?,
            Sink::File(files) => self.file_all(&job, files, &manifest, group).await?,
        };
        if self.run.wishes.referrers && outcomes.iter().any(Result::is_ok) {
            job.referrers(&manifest, (self.number, usize::MAX)).await?;
        }
        Ok((outcomes, job.bytes.load(Ordering::Relaxed)))
    }

    async fn put_all(
        &self,
        job: &Arc<Job>,
        repo: &Repo,
        manifest: &Manifest,
        group: &[Pending],
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let is_same = |pending: &Pending| pending.now.as_ref() == Some(manifest.digest());
        let first = group.iter().find(|pending| !is_same(pending));
        let mut there = None;
        if let Some(at) = first.and_then(|pending| pending.goal.at()) {
            let is_own = matches!(&self.origin.source, Source::Registry(source)
                if source.repository() == repo.remote.repository());
            let is_complete = is_own || repo.has(manifest.digest()) || group.iter().any(is_same);
            if !is_complete && job.fill(manifest, at, 0).await? == Filled::There {
                there = Some(at);
            }
        }
        let mut outcomes = Vec::with_capacity(group.len());
        for pending in group {
            outcomes.push(match pending.goal.at() {
                Some(at) if !is_same(pending) && there != Some(at) => job
                    .put(at, manifest)
                    .await
                    .map(|stored| match stored.unchanged {
                        true => Outcome::Unchanged,
                        false => Outcome::Written,
                    }),
                _ => Ok(Outcome::Unchanged),
            });
        }
        Ok(outcomes)
    }

    async fn file_all(
        &self,
        job: &Arc<Job>,
        files: &Files,
        manifest: &Manifest,
        group: &[Pending],
    ) -> Result<Vec<Result<Outcome, Error>>, Error> {
        let at = Target::Digest(manifest.digest().clone());
        files.accept(manifest).await?;
        job.fill(manifest, &at, 0).await?;
        job.put(&at, manifest).await?;
        let is_changed = job.bytes.load(Ordering::Relaxed) > 0;
        let outcomes = group.iter().map(|pending| {
            if !is_changed && pending.now.as_ref() == Some(manifest.digest()) {
                return Ok(Outcome::Unchanged);
            }
            let names = match &pending.goal.name {
                Name::Entry(name) => name.iter().cloned().collect(),
                Name::At(_) => Vec::new(),
            };
            let descriptor = manifest.descriptor();
            files.name((self.number, pending.number), Entry { names, descriptor });
            Ok(Outcome::Written)
        });
        Ok(outcomes.collect())
    }
}
