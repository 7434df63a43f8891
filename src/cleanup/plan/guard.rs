//! What must not happen by mistake: that a cleanup goes too far.

use std::collections::HashSet;

use super::super::graph::{Graph, is_image};
use super::super::policy::Limits;
use super::super::werf;
use super::reasons::NEEDED;
use super::{Action, Plan};
use crate::error::{Exit, Explain};
use crate::oci::{Digest, Repository, Tag};
use crate::text::printable;

/// Why a plan is not executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too great a part of the repository would go.
    #[error("{gone} of {total} {what} of {repository} would go, which is more than {percent} %")]
    Share {
        /// The repository.
        repository: Repository,
        /// What was counted: `images` or `tags`.
        what: &'static str,
        /// How many would go.
        gone: u64,
        /// How many there are.
        total: u64,
        /// How many may go, in percent.
        percent: u8,
    },
    /// Too many would go.
    #[error("{gone} {what} of {repository} would go, which is more than {limit}")]
    Count {
        /// The repository.
        repository: Repository,
        /// What was counted: `tags` or `images`.
        what: &'static str,
        /// How many would go.
        gone: u64,
        /// How many may go.
        limit: u64,
    },
    /// No image would be left.
    #[error("all {total} {what} of {repository} would go, and no image would be left")]
    Last {
        /// The repository.
        repository: Repository,
        /// What was counted: `tags` or `images`.
        what: &'static str,
        /// How many there are.
        total: u64,
    },
    /// A part of the repository is not known.
    #[error("{repository} is not known well enough: {}: {}", printable(.what), printable(.why))]
    Incomplete {
        /// The repository.
        repository: Repository,
        /// What could not be read.
        what: String,
        /// Why.
        why: String,
    },
}

impl Explain for Refusal {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Share { gone, total, .. } => {
                let percent = gone.saturating_mul(100).div_ceil((*total).max(1));
                let all = if gone == total { " --allow-empty" } else { "" };
                format!("look at the plan with --dry-run; --max-delete {percent}%{all} allows it")
            }
            Self::Count { gone, .. } => {
                format!("look at the plan with --dry-run; --max-delete {gone} allows it")
            }
            Self::Last { .. } => "look at the plan with --dry-run; --allow-empty allows it, and \
                                  `dockside purge` is there to remove all"
                .to_owned(),
            Self::Incomplete { .. } => {
                "nothing was deleted; run it again when the registry answers, or remove what it \
                 does not show"
                    .to_owned()
            }
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }

    fn reason(&self) -> Option<&'static str> {
        Some(match self {
            Self::Share { .. } | Self::Count { .. } => "too-much",
            Self::Last { .. } => "last-image",
            Self::Incomplete { .. } => "incomplete",
        })
    }
}

/// Whether enough is known of a repository for anything to be deleted at all. Nothing would be
/// planned otherwise, which is not what was asked for.
///
/// # Errors
/// A part of the repository could not be listed, or an index not be read: it may list anything.
pub fn complete(graph: &Graph) -> Result<(), Refusal> {
    let refusal = |what: &str, why: &str| Refusal::Incomplete {
        repository: graph.repository.clone(),
        what: what.to_owned(),
        why: why.to_owned(),
    };
    if let Some(gap) = graph.gaps.iter().find(|gap| gap.is_fatal) {
        return Err(refusal(&gap.what, &gap.why));
    }
    let Some(node) = graph.blind_spot() else {
        return Ok(());
    };
    let digest = node.digest.to_string();
    let gap = graph.gaps.iter().find(|gap| gap.what.contains(&digest));
    let why = gap.map_or("it could not be read", |gap| &gap.why);
    Err(refusal(&digest, &format!("it may list any image: {why}")))
}

/// Whether a plan stays within its limits. Counted are ordinary tags, and images: the manifests
/// that have some, or that nothing leads to. What belongs to these does not count, nor do
/// leftovers and werf's records.
///
/// # Errors
/// It does not.
pub fn judge(plan: &Plan, limits: &Limits) -> Result<(), Refusal> {
    let repository = || plan.repository.clone();
    let counts = Counts::of(plan);
    let (what, Count { gone, total }) = counts.larger_share();
    if let Some(percent) = limits.percent
        && gone.saturating_mul(100) > total.saturating_mul(percent.into())
    {
        return Err(Refusal::Share {
            repository: repository(),
            what,
            gone,
            total,
            percent,
        });
    }
    let both = [("tags", counts.tags), ("images", counts.images)];
    if let Some(limit) = limits.count
        && let Some((what, count)) = both.iter().find(|(_, count)| count.gone > limit)
    {
        return Err(Refusal::Count {
            repository: repository(),
            what,
            gone: count.gone,
            limit,
        });
    }
    if !limits.allow_empty
        && let Some((what, count)) = both.iter().find(|(_, count)| count.is_all())
    {
        return Err(Refusal::Last {
            repository: repository(),
            what,
            total: count.total,
        });
    }
    Ok(())
}

/// What a tag of werf's says.
fn own(tag: &Tag) -> Option<werf::Tag<'_>> {
    werf::Tag::read(tag.as_str())
}

/// How many go, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    gone: u64,
    total: u64,
}

impl Count {
    fn add(&mut self, count: u64, goes: bool) {
        self.total += count;
        self.gone += if goes { count } else { 0 };
    }

    fn is_all(self) -> bool {
        self.gone > 0 && self.gone == self.total
    }
}

struct Counts {
    images: Count,
    tags: Count,
}

impl Counts {
    /// What loses the larger part, and how much.
    fn larger_share(&self) -> (&'static str, Count) {
        let (images, tags) = (self.images, self.tags);
        match images.gone.saturating_mul(tags.total) > tags.gone.saturating_mul(images.total)
            || tags.total == 0
        {
            true => ("images", images),
            false => ("tags", tags),
        }
    }

    fn of(plan: &Plan) -> Self {
        let all = || {
            let steps = plan.steps.iter().flat_map(|step| &step.tags);
            steps.chain(plan.kept.iter().flat_map(|kept| &kept.tags))
        };
        let is_stage = |tag: &Tag| matches!(own(tag), Some(werf::Tag::Stage { .. }));
        // werf has several records for each of its images.
        let has_stages = all().any(is_stage);
        let is_record = |tag: &Tag| has_stages && own(tag).is_some_and(werf::Tag::is_record);
        let is_counted = |tag: &&Tag| is_image(tag) && !is_record(tag);
        let ordinary = |tags: &[Tag]| tags.iter().filter(is_counted).count() as u64;
        let (mut images, mut all_tags) = (Count::default(), Count::default());
        let mut stays: HashSet<&Digest> = HashSet::new();
        for kept in &plan.kept {
            let tags = ordinary(&kept.tags);
            all_tags.add(tags, false);
            let is_untagged_root = kept.tags.is_empty() && kept.rule != NEEDED;
            if tags > 0 || is_untagged_root {
                images.add(1, false);
                stays.insert(&kept.digest);
            }
        }
        for step in plan.steps.iter().filter(|step| !step.leftover) {
            let tags = ordinary(&step.tags);
            all_tags.add(tags, true);
            // What belongs to something goes after it.
            let is_untagged_root = step.tags.is_empty() && step.rank == 0;
            let is_deleted = step.action == Action::Delete;
            if tags > 0 && !is_deleted && stays.insert(&step.digest) {
                images.add(1, false);
            }
            if is_deleted && (tags > 0 || is_untagged_root) {
                images.add(1, true);
            }
        }
        Self {
            images,
            tags: all_tags,
        }
    }
}
