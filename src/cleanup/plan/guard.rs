//! What must not happen by mistake: that a cleanup goes too far.

use std::collections::HashSet;

use super::super::graph::{Graph, is_image};
use super::super::policy::Limits;
use super::super::werf;
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
    #[error("{gone} tags of {repository} would go, which is more than {limit}")]
    Count {
        /// The repository.
        repository: Repository,
        /// How many would go.
        gone: u64,
        /// How many may go.
        limit: u64,
    },
    /// No image would be left.
    #[error("all {total} tags of {repository} would go, and no image would be left")]
    Last {
        /// The repository.
        repository: Repository,
        /// How many tags there are.
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
                "nothing was deleted; run it again when the registry answers".to_owned()
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
/// A part of the repository could not be listed.
pub fn complete(graph: &Graph) -> Result<(), Refusal> {
    match graph.gaps.iter().find(|gap| gap.is_fatal) {
        None => Ok(()),
        Some(gap) => Err(Refusal::Incomplete {
            repository: graph.repository.clone(),
            what: gap.what.clone(),
            why: gap.why.clone(),
        }),
    }
}

/// Whether a plan stays within its limits. Counted are ordinary tags, and the manifests that have
/// some: what belongs to these, and what is untagged, does not count, nor do werf's records.
///
/// # Errors
/// It does not.
pub fn judge(plan: &Plan, limits: &Limits) -> Result<(), Refusal> {
    let repository = || plan.repository.clone();
    let counts = Counts::of(plan);
    let (what, (gone, total)) = counts.larger_share();
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
    // A deleted image has a tag at least, so these are never fewer.
    let (gone, total) = counts.tags;
    if let Some(limit) = limits.count.filter(|limit| gone > *limit) {
        return Err(Refusal::Count {
            repository: repository(),
            gone,
            limit,
        });
    }
    if gone == total && gone > 0 && !limits.allow_empty {
        return Err(Refusal::Last {
            repository: repository(),
            total,
        });
    }
    Ok(())
}

/// What a tag of werf's says.
fn own(tag: &Tag) -> Option<werf::Tag<'_>> {
    werf::Tag::read(tag.as_str())
}

/// How many go, and how many there are.
struct Counts {
    images: (u64, u64),
    tags: (u64, u64),
}

impl Counts {
    /// What loses the larger part, and how much.
    fn larger_share(&self) -> (&'static str, (u64, u64)) {
        let (images, tags) = (self.images, self.tags);
        match images.0.saturating_mul(tags.1) > tags.0.saturating_mul(images.1) {
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
        let (mut gone_images, mut gone, mut total) = (0, 0, 0);
        let mut images: HashSet<&Digest> = HashSet::new();
        for step in &plan.steps {
            let tags = ordinary(&step.tags);
            (gone, total) = (gone + tags, total + tags);
            if tags > 0 {
                images.insert(&step.digest);
                gone_images += u64::from(step.action == Action::Delete);
            }
        }
        for kept in &plan.kept {
            let tags = ordinary(&kept.tags);
            total += tags;
            if tags > 0 {
                images.insert(&kept.digest);
            }
        }
        Self {
            images: (gone_images, images.len() as u64),
            tags: (gone, total),
        }
    }
}
