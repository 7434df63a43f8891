//! What has changed in a repository since a plan was made for it.

mod keep;
mod look;

use std::collections::{HashMap, HashSet};

use crate::cleanup::graph::referring;
use crate::cleanup::plan::{Action, Plan, Step};
use crate::oci::{Digest, Tag};
use crate::registry::Brand;

/// What is known of a repository while a plan is done there.
pub(super) struct Drift<'a> {
    brand: &'a dyn Brand,
    jobs: usize,
    /// What each tag named when the plan was made, or when it was looked at last.
    known: HashMap<Tag, Digest>,
    /// All manifests that the plan speaks of.
    planned: HashSet<Digest>,
    /// Tags that this run has removed.
    removed: HashSet<Tag>,
    /// What tags were found to name that are being removed by a run that was killed, or by
    /// somebody else.
    dummies: HashSet<Digest>,
    /// Tags that were listed at the last look, and named nothing.
    dangling: HashSet<Tag>,
    /// The same of the first look, before anything was removed.
    broken: Option<HashSet<Tag>>,
    /// Whether the last look went by the names that the distribution API lists.
    by_names: bool,
    /// What something needs that came or stayed; why, for people.
    needed: HashMap<Digest, String>,
    /// Why it is not known what else is needed.
    blind: Option<String>,
    /// How many requests the last look took, and how many tags it found.
    cost: (usize, usize),
}

impl<'a> Drift<'a> {
    pub(super) fn new(brand: &'a dyn Brand, plan: &Plan, jobs: usize) -> Self {
        let steps = plan.steps.iter().map(|step| (&step.tags, &step.digest));
        let kept = plan.kept.iter().map(|kept| (&kept.tags, &kept.digest));
        let (mut known, mut planned) = (HashMap::new(), HashSet::new());
        for (tags, digest) in steps.chain(kept) {
            let tags = tags.iter().map(|tag| (tag.clone(), digest.clone()));
            known.extend(tags);
            planned.insert(digest.clone());
        }
        Self {
            brand,
            jobs: jobs.max(1),
            known,
            planned,
            removed: HashSet::new(),
            dummies: HashSet::new(),
            dangling: HashSet::new(),
            broken: None,
            by_names: false,
            needed: HashMap::new(),
            blind: None,
            cost: (0, 0),
        }
    }

    /// How many steps go with one look: it costs about one request for two of them at most, and a
    /// list of all tags for each 64th of these.
    pub(super) fn batch(&self, least: usize) -> usize {
        let (requests, tags) = self.cost;
        least.max(requests.saturating_mul(2)).max(tags / 64)
    }

    /// Why a step is left out, if it is.
    pub(super) fn objection(&self, step: &Step) -> Option<String> {
        for tag in &step.tags {
            match self.known.get(tag) {
                Some(now) if *now != step.digest && !self.dummies.contains(now) => {
                    return Some(format!("the tag {tag} now names {now}"));
                }
                _ => {}
            }
        }
        // A tag that says something of a manifest stays with it.
        let mut subjects = step.tags.iter().filter_map(referring);
        let subject = subjects.find_map(|(subject, _)| self.needed.get(&subject));
        if subject.is_some() {
            return subject.cloned();
        }
        match step.action {
            Action::Untag if step.tags.iter().all(|tag| referring(tag).is_none()) => None,
            Action::Untag => self.blind.clone(),
            Action::Delete => {
                let needed = self.needed.get(&step.digest);
                needed.or(self.blind.as_ref()).cloned()
            }
        }
    }

    /// Why a manifest has to stay, if it has to.
    pub(super) fn need(&self, digest: &Digest) -> Option<&String> {
        self.needed.get(digest)
    }

    /// The dummies that tags were found to name since this was asked last. Their tags are gone
    /// with them.
    pub(super) fn take_dummies(&mut self) -> Vec<Digest> {
        let dummies = &self.dummies;
        self.known.retain(|_, digest| !dummies.contains(digest));
        self.dummies.drain().collect()
    }

    /// What a tag was last seen to name.
    pub(super) fn seen(&self, tag: &Tag) -> Option<&Digest> {
        self.known.get(tag)
    }

    /// Tags that were listed at the last look, and named nothing.
    pub(super) fn dangling(&self) -> &HashSet<Tag> {
        &self.dangling
    }

    /// Whether a tag that names nothing did not do so at the beginning.
    pub(super) fn is_fresh(&self, tag: &Tag) -> bool {
        self.broken
            .as_ref()
            .is_none_or(|broken| !broken.contains(tag))
    }

    /// A tag of this run's own names this from now on.
    pub(super) fn expect(&mut self, tag: &Tag, digest: &Digest) {
        self.known.insert(tag.clone(), digest.clone());
    }

    /// Tags were removed by this run: whoever has them from now on is new.
    pub(super) fn forget<'t>(&mut self, tags: impl IntoIterator<Item = &'t Tag>) {
        for tag in tags {
            self.known.remove(tag);
            self.removed.insert(tag.clone());
        }
    }

    /// Whether this run has removed a tag.
    pub(super) fn has_removed(&self, tag: &Tag) -> bool {
        self.removed.contains(tag)
    }
}
