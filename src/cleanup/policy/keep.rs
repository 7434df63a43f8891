//! One rule of a policy about names, dates and versions of tags.

use std::time::Duration;

use crate::cleanup::git::Operator;
use crate::cleanup::werf::Tag;
use crate::pattern::Pattern;

/// Which tags are kept. Without any condition, all that are meant.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// What it is called in plans and reports.
    pub name: String,
    /// The tags that it means; all, if there is no pattern.
    pub tags: Vec<Pattern>,
    /// Those of them that it does not mean.
    pub except: Vec<Pattern>,
    /// Condition: one of that many newest images. Tags of one image count once.
    pub last: Option<u32>,
    /// Condition: no older.
    pub within: Option<Duration>,
    /// Condition: one of that many highest versions (semver.org). Tags that are no versions do not
    /// meet it.
    pub semver: Option<u32>,
    /// Of each of these, that many versions; of all together without it.
    pub of_each: Option<Each>,
    /// Whether that many pre-releases are kept, too; they are counted apart.
    pub pre_releases: bool,
    /// Condition: pulled, or at least pushed, since.
    pub pulled_within: Option<Duration>,
    /// How several conditions go together.
    pub operator: Operator,
    /// What `last` and `within` go by; without it the time of push where the registry says that
    /// of the repository, else that of creation.
    pub by: Option<Clock>,
    /// Whether werf's records are no images.
    pub without_records: bool,
}

/// A group of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Those with the same first number.
    Major,
    /// Those with the same first two numbers.
    Minor,
}

/// What an age goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// When the image was made.
    Created,
    /// When the tag, or else the manifest, was written to the registry.
    Pushed,
    /// When it was last pulled; what never was, when it was pushed.
    Pulled,
}

/// Why a rule means nothing, or the contrary of what its author wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Neither names nor conditions.
    #[error("the rule says nothing; to keep every tag write `tags: \"*\"`")]
    Empty,
    /// A number or a length of time that nothing is within.
    #[error("`{0}` of nothing keeps nothing; leave the rule out")]
    Zero(&'static str),
    /// All that is meant is excepted.
    #[error("`except` takes away all that `tags` means")]
    AllExcepted,
    /// A setting of a condition that is not there.
    #[error("`{0}` means nothing without {1}")]
    Without(&'static str, &'static str),
}

impl Keep {
    /// Whether the rule means the tag, whatever else it asks for.
    pub(super) fn means(&self, tag: &str) -> bool {
        let is_record = || self.without_records && Tag::read(tag).is_some_and(Tag::is_record);
        Pattern::any(&self.tags, tag) && !super::matches(&self.except, tag) && !is_record()
    }

    /// How many conditions there are.
    fn conditions(&self) -> usize {
        let ages = [self.within, self.pulled_within];
        let counts = [self.last, self.semver];
        ages.iter().flatten().count() + counts.iter().flatten().count()
    }

    /// Whether the rule makes sense.
    ///
    /// # Errors
    /// It keeps nothing, says nothing, or says what has no meaning.
    pub fn check(&self) -> Result<(), Conflict> {
        let zero = [
            ("last", self.last == Some(0)),
            ("semver", self.semver == Some(0)),
            ("within", self.within == Some(Duration::ZERO)),
            ("pulled-within", self.pulled_within == Some(Duration::ZERO)),
        ];
        if let Some((what, _)) = zero.iter().find(|(_, is_zero)| *is_zero) {
            return Err(Conflict::Zero(what));
        }
        let named = |pattern: &Pattern| pattern.to_string();
        let excepted: Vec<String> = self.except.iter().map(named).collect();
        let is_excepted = |pattern: &Pattern| excepted.contains(&named(pattern));
        if excepted.iter().any(|pattern| pattern == "*")
            || !self.tags.is_empty() && self.tags.iter().all(is_excepted)
        {
            return Err(Conflict::AllExcepted);
        }
        let dated = self.last.is_some() || self.within.is_some();
        let needs = [
            (
                "of-each",
                self.of_each.is_none() || self.semver.is_some(),
                "`semver`",
            ),
            (
                "pre-releases",
                !self.pre_releases || self.semver.is_some(),
                "`semver`",
            ),
            ("by", self.by.is_none() || dated, "`last` or `within`"),
            (
                "operator: or",
                self.operator == Operator::And || self.conditions() > 1,
                "a second condition",
            ),
        ];
        if let Some((what, _, other)) = needs.iter().find(|(_, is_met, _)| !is_met) {
            return Err(Conflict::Without(what, other));
        }
        match self.tags.is_empty() && self.except.is_empty() && self.conditions() == 0 {
            true => Err(Conflict::Empty),
            false => Ok(()),
        }
    }
}
