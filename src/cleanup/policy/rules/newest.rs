//! `last`: the newest images.

use std::collections::HashMap;

use jiff::Timestamp;

use super::clock::{Time, Times, shown};
use super::{Condition, Finding, Meant};
use crate::cleanup::graph::Id;

pub(super) struct Newest<'g> {
    pub times: Times<'g>,
    pub count: u32,
}

impl Condition for Newest<'_> {
    /// An image counts once, by the newest of its tags, and none that is as new as the last one
    /// that is kept goes: which of two is the newer is not for chance to say.
    fn judge(&self, meant: &[Meant<'_>]) -> Vec<Finding> {
        let times: Vec<Time> = meant.iter().map(|one| self.times.of(one)).collect();
        let mut images: HashMap<Id, Timestamp> = HashMap::new();
        for (one, time) in meant.iter().zip(&times) {
            if let Time::Known(time) = time {
                let newest = images.entry(one.node).or_insert(*time);
                *newest = (*newest).max(*time);
            }
        }
        let mut order: Vec<Timestamp> = images.values().copied().collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let last = order.get((self.count as usize).saturating_sub(1)).copied();
        let too_old = |one: &Meant<'_>| match (images.get(&one.node), last) {
            (Some(time), Some(last)) => *time < last,
            _ => false,
        };
        let finding = |(one, time): (&Meant<'_>, &Time)| match time {
            Time::Known(_) if too_old(one) => Finding::Fails,
            time => (*time).into(),
        };
        meant.iter().zip(&times).map(finding).collect()
    }

    fn holds(&self) -> String {
        match self.count {
            1 => format!("the newest by {}", self.times.name()),
            count => format!("one of the {count} newest by {}", self.times.name()),
        }
    }

    fn fails(&self, meant: &Meant<'_>) -> String {
        let (verb, time) = (self.times.verb(), shown(self.times.of(meant)));
        format!("{verb} {time}, not {}", self.holds())
    }

    fn unknown(&self) -> String {
        format!("{} is not known", self.times.name())
    }
}
