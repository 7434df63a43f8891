//! `semver`: the highest versions, by the precedence of semver.org, 2.0.0, section 11.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use semver::Version;

use super::{Condition, Finding, Meant};
use crate::cleanup::policy::keep::Each;

pub(super) struct Versions {
    count: u32,
    of_each: Option<Each>,
    pre_releases: bool,
}

/// What is counted together: pre-releases apart from releases, and each major or minor apart.
type Group = (bool, Option<(u64, Option<u64>)>);

impl Versions {
    pub(super) fn new(count: u32, of_each: Option<Each>, pre_releases: bool) -> Self {
        Self {
            count,
            of_each,
            pre_releases,
        }
    }

    fn group(&self, version: &Version) -> Group {
        let each = self.of_each.map(|each| match each {
            Each::Major => (version.major, None),
            Each::Minor => (version.major, Some(version.minor)),
        });
        (!version.pre.is_empty(), each)
    }

    /// The version that a tag is, if the rule counts it.
    fn counted(&self, tag: &str) -> Option<Version> {
        version(tag).filter(|version| self.pre_releases || version.pre.is_empty())
    }
}

/// The version that a tag is: `v1.2.3`, `1.2.3-rc.1`. A tag cannot have a `+`, and `_` stands for
/// it, as Helm has it.
fn version(tag: &str) -> Option<Version> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    Version::parse(&text.replacen('_', "+", 1)).ok()
}

impl Condition for Versions {
    /// Tags of the same precedence are one version.
    fn judge(&self, meant: &[Meant<'_>]) -> Vec<Finding> {
        let versions: Vec<_> = meant.iter().map(|one| self.counted(one.tag)).collect();
        let mut groups: BTreeMap<Group, Vec<&Version>> = BTreeMap::new();
        for version in versions.iter().flatten() {
            groups.entry(self.group(version)).or_default().push(version);
        }
        for members in groups.values_mut() {
            members.sort_unstable_by(|a, b| b.cmp_precedence(a));
            members.dedup_by(|a, b| a.cmp_precedence(b) == Ordering::Equal);
            members.truncate(self.count as usize);
        }
        let is_kept = |version: &Version| {
            let lowest = groups.get(&self.group(version)).and_then(|all| all.last());
            lowest.is_some_and(|lowest| version.cmp_precedence(lowest) != Ordering::Less)
        };
        let finding = |version: &Option<Version>| match version {
            Some(version) if is_kept(version) => Finding::Holds,
            _ => Finding::Fails,
        };
        versions.iter().map(finding).collect()
    }

    fn holds(&self) -> String {
        let each = match self.of_each {
            None => "",
            Some(Each::Major) => " of its major version",
            Some(Each::Minor) => " of its minor version",
        };
        match self.count {
            1 => format!("the highest version{each}"),
            count => format!("one of the {count} highest versions{each}"),
        }
    }

    fn fails(&self, meant: &Meant<'_>) -> String {
        match (version(meant.tag), self.counted(meant.tag)) {
            (None, _) => "the tag is no version such as 1.2.3".to_owned(),
            (Some(_), None) => "a pre-release".to_owned(),
            (Some(_), Some(_)) => format!("not {}", self.holds()),
        }
    }

    fn unknown(&self) -> String {
        String::new()
    }
}
