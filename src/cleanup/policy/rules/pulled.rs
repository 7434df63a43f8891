//! `pulled-within`: what is still pulled.

use std::time::Duration;

use jiff::Timestamp;

use super::clock::{Time, Times, is_within, length, shown};
use super::{Condition, Finding, Meant};
use crate::cleanup::graph::Graph;
use crate::cleanup::policy::keep::Clock;

pub(super) struct Pulled<'g> {
    times: Times<'g>,
    length: Duration,
    /// Whether the registry says it of anything here. If not, it counts no pulls, and that nothing
    /// was pulled means nothing.
    is_counted: bool,
}

impl<'g> Pulled<'g> {
    pub(super) fn new(graph: &'g Graph, now: Timestamp, length: Duration) -> Self {
        Self {
            times: Times::new(graph, now, Some(Clock::Pulled)),
            length,
            is_counted: graph.nodes().any(|(_, node)| node.pulled.is_some()),
        }
    }
}

impl Condition for Pulled<'_> {
    fn judge(&self, meant: &[Meant<'_>]) -> Vec<Finding> {
        let one = |meant| match self.times.of(meant) {
            _ if !self.is_counted => Finding::Unknown,
            Time::Known(time) if !is_within(time, self.times.now, self.length) => Finding::Fails,
            time => time.into(),
        };
        meant.iter().map(one).collect()
    }

    fn holds(&self) -> String {
        format!("pulled or pushed within {}", length(self.length))
    }

    fn fails(&self, meant: &Meant<'_>) -> String {
        let time = shown(self.times.of(meant));
        format!(
            "last pulled or pushed {time}, more than {} ago",
            length(self.length)
        )
    }

    fn unknown(&self) -> String {
        match self.is_counted {
            true => format!("{} is not known", self.times.name()),
            false => {
                "the registry does not say when images of this repository were pulled".to_owned()
            }
        }
    }
}
