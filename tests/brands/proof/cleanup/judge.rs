//! What must hold after a cleanup, whatever happened to it.

use dockside::cleanup::apply::Outcome;
use dockside::cleanup::plan::{Action, Plan, Step};

use super::world::World;

impl World {
    /// What should have stayed and has not, or not as it was.
    pub fn losses(&self) -> Vec<String> {
        let (before, after) = (
            self.deck.contents(&self.start, self.stand.path()),
            self.contents(),
        );
        let mut lost = Vec::new();
        for name in &before.manifests {
            let goes = |step: &Step| {
                step.action == Action::Delete && self.name(&step.digest.to_string()) == name
            };
            let stays = !self.plan.steps.iter().any(goes);
            if stays && !after.manifests.contains(name) {
                lost.push(format!("{name} is gone"));
            }
            if stays && after.incomplete.contains(name) {
                lost.push(format!("{name} lacks something"));
            }
        }
        for (tag, name) in &before.tags {
            let goes = |step: &Step| {
                step.tags
                    .iter()
                    .any(|one| self.deck.named(one.as_str()) == *tag)
            };
            if !self.plan.steps.iter().any(goes) && after.tags.get(tag) != Some(name) {
                lost.push(format!("{tag} names {:?}, not {name}", after.tags.get(tag)));
            }
        }
        lost
    }

    /// What is there and is not after a cleanup that nothing disturbs. A manifest that has lost its
    /// tags is found by a new cleanup (`is_new`) only where the registry lists such manifests.
    pub fn unfinished(&self, is_new: bool) -> Vec<String> {
        let (now, end) = (self.contents(), &self.end);
        let left = now.manifests.difference(&end.manifests);
        let left = left.filter(|_| self.lists_untagged || !is_new);
        let left = left.map(|name| format!("{name} is left"));
        let changed = now.tags != end.tags;
        let tags = changed.then(|| format!("the tags are {:?}", now.tags));
        left.chain(tags).collect()
    }

    /// What is not as the outcomes say. When an answer was lost (`is_open`) something may have
    /// been done that counts as failed. What a registry takes with something else may be gone,
    /// whatever was going to become of it.
    pub fn untruths(&self, plan: &Plan, outcomes: &[Outcome], is_open: bool) -> Vec<String> {
        let now = self.contents();
        let mut wrong = Vec::new();
        for (step, outcome) in plan.steps.iter().zip(outcomes) {
            let digest = step.digest.to_string();
            let name = self.name(&digest);
            let tags = step.tags.iter().map(|tag| self.deck.named(tag.as_str()));
            let (left, gone): (Vec<String>, Vec<String>) =
                tags.partition(|tag| now.tags.get(tag).is_some_and(|now| now == name));
            let is_taken = step.tags.iter().all(|tag| tag.as_str().ends_with(".sig"));
            // Some registries collect what has no tag by themselves.
            let is_there = match (step.action, step.tags.is_empty()) {
                (Action::Untag, _) => !left.is_empty(),
                (Action::Delete, _) => {
                    now.manifests.contains(name) && self.end_lacks(name) || !left.is_empty()
                }
            };
            let is_wrong = match outcome {
                Outcome::Done | Outcome::Gone => is_there,
                Outcome::NotBegun if is_taken && self.takes => false,
                Outcome::NotBegun => !gone.is_empty() || !is_there && self.end_lacks(name),
                Outcome::Skipped(_) | Outcome::Failed(_) => {
                    !is_open && !is_there && self.end_lacks(name)
                }
            };
            if is_wrong {
                let (action, said) = (step.action, self.deck.named(&word(outcome)));
                wrong.push(format!("{action:?} {name} {left:?} {gone:?}: {said}"));
            }
        }
        wrong
    }

    /// Whether a manifest is gone after a cleanup that nothing disturbs.
    fn end_lacks(&self, name: &str) -> bool {
        !self.end.manifests.contains(name)
    }

    fn name<'a>(&'a self, digest: &'a str) -> &'a str {
        self.deck.name(digest)
    }
}

/// An outcome in words.
pub fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Gone => "gone".to_owned(),
        Outcome::Skipped(why) => format!("skipped: {why}"),
        Outcome::Failed(failure) => format!("failed: {}", failure.message()),
        Outcome::NotBegun => "not begun".to_owned(),
    }
}
