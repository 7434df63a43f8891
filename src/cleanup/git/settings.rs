//! What a policy says of git.

use std::time::Duration;

use regex::Regex;

/// Which images are kept because of the history of a git repository.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How tags of images are made from what git has: `{tag}`, `{branch}`, `{branch-slug}`,
    /// `{sha}`, `{sha:8}`, `pr-{number}`, and combinations. An image's label or annotation
    /// `org.opencontainers.image.revision` ties it to its commit, whatever its tags are.
    pub templates: Vec<String>,
    /// Which references live, and how many images of each are kept. The last one that selects a
    /// reference counts. Without any, all that git and the forge have lives, with all its images;
    /// without one for change requests, all open ones live so.
    pub keep: Vec<Keep>,
    /// What becomes of images that nothing ties to git.
    pub others: Others,
}

/// What becomes of images that are tied to nothing of git: no template reads their tags, and they
/// name no revision of this repository.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// They are kept: git knows nothing of them.
    #[default]
    Keep,
    /// They go, unless another rule keeps them.
    Drop,
}

/// References, and what is kept of each.
#[derive(Debug, Clone)]
pub struct Keep {
    /// Which references.
    pub references: References,
    /// Which of these.
    pub limit: Limit,
    /// Which images of each, by the dates of their commits.
    pub images: Limit,
}

/// Kinds of references.
#[derive(Debug, Clone)]
pub enum References {
    /// Tags whose whole names match.
    Tags(Regex),
    /// Branches (of the remote `origin` where there is one) whose whole names match.
    Branches(Regex),
    /// Change requests (pull requests, merge requests) that are open.
    ChangeRequests,
}

/// A choice among things that have dates, the newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limit {
    /// That many; all without it.
    pub last: Option<u32>,
    /// Those that are no older; all without it.
    pub within: Option<Duration>,
    /// How both go together. What is not given stands for all.
    pub operator: Operator,
}

/// How two conditions go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operator {
    /// Both hold.
    #[default]
    And,
    /// One of them holds.
    Or,
}
