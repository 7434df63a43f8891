//! What an age goes by.

use std::time::Duration;

use jiff::Timestamp;

use super::{Finding, Meant};
use crate::cleanup::graph::{Content, Graph, Id, Node};
use crate::cleanup::policy::keep::Clock;
use crate::cleanup::rule::Fact;
use crate::cleanup::times::believable;

/// A time that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Known(Timestamp),
    /// It has to be looked for.
    Wanted(Fact),
    /// Nobody knows it, or what is said cannot be believed.
    Unknown,
}

/// The times of the tags of a repository, by one clock for all.
pub(super) struct Times<'g> {
    graph: &'g Graph,
    pub now: Timestamp,
    clock: Clock,
}

impl<'g> Times<'g> {
    pub(super) fn new(graph: &'g Graph, now: Timestamp, by: Option<Clock>) -> Self {
        let clock = by.unwrap_or_else(|| usual(graph, now));
        Self { graph, now, clock }
    }

    pub(super) fn of(&self, meant: &Meant<'_>) -> Time {
        let node = self.graph.node(meant.node);
        match self.clock {
            Clock::Created => self.created(node),
            Clock::Pushed => self.pushed(meant, node),
            Clock::Pulled => match self.last_pull(meant.node) {
                Some(time) => self.believed(time),
                None => Self::sooner(self.pushed(meant, node), self.created(node)),
            },
        }
    }

    /// An image that was never pulled counts from its push; an image is made before that.
    fn sooner(pushed: Time, created: Time) -> Time {
        match pushed {
            Time::Known(_) => pushed,
            _ => created,
        }
    }

    fn created(&self, node: &Node) -> Time {
        match (node.created, node.content) {
            (Some(time), _) => self.believed(time),
            (None, Content::Named | Content::Read) => Time::Wanted(Fact::Created),
            (None, Content::ReadWithConfig | Content::Missing | Content::Unreadable) => {
                Time::Unknown
            }
        }
    }

    fn pushed(&self, meant: &Meant<'_>, node: &Node) -> Time {
        let time = self.graph.tag(meant.name).pushed.or(node.pushed);
        time.map_or(Time::Unknown, |time| self.believed(time))
    }

    fn believed(&self, time: Timestamp) -> Time {
        match believable(time, self.now) {
            true => Time::Known(time),
            false => Time::Unknown,
        }
    }

    /// The last pull of a manifest, or of what it lists: nodes pull an index, and then what of it
    /// is for them.
    fn last_pull(&self, id: Id) -> Option<Timestamp> {
        let (mut last, mut seen, mut todo) = (None, vec![id], vec![id]);
        while let Some(id) = todo.pop() {
            let node = self.graph.node(id);
            last = last.max(node.pulled);
            for child in &node.children {
                if seen.len() < MAX_SEEN && !seen.contains(child) {
                    seen.push(*child);
                    todo.push(*child);
                }
            }
        }
        last
    }

    /// What it is called: `the time of push`.
    pub(super) fn name(&self) -> &'static str {
        match self.clock {
            Clock::Created => "the time of creation",
            Clock::Pushed => "the time of push",
            Clock::Pulled => "the time of the last pull",
        }
    }

    /// What happened then: `pushed`.
    pub(super) fn verb(&self) -> &'static str {
        match self.clock {
            Clock::Created => "created",
            Clock::Pushed => "pushed",
            Clock::Pulled => "last pulled",
        }
    }
}

/// An index lists some dozens of platforms.
const MAX_SEEN: usize = 1000;

/// The time of push, if the registry says it of this repository.
fn usual(graph: &Graph, now: Timestamp) -> Clock {
    let of = |time: Option<Timestamp>| time.is_some_and(|time| believable(time, now));
    let says = |(_, name): (_, &crate::cleanup::graph::Name)| {
        of(name.pushed) || of(graph.node(name.node).pushed)
    };
    match graph.images().any(says) {
        true => Clock::Pushed,
        false => Clock::Created,
    }
}

impl From<Time> for Finding {
    /// A time that is known decides nothing by itself.
    fn from(time: Time) -> Self {
        match time {
            Time::Known(_) => Self::Holds,
            Time::Wanted(fact) => Self::Wants(fact),
            Time::Unknown => Self::Unknown,
        }
    }
}

/// Whether less than `length` lies between a time and now.
pub(super) fn is_within(time: Timestamp, now: Timestamp, length: Duration) -> bool {
    now.duration_since(time)
        <= jiff::SignedDuration::try_from(length).unwrap_or(jiff::SignedDuration::MAX)
}

/// A length of time as people write it: `30d`.
pub(super) fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    match whole {
        Some((unit, name)) => format!("{}{name}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

/// A time to the second.
pub(super) fn shown(time: Time) -> String {
    match time {
        Time::Known(time) => time.strftime("%Y-%m-%d").to_string(),
        _ => "at an unknown time".to_owned(),
    }
}
