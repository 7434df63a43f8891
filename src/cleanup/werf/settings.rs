//! What is known of a project of werf's, beside its policies about git and clusters.

use super::images::Images;
use crate::cleanup::policy::Fault;

/// How the repositories of a project are cleaned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name; `None` where nobody said it. Why not, where a template makes it.
    pub project: Result<Option<String>, Fault>,
    /// Its images.
    pub images: Images,
    /// Whether the cleanup is switched off: no stage is removed then.
    pub is_off: bool,
    /// Whether the policy about git is switched off by the project itself: the records of commits
    /// serve for nothing then.
    pub without_git: bool,
    /// Whether nothing is kept for being new, whatever [`Self::hours`] is.
    pub without_hours: bool,
    /// How long what was built is kept, in hours; 0 is not at all.
    pub hours: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            project: Ok(None),
            images: Images::default(),
            is_off: false,
            without_git: false,
            without_hours: false,
            hours: HOURS,
        }
    }
}

/// How long werf keeps what was built, in hours, if it is not told.
const HOURS: u64 = 2;

impl Settings {
    /// How long what was built is kept, in hours; `None` for not at all.
    pub fn hours(&self) -> Option<u64> {
        (!self.without_hours && self.hours > 0).then_some(self.hours)
    }
}
