//! What a report comes to, in numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Fate, Run};
use crate::cleanup::plan::{Action, Step};
use crate::oci::Tag;
use crate::size::human;

/// How many names of a group are remembered: as many as a line of a wide terminal shows.
const NAMES: usize = 8;

/// How many things, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Manifests.
    pub manifests: u64,
    /// Tags.
    pub tags: u64,
    /// The bytes of the images, as far as they are known. What several of them share is counted
    /// with each.
    pub bytes: u64,
}

/// What goes for one reason, or is kept by one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The reason, or the rule.
    pub why: String,
    /// How much it is.
    pub count: Count,
    /// The first few of its tags.
    pub names: Vec<String>,
}

/// A repository in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// What went, or would go.
    pub goes: Count,
    /// The same by reasons, those of most manifests first; of what a guard refused, what it was.
    pub reasons: Vec<Group>,
    /// What stays because the policy says so.
    pub stays: Count,
    /// The same by rules.
    pub rules: Vec<Group>,
    /// Steps that failed.
    pub failed: u64,
    /// Steps that were left out, since the repository changed.
    pub skipped: u64,
    /// Steps that were not begun.
    pub not_begun: u64,
    /// The bytes that nothing in the repository needs any longer; `None` where that is not known,
    /// or where the plan was not done as a whole.
    pub freed: Option<u64>,
    /// What these are at most, where they are not known.
    pub freed_at_most: Option<u64>,
    /// The bytes that the repository had before.
    pub size: Option<u64>,
}

impl Summary {
    /// The numbers of a repository.
    pub fn of(run: &Run, dry_run: bool) -> Self {
        let mut summary = Self::default();
        let mut reasons = Groups::default();
        for (step, fate) in run.steps(dry_run) {
            match fate {
                Fate::Planned | Fate::Done | Fate::Gone => {
                    let count = Count::of(step);
                    summary.goes.add(count);
                    reasons.add(&kind(&step.reason), count, &step.tags);
                }
                Fate::Skipped(_) => summary.skipped += 1,
                Fate::Failed(_) => summary.failed += 1,
                Fate::NotBegun => {
                    summary.not_begun += 1;
                    if run.refusal.is_some() {
                        reasons.add(&kind(&step.reason), Count::of(step), &step.tags);
                    }
                }
            }
        }
        let mut rules = Groups::default();
        for kept in run.plan.iter().flat_map(|plan| &plan.kept) {
            let count = Count {
                manifests: 1,
                tags: kept.tags.len() as u64,
                bytes: kept.size.unwrap_or_default(),
            };
            summary.stays.add(count);
            rules.add(&kept.rule, count, &kept.tags);
        }
        summary.reasons = reasons.sorted();
        summary.rules = rules.sorted();
        if let Some(plan) = &run.plan {
            summary.size = plan.size;
            summary.freed = plan.freed.filter(|_| summary.is_whole());
            summary.freed_at_most = plan.freed_at_most.filter(|_| summary.is_whole());
        }
        summary
    }

    /// Whether every step of the plan was done, or would be.
    pub fn is_whole(&self) -> bool {
        self.failed + self.skipped + self.not_begun == 0
    }
}

impl Count {
    fn of(step: &Step) -> Self {
        Self {
            manifests: u64::from(step.action == Action::Delete),
            tags: step.tags.len() as u64,
            bytes: match step.action {
                Action::Delete => step.size.unwrap_or_default(),
                Action::Untag => 0,
            },
        }
    }

    /// The bytes for people; nothing has none, so that none are unknown ones.
    pub(super) fn size(self) -> String {
        match self.bytes {
            0 => "-".to_owned(),
            bytes => human(bytes),
        }
    }

    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.manifests += other.manifests;
        self.tags += other.tags;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The part of a reason that is the same for many: what follows the first comma is about the one
/// image, and so is the name of what it belongs to.
fn kind(reason: &str) -> Cow<'_, str> {
    let (kind, rest) = reason.split_once(", ").unwrap_or((reason, ""));
    match rest.strip_prefix("which ") {
        Some(which) if kind.starts_with("belongs to ") => format!("belongs to what {which}").into(),
        _ => kind.into(),
    }
}

#[derive(Default)]
struct Groups(BTreeMap<String, Group>);

impl Groups {
    fn add(&mut self, why: &str, count: Count, tags: &[Tag]) {
        if !self.0.contains_key(why) {
            self.0.insert(why.to_owned(), Group::default());
        }
        if let Some(group) = self.0.get_mut(why) {
            group.count.add(count);
            let free = NAMES.saturating_sub(group.names.len());
            let names = tags.iter().take(free).map(ToString::to_string);
            group.names.extend(names);
        }
    }

    fn sorted(self) -> Vec<Group> {
        let named = |(why, group)| Group { why, ..group };
        let mut groups: Vec<Group> = self.0.into_iter().map(named).collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.count.manifests, group.count.tags)));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn reasons_are_grouped_by_what_they_have_in_common() {
        for (reason, expected) in [
            ("no rule keeps it", "no rule keeps it"),
            ("untagged, pushed 2026-01-02", "untagged"),
            ("belongs to v1, which goes", "belongs to what goes"),
            (
                "belongs to v1, which is not there",
                "belongs to what is not there",
            ),
            ("points to nothing", "points to nothing"),
        ] {
            assert_eq!(kind(reason), expected, "{reason}");
        }
    }
}
