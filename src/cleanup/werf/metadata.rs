//! Which stages living references of git keep, by the records of their commits; and which of these
//! records are needed for that.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use super::images::Known;
use super::marks::Marks;
use crate::cleanup::git::{GitRule, Tied};

/// The name of werf's policy.
const RULE: &str = "git policy";

/// By the hash of an image and the stage: the commits by which references keep it.
pub(super) struct Needed<'g>(BTreeMap<(u32, &'g str), HashSet<String>>);

impl<'g> Needed<'g> {
    /// Marks the stages that git keeps, of each image that is known by itself; `None` where git
    /// cannot be asked.
    pub(super) fn find(
        marks: &mut Marks<'_, 'g>,
        git: &GitRule,
        known: &Known,
        now: Timestamp,
    ) -> Option<Self> {
        let index = marks.index;
        let mut groups: BTreeMap<u32, Tied<'g, &'g str>> = BTreeMap::new();
        for one in &index.metadata {
            let is_there = index.stages.contains_key(one.stage);
            let is_rejected = index.rejected.contains_key(one.stage);
            if known.has(one.image) && is_there && !is_rejected {
                let group = groups.entry(one.image).or_default();
                group.entry(one.stage).or_default().insert(one.commit);
            }
        }
        let (images, groups): (Vec<u32>, Vec<_>) = groups.into_iter().unzip();
        let living = git.living(&groups, now)?;
        let mut needed = Self(BTreeMap::new());
        for (image, living) in images.into_iter().zip(living) {
            for one in living {
                marks.mark(one.item, RULE, &one.what);
                let commits = needed.0.entry((image, one.item)).or_default();
                commits.insert(one.commit);
            }
        }
        Some(needed)
    }

    /// Nothing is known of git.
    pub(super) fn unknown() -> Self {
        Self(BTreeMap::new())
    }

    /// What is about stages that stay stays; but of a stage that git keeps, the latest commit of
    /// each reference is enough. What is about stages that go, goes after them.
    pub(super) fn judge(&self, marks: &mut Marks<'_, 'g>) {
        let index = marks.index;
        for one in &index.metadata {
            let needed = self.0.get(&(one.image, one.stage));
            if needed.is_none_or(|commits| commits.contains(one.commit)) {
                marks.tie(one.name, one.stage);
            }
        }
    }
}
