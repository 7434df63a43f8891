//! `within`: what is no older.

use std::time::Duration;

use super::clock::{Time, Times, is_within, length, shown};
use super::{Condition, Finding, Meant};

pub(super) struct Age<'g> {
    pub times: Times<'g>,
    pub length: Duration,
}

impl Condition for Age<'_> {
    fn judge(&self, meant: &[Meant<'_>]) -> Vec<Finding> {
        let one = |meant| match self.times.of(meant) {
            Time::Known(time) if !is_within(time, self.times.now, self.length) => Finding::Fails,
            time => time.into(),
        };
        meant.iter().map(one).collect()
    }

    fn holds(&self) -> String {
        format!("{} within {}", self.times.verb(), length(self.length))
    }

    fn fails(&self, meant: &Meant<'_>) -> String {
        let (verb, time) = (self.times.verb(), shown(self.times.of(meant)));
        format!("{verb} {time}, more than {} ago", length(self.length))
    }

    fn unknown(&self) -> String {
        format!("{} is not known", self.times.name())
    }
}
